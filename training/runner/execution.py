"""Executes one job: the stranger's part within the walls, the scoring on this side."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from training.jobs import (
    MIB,
    MOST_SIZES,
    CodeJob,
    Job,
    Limits,
    ModelFacts,
    ModelJob,
    OnnxJob,
    Outcome,
    PredictionsJob,
    Stage,
    SubmissionFailed,
    TensorSpec,
    Usage,
)
from training.runner.answers import (
    Answered,
    answered_in,
    asked_of,
    garbled,
)
from training.runner.cases import case_of
from training.runner.energy import joules_between, read_energy
from training.runner.failures import SHOWN_LOG, answer_in, failure_of
from training.runner.inside.predictions import MAGIC_BYTES, PACKED
from training.runner.matching import checked_values
from training.runner.model_programs import PROGRAMS, RUNS
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.sandbox.spec import (
    JobSpec,
    Result,
    Sandbox,
    Status,
    Take,
    never,
    unheard,
)
from training.runner.scoring import fingerprint, score
from training.runner.truth import (
    Truth,
    TruthUnusable,
    kept_truths,
    read_truth,
    with_subgroups,
)

MOST_MODEL_BYTES = 512 * MIB
MOST_ARCHIVE_BYTES = 200 * MIB
LEAST_READER_BYTES = 512 * MIB
READS_TABLES = ("polars",)
READS_TEXT = ("numpy",)
SMALL_BYTES = 256 * 2**10  # read row by row before polars would be imported
RUNS_MODELS = ("onnx", "onnxruntime", "polars")
RUNS_CODE = ("numpy",)
OFFERED_TO_CODE = ("pandas", "polars", "scipy", "sklearn", "yaml")


def unseen(_: Stage) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True, slots=True)
class Walled:
    """A sandbox with the caller's wishes for one execution."""

    sandbox: Sandbox
    stop: Callable[[], bool]
    on_log: Callable[[str], None]
    on_stage: Callable[[Stage], None] = unseen

    def ask(self, spec: JobSpec, *, stage: Stage) -> tuple[bytes, Result]:
        """Run a program of ours and return its answer.

        Raises:
            SubmissionFailed, RunStopped: as `hear`.
        """
        answer, result = self.hear(spec, stage=stage)
        return bytes(answer), result

    def hear(
        self, spec: JobSpec, *, stage: Stage, on_answer: Take | None = None
    ) -> tuple[memoryview, Result]:
        """Run a program of ours and return its answer where it lies, however large.

        Args:
            spec: what to run.
            stage: where it counts as failed unless the program says otherwise.
            on_answer: given the answer as it comes, which is then empty here.

        Raises:
            SubmissionFailed: it gave none; the message says why.
            RunStopped: the caller said stop.
        """
        self.on_stage(stage)
        before = read_energy()
        result = self.sandbox.run(
            spec, stop=self.stop, on_log=self.on_log, on_answer=on_answer
        )
        joules = joules_between(before, read_energy(), cpu_seconds=result.cpu_seconds)
        result = replace(result, energy_joules=joules)
        answer = answer_in(result)
        if result.status is Status.OK and answer is not None:
            return answer, result
        raise failure_of(result, spec, stage=stage)


def execute(
    job: Job,
    *,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
    on_stage: Callable[[Stage], None] = unseen,
) -> Outcome:
    """Run and score one submission.

    The hidden answers are read here and never go into the sandbox.

    Args:
        job: what to run; its files must stay where they are until this returns.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`.
        stop: asked twice a second; True ends the run.
        on_log: told what the submission prints, at most twice a second.
        on_stage: told each stage as it begins.

    Raises:
        SubmissionFailed: the submission is at fault (or, code `unusable_truth` or
            `unusable_inputs`, the contest's files are); the message tells its author.
        RunStopped: `stop` said so; nothing is to be recorded.
        SandboxBroken: the sandbox failed, and the run may be tried again.
    """
    truth = _truth_of(job)
    walled = Walled(sandbox, stop, on_log, on_stage)
    match job:
        case PredictionsJob():
            answered = _read(job.predictions, job, truth=truth, walled=walled)
        case OnnxJob():
            answered = _run_onnx(job, truth=truth, walled=walled)
        case ModelJob():
            answered = _run_model(job, truth=truth, walled=walled)
        case CodeJob():
            answered = _run_code(job, truth=truth, walled=walled)
    on_stage(Stage.SCORE)
    return _outcome(answered, job, truth=truth, sandbox=sandbox)


def inspect_model(
    model: Path,
    *,
    sandbox: Sandbox,
    limits: Limits | None = None,
    stop: Callable[[], bool] = never,
) -> ModelFacts:
    """Judge an uploaded ONNX file, and say what it takes and gives.

    Raises:
        SubmissionFailed: it is no ONNX model, refers to other files, uses operators of
            others, or the runtime does not load it.
    """
    limits = limits or Limits()
    _check_size(model, MOST_MODEL_BYTES, "model")
    spec = JobSpec(
        "inspect_onnx",
        limits,
        inputs={"model": model},
        arguments={"threads": limits.threads},
        packages=RUNS_MODELS,
    )
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.LOAD)
    try:
        told = json.loads(answer)
        return ModelFacts(
            size_bytes=int(told["size_bytes"]),
            node_count=int(told["node_count"]),
            opsets=dict(told["opsets"]),
            producer=str(told["producer"]),
            inputs=ends_of(told["inputs"]),
            outputs=ends_of(told["outputs"]),
        )
    except (ValueError, TypeError, KeyError) as broken:
        raise garbled(Stage.LOAD) from broken


def ends_of(told: list[dict[str, Any]]) -> tuple[TensorSpec, ...]:
    """Read the inputs or outputs that a program within the walls told of."""
    return tuple(
        TensorSpec(str(one["name"]), str(one["element_type"]), tuple(one["shape"]))
        for one in told
    )


def _truth_of(job: Job) -> Truth:
    try:
        sha256 = job.truth_sha256 if isinstance(job, PredictionsJob) else ""
        if not sha256:
            return read_truth(job.truth, job.target, subgroups=job.subgroups)
        kept = kept_truths.read(job.truth, job.target, sha256=sha256)
        return with_subgroups(kept, job.subgroups)
    except TruthUnusable as unusable:
        message = f"The contest cannot be scored; tell its host. {unusable}"
        raise SubmissionFailed(
            "unusable_truth", message, stage=Stage.SCORE
        ) from unusable


def _check_size(path: Path, most: int, what: str) -> None:
    size = path.stat().st_size
    if size > most:
        raise SubmissionFailed(
            "too_large",
            f"The {what} has {size / MIB:.1f} MiB; {most // MIB} MiB is the most.",
            stage=Stage.UNPACK,
        )


def _read(
    predictions: Path | bytes, job: Job, *, truth: Truth, walled: Walled
) -> Answered:
    """Parse predictions in a run of its own, with the parser and nothing else."""
    if isinstance(predictions, Path):
        _check_size(predictions, job.limits.output_bytes, "file")
    limits = replace(
        job.limits, memory_bytes=max(job.limits.memory_bytes, LEAST_READER_BYTES)
    )
    is_small = _is_small_text(predictions)
    spec = JobSpec(
        "read_small_predictions" if is_small else "read_predictions",
        limits,
        inputs={"predictions": predictions},
        arguments=asked_of(job.target, truth),
        packages=READS_TEXT if is_small else READS_TABLES,
        is_bulk=not is_small,
    )
    answer, result = walled.hear(spec, stage=Stage.READ)
    return answered_in(answer, result, job, truth=truth, stage=Stage.READ)


def _is_small_text(predictions: Path | bytes) -> bool:
    if isinstance(predictions, bytes):
        return len(predictions) <= SMALL_BYTES and not predictions.startswith(PACKED)
    if predictions.stat().st_size > SMALL_BYTES:
        return False
    with predictions.open("rb") as file:
        return not file.read(MAGIC_BYTES).startswith(PACKED)


def _run_onnx(job: OnnxJob, *, truth: Truth, walled: Walled) -> Answered:
    _check_size(job.model, MOST_MODEL_BYTES, "model")
    spec = JobSpec(
        "run_onnx",
        job.limits,
        inputs={"model": job.model, "inputs": job.inputs},
        arguments=asked_of(job.target, truth) | {"threads": job.limits.threads},
        packages=RUNS_MODELS,
    )
    answer, result = walled.hear(spec, stage=Stage.RUN)
    return answered_in(answer, result, job, truth=truth, stage=Stage.RUN)


def _run_model(job: ModelJob, *, truth: Truth, walled: Walled) -> Answered:
    """Run a model in the program for its format.

    What a program of its author answers about its own speed is not believed.
    """
    is_program = job.format in PROGRAMS
    if is_program and not job.allows_programs:
        raise SubmissionFailed(
            "format_switched_off",
            f"{job.format.value} runs code of its own when it is loaded, and the "
            "operator has not switched that on. Convert the model to ONNX, or save its "
            "weights as safetensors.",
            stage=Stage.LOAD,
        )
    _check_size(job.model, MOST_MODEL_BYTES, "model")
    program, packages = RUNS[job.format]
    spec = JobSpec(
        program,
        job.limits,
        inputs={"model": job.model, "inputs": job.inputs},
        arguments=asked_of(job.target, truth)
        | {"threads": job.limits.threads, "format": job.format.value},
        packages=packages,
    )
    try:
        answer, result = walled.hear(spec, stage=Stage.RUN)
    except RuntimeIncomplete as missing:
        raise SubmissionFailed(
            "sandbox_unavailable",
            f"This worker cannot run {job.format.value} models; it does not count against "
            "your quota. Its operator has to install what they need.",
            stage=Stage.LOAD,
        ) from missing
    found = answered_in(answer, result, job, truth=truth, stage=Stage.RUN)
    return replace(found, facts={}) if is_program else found


def _run_code(job: CodeJob, *, truth: Truth, walled: Walled) -> Answered:
    """Run the code in one sandbox, and read what it wrote in another."""
    _check_size(job.archive, MOST_ARCHIVE_BYTES, "archive")
    spec = JobSpec(
        "run_code",
        job.limits,
        inputs={"archive": job.archive, "inputs": job.inputs},
        arguments={
            "unpacked_bytes": job.limits.scratch_bytes,
            "output_bytes": job.limits.output_bytes,
            "task": job.task,
        },
        packages=RUNS_CODE,
        offered=OFFERED_TO_CODE,
    )
    predictions, result = walled.ask(spec, stage=Stage.RUN)
    read = _read(predictions, job, truth=truth, walled=walled)
    return replace(read, result=result)


def _milliseconds(facts: dict[str, Any], name: str) -> float | None:
    told = facts.get(name)
    is_number = isinstance(told, int | float) and np.isfinite(told)
    return float(told) if is_number and told is not None else None


def _rates(facts: dict[str, Any]) -> tuple[tuple[int, float], ...]:
    """Return rows per second by size of the batch, or nothing if that is not told."""
    try:
        told = [(int(size), float(rate)) for size, rate in facts["throughput"]]
    except (KeyError, TypeError, ValueError, OverflowError):
        return ()
    return tuple(each for each in told[:MOST_SIZES] if np.isfinite(each[1]))


def _outcome(
    answered: Answered, job: Job, *, truth: Truth, sandbox: Sandbox
) -> Outcome:
    submitted = checked_values(answered.submitted, answered.form)
    case, told = case_of(
        answered.form, submitted, answered.more, truth=truth, target=job.target
    )
    scored = score(
        case, job.target, is_private=truth.is_private, subgroups=truth.subgroups
    )
    result, facts = answered.result, answered.facts
    threads = job.limits.threads
    usage = Usage(
        wall_seconds=result.wall_seconds,
        cpu_seconds=result.cpu_seconds,
        peak_memory_bytes=result.peak_memory_bytes,
        device=f"CPU ({threads} thread{'s' * (threads > 1)})",
        sandbox=sandbox.name,
        load_ms=_milliseconds(facts, "load_ms"),
        latency_ms_per_row=_milliseconds(facts, "latency_ms_per_row"),
        latency_p99_ms=_milliseconds(facts, "latency_p99_ms"),
        rows_per_second=_milliseconds(facts, "rows_per_second"),
        throughput=_rates(facts),
        energy_joules=result.energy_joules,
    )
    if result.card:
        usage = result.card.added_to(usage)
    return Outcome(
        metrics=scored.metrics,
        private_metrics=scored.private_metrics,
        calibration=scored.calibration,
        subgroups=scored.subgroups,
        private_subgroups=scored.private_subgroups,
        usage=usage,
        predictions_sha256=fingerprint(answered.form, told),
        row_count=len(truth.ids),
        log_tail=result.log_tail[-SHOWN_LOG:],
        losses=scored.losses,
        private_losses=scored.private_losses,
    )
