"""Scores a submission by the host's own program; both are strangers' code.

What runs of the submission runs first, without labels, in a sandbox of its own; what it
leaves goes as plain bytes into another, where the program finds the labels.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import fmean

from training.jobs import (
    MIB,
    Limits,
    MetricValue,
    Outcome,
    Stage,
    SubmissionFailed,
    Usage,
    total,
)
from training.runner.failures import MOST_DETAILS_BYTES, MOST_SCORES_BYTES, SHOWN_LOG
from training.runner.program_runs import (
    DETAILS,
    RESULT,
    ProgramRun,
    StoredFile,
    Walled,
)
from training.runner.program_scores import (
    DeclaredColumn,
    declared_values,
    read_result,
    read_scores_json,
    read_scores_txt,
)
from training.runner.sandbox.spec import Result, Sandbox, never, unheard

SCORES = (
    ("scores.json", MOST_SCORES_BYTES),
    ("scores.txt", MOST_SCORES_BYTES),
    (DETAILS, MOST_DETAILS_BYTES),
)
PLACES = {
    "program": "/app/program",
    "ingestion_program": "/app/program",
    "submission_program": "/app/ingested_program",
    "output": "/app/output",
    "tmp": "/app/output",
    "shared": "/app/shared",
}
PLACES_OF_SCORING = PLACES | {
    "input": "/app/input",
    "hidden": "/app/input/ref",
    "predictions": "/app/input/res",
}
PLACES_OF_RUNNING = PLACES | {"input": "/app/input_data", "predictions": "/app/output"}


class Convention(StrEnum):
    """How programs are called; see `training.contests.importers`."""

    CODABENCH = "CODABENCH"
    EVALAI = "EVALAI"


@dataclass(frozen=True, slots=True)
class ProgramTask:
    """One thing to be scored on: the program, the labels, and what submissions read."""

    scoring: Path
    reference: StoredFile | None = None
    inputs: StoredFile | None = None
    ingestion: Path | None = None


PROGRAM_LIMITS = Limits(
    memory_bytes=2048 * MIB,
    cpu_seconds=1200,
    wall_seconds=600.0,
    processes=64,
    scratch_bytes=1024 * MIB,
    output_bytes=256 * MIB,
)


@dataclass(frozen=True, slots=True)
class ProgramJob:
    """A submission to be scored; with several tasks a column is their mean.

    `runs_code` says that the submission is a program and not its results.
    """

    submission: StoredFile
    tasks: tuple[ProgramTask, ...]
    columns: tuple[DeclaredColumn, ...]
    convention: Convention = Convention.CODABENCH
    runs_code: bool = False
    phase_codename: str = ""
    limits: Limits = PROGRAM_LIMITS


@dataclass(frozen=True, slots=True)
class ProgramOutcome:
    """What came out, and what only the host may see: it may tell of labels."""

    outcome: Outcome
    host_log: str
    details: bytes


class ScoringFailed(SubmissionFailed):
    """The host's program gave no score; `host_log` is what it printed beside labels."""

    host_log: str = ""

    @classmethod
    def of(cls, failed: SubmissionFailed, *, host_log: str) -> "ScoringFailed":
        found = cls(failed.code, failed.message, stage=Stage.SCORE)
        found.host_log = host_log
        return found


@dataclass(slots=True)
class _Told:
    """What the programs of one submission have said and taken so far."""

    host_log: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


def execute_program(
    job: ProgramJob,
    *,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> ProgramOutcome:
    """Run a submission if it is code, and score it with the host's program.

    Args:
        job: what to score; its files must stay where they are until this returns.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`.
        stop: asked twice a second; True ends the run.
        on_log: told what the submission prints, never what runs beside the labels.

    Raises:
        ScoringFailed: the host's program gave no score; the message holds no label.
        SubmissionFailed: the submission itself is at fault.
        RunStopped: `stop` said so; nothing is to be recorded.
        SandboxBroken: the sandbox failed, and the run may be tried again.
    """
    walled = Walled(sandbox, stop, on_log, job.limits)
    told = _Told()
    values: list[dict[str, float]] = []
    details = b""
    for task in job.tasks:
        found, page = _score_task(task, job, walled, told)
        values.append(found)
        details = details or page
    metrics = {
        column.key: fmean(one[column.key] for one in values) for column in job.columns
    }
    return ProgramOutcome(
        outcome=Outcome(
            metrics=_metrics(job.columns, metrics, is_hidden=False),
            private_metrics=_metrics(job.columns, metrics, is_hidden=True),
            usage=_usage(told.results, sandbox=sandbox, limits=job.limits),
            predictions_sha256=_digest(job.submission.path),
            row_count=0,
        ),
        host_log="".join(told.host_log)[-SHOWN_LOG:],
        details=details,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _metrics(
    columns: Sequence[DeclaredColumn], values: Mapping[str, float], *, is_hidden: bool
) -> tuple[MetricValue, ...]:
    return tuple(
        MetricValue(one.key, values[one.key], values[one.key], values[one.key])
        for one in columns
        if one.is_hidden == is_hidden
    )


def _usage(results: Sequence[Result], *, sandbox: Sandbox, limits: Limits) -> Usage:
    return Usage(
        wall_seconds=sum(one.wall_seconds for one in results),
        cpu_seconds=sum(one.cpu_seconds for one in results),
        peak_memory_bytes=max((one.peak_memory_bytes for one in results), default=0),
        device=f"CPU ({limits.threads} thread{'s' * (limits.threads > 1)})",
        sandbox=sandbox.name,
        energy_joules=total(one.energy_joules for one in results),
    )


def _score_task(
    task: ProgramTask, job: ProgramJob, walled: Walled, told: _Told
) -> tuple[dict[str, float], bytes]:
    """Return one task's numbers and its page of details.

    A table handed in where a model was expected makes the ingestion program give up;
    what was handed in is then scored as it is.
    """
    handed_in: StoredFile | bytes = job.submission
    gave_up: SubmissionFailed | None = None
    if job.runs_code:
        handed_in, gave_up = _run_submission(task, job, walled, told)
    try:
        return _run_scoring(task, job, handed_in, walled=walled, told=told)
    except ScoringFailed as failed:
        if gave_up is not None:
            raise gave_up from failed
        raise


def _run_submission(
    task: ProgramTask, job: ProgramJob, walled: Walled, told: _Told
) -> tuple[StoredFile | bytes, SubmissionFailed | None]:
    """Run what was handed in, by the ingestion program or its own command."""
    spec = ProgramRun()
    spec.folders += ["program", "ingested_program", "input_data", "output", "shared"]
    place = "program" if task.ingestion is None else "ingested_program"
    if task.ingestion is not None:
        spec.program("ingestion", task.ingestion)
    spec.lay("submission", job.submission, place)
    spec.arguments["programs"] = [place] if place == "program" else ["program", place]
    if task.inputs is not None:
        spec.lay("inputs", task.inputs, "input_data")
    spec.arguments |= {"wanted": None, "variables": PLACES_OF_RUNNING}
    status, files, result = spec.run(walled, stage=Stage.RUN, on_log=walled.on_log)
    told.results.append(result)
    output = files["output.zip"]
    if output:
        return output, None
    message = (
        f"Running it ended with exit status {status} and left no output."
        if status
        else "It ran and left no output. Write it into /app/output."
    )
    failed = SubmissionFailed(
        "no_predictions",
        message,
        stage=Stage.RUN,
        log_tail=result.log_tail[-SHOWN_LOG:],
    )
    return job.submission, failed


def _run_scoring(
    task: ProgramTask,
    job: ProgramJob,
    handed_in: StoredFile | bytes,
    *,
    walled: Walled,
    told: _Told,
) -> tuple[dict[str, float], bytes]:
    spec = ProgramRun()
    spec.folders += ["program", "input/ref", "input/res", "output", "shared"]
    spec.program("scoring", task.scoring)
    spec.arguments |= {"programs": ["program"], "variables": PLACES_OF_SCORING}
    if job.convention is Convention.EVALAI:
        _lay_evaluation(spec, task, job)
    else:
        spec.arguments["wanted"] = SCORES
        spec.lay("submission", handed_in, "input/res")
        if task.reference is not None:
            spec.lay("reference", task.reference, "input/ref")
    try:
        status, files, result = spec.run(walled, stage=Stage.SCORE, on_log=unheard)
    except SubmissionFailed as failed:
        told.host_log.append(failed.log_tail)
        if failed.stage is Stage.UNPACK:  # what was handed in is no zip
            failed.log_tail = ""
            raise
        failed.message = f"The contest's scoring program failed. {failed.message}"
        raise ScoringFailed.of(failed, host_log="".join(told.host_log)) from failed
    told.results.append(result)
    told.host_log.append(result.log_tail)
    try:
        return _scores(status, files, job.convention, job.columns), files.get(
            DETAILS, b""
        )
    except SubmissionFailed as failed:
        raise ScoringFailed.of(
            failed, host_log="".join(told.host_log)[-SHOWN_LOG:]
        ) from failed


def _lay_evaluation(spec: ProgramRun, task: ProgramTask, job: ProgramJob) -> None:
    """Lay out what EvalAI's convention reads: two files, which keep their names."""
    reference = task.reference
    annotations = reference.name if reference else "annotations"
    content = reference.path if reference else b""
    call = {
        "phase_codename": job.phase_codename,
        "submission_metadata": {"input_file": job.submission.name},
    }
    spec.put("call", json.dumps(call).encode(), "", filename="call.json")
    spec.put("reference", content, "input/ref", filename=annotations)
    spec.put(
        "submission", job.submission.path, "input/res", filename=job.submission.name
    )
    spec.arguments["wanted"] = [(RESULT, MOST_SCORES_BYTES)]
    spec.arguments["evaluate"] = [
        "program",
        "call.json",
        f"input/ref/{annotations}",
        f"input/res/{job.submission.name}",
        f"output/{RESULT}",
    ]


def _scores(
    status: int,
    files: Mapping[str, bytes],
    convention: Convention,
    columns: Sequence[DeclaredColumn],
) -> dict[str, float]:
    """Return the declared numbers.

    Raises:
        SubmissionFailed: the program ended badly, or its scores are not as declared.
    """
    if status:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        raise SubmissionFailed(
            "program_failed",
            f"The contest's scoring program ended with {how} on this submission. Check "
            "that it is as the contest asks; its host sees what the program printed.",
            stage=Stage.SCORE,
        )
    if convention is Convention.EVALAI and RESULT in files:
        splits = read_result(files[RESULT], columns)
        found: dict[str, float] = {}
        for split in dict.fromkeys(column.split for column in columns):
            found |= declared_values(splits.get(split, {}), columns, split=split)
        return found
    if "scores.json" in files:
        return declared_values(read_scores_json(files["scores.json"]), columns)
    if "scores.txt" in files:
        return declared_values(read_scores_txt(files["scores.txt"]), columns)
    raise SubmissionFailed(
        "no_scores",
        "The contest's scoring program ended well and wrote no scores. Tell its host.",
        stage=Stage.SCORE,
    )
