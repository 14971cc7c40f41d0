"""Scores one attempt: claim its run, run the job in the sandbox, record the outcome.

Only workers import this module: it opens the door to the runner.
"""

import math
import platform
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import structlog

from marketplace.catalog.services.scans import UnsafeFile, require_harmless
from marketplace.storage.queries import local_copy
from training.contests.catalogue import subgroups_of, target_of
from training.contests.charges import SANDBOX_UNAVAILABLE
from training.contests.models import Attempt, Format, Task
from training.contests.program_scoring import score_by_program
from training.contests.results import record_failure, record_outcome
from training.contests.task_scoring import score_tasks
from training.jobs import (
    CodeJob,
    Containers,
    Job,
    ModelFormat,
    ModelJob,
    OnnxJob,
    Outcome,
    PredictionsJob,
    RunStopped,
    Stage,
    SubmissionFailed,
    Target,
)
from training.metrics.classification import SEED
from training.runner import Risk, Sandbox, SandboxUnavailable, choose_sandbox
from training.runner.execution import execute
from training.runs import leases
from training.runs.heartbeat import Heartbeat

SCORING = ("stoa", "numpy", "polars", "onnxruntime")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Who evaluates, and what its operator decided.

    `term` is that of its leases; `python` is the interpreter of jobs, None for ours, and
    `containers` what holds them instead of this machine's own walls.
    Where it `runs_torch_programs`, files that run code when loaded are taken.
    `cpu_hour_minor` is what an hour of processor costs, 0 if nothing is said.
    """

    name: str
    term: timedelta
    allow_unsandboxed: bool
    python: Path | None
    clock: Callable[[], datetime]
    runs_torch_programs: bool = False
    containers: Containers | None = None
    cpu_hour_minor: int = 0


def evaluate(run_id: uuid.UUID, *, worker: Worker) -> None:
    """Score one queued attempt and record the outcome; do nothing if it is not queued.

    No transaction is held while the job runs. A fault of ours escapes and leaves the
    lease to the reaper; a worker that is told to stop gives the run back.
    """
    lease = leases.claim(
        run_id, worker=worker.name, now=worker.clock(), term=worker.term
    )
    if lease is None:
        return
    attempt = Attempt.objects.select_related(
        "submission__contest", "submission__entrant", "submission__phase"
    ).get(run=run_id)
    with Heartbeat(lease, clock=worker.clock) as pulse:
        try:
            try:
                outcome = _execute(attempt, pulse, worker)
            except BaseException:
                pulse.flush()
                raise
        except RunStopped:
            is_ended = False
        except SubmissionFailed as fault:
            is_ended = record_failure(
                lease, fault=fault, log_tail=pulse.log_tail, now=worker.clock()
            )
        except SystemExit:
            leases.release(lease, now=worker.clock())
            raise
        else:
            is_ended = record_outcome(
                lease,
                attempt=attempt,
                outcome=replace(
                    outcome, usage=outcome.usage.priced(worker.cpu_hour_minor)
                ),
                log_tail=pulse.log_tail or outcome.log_tail.splitlines(),
                last=pulse.last,
                now=worker.clock(),
                software=software(),
            )
        if not is_ended:  # as its owner asked, perhaps at the last moment
            is_ended = leases.cancel(lease, now=worker.clock(), log_tail=pulse.log_tail)
    if not is_ended:
        log.warning("lease_lost")


@cache
def software() -> dict[str, str]:
    """Return the versions of what scores here, and the seed of what draws at random."""
    versions = {name: version(name) for name in SCORING}
    return {"python": platform.python_version(), **versions, "seed": str(SEED)}


def _execute(attempt: Attempt, pulse: Heartbeat, worker: Worker) -> Outcome:
    _require_harmless(attempt, at=worker.clock())
    sandbox = _sandbox(attempt, worker)
    if attempt.submission.contest.task == Task.PROGRAM:
        return score_by_program(
            attempt, sandbox=sandbox, pulse=pulse, now=worker.clock()
        )
    score = partial(
        execute,
        sandbox=sandbox,
        stop=pulse.stop,
        on_log=pulse.write_log,
        on_stage=pulse.enter,
    )
    if attempt.submission.contest.task == Task.SEVERAL:
        outcome = score_tasks(
            attempt, score=score, job_of=partial(_job_of, attempt, worker)
        )
    else:
        with ExitStack() as files:
            job = _job(attempt, files, worker)
            outcome = score(replace(job, subgroups=_subgroups(attempt, files)))
    for metric in (*outcome.metrics, *outcome.private_metrics):
        if not all(map(math.isfinite, (metric.value, metric.low, metric.high))):
            raise SubmissionFailed(
                "score_not_finite",
                f"{metric.name} is not a finite number for these predictions. Look for "
                "constant or extreme values.",
                stage=Stage.SCORE,
            )
    return outcome


def _require_harmless(attempt: Attempt, *, at: datetime) -> None:
    """Look into a model before anything loads it. A table of predictions is only read."""
    submission = attempt.submission
    if submission.format == Format.PREDICTIONS:
        return
    try:
        require_harmless(submission.blob, name=submission.filename, at=at)
    except UnsafeFile as found:
        raise SubmissionFailed("unsafe_file", str(found), stage=Stage.LOAD) from found


def _sandbox(attempt: Attempt, worker: Worker) -> Sandbox:
    """Return what holds the job. A table of predictions is no code."""
    is_table = (
        attempt.submission.format == Format.PREDICTIONS
        and attempt.submission.contest.task != Task.PROGRAM
    )
    try:
        return choose_sandbox(
            risk=Risk.TABLES if is_table else Risk.CODE,
            allow_unsandboxed=worker.allow_unsandboxed,
            python=worker.python,
            containers=worker.containers,
        )
    except SandboxUnavailable as missing:
        log.error("sandbox_unavailable", why=str(missing))  # noqa: TRY400  no fault of ours
        raise SubmissionFailed(
            SANDBOX_UNAVAILABLE,
            "No worker can open it safely at the moment, so it was not run and does not "
            "count against your quota. The operator sees what is missing.",
            stage=Stage.LOAD,
        ) from missing


def _job(attempt: Attempt, files: ExitStack, worker: Worker) -> Job:
    contest = attempt.submission.contest
    phase = attempt.submission.phase
    target = target_of(contest, phase)
    handed_in = files.enter_context(local_copy(attempt.submission.blob_id))
    truth = files.enter_context(local_copy(attempt.truth_id))
    if attempt.submission.format == Format.PREDICTIONS:
        return PredictionsJob(handed_in, truth, target, truth_sha256=attempt.truth_id)
    return _job_of(attempt, worker, handed_in, _inputs(attempt, files), truth, target)


def _job_of(
    attempt: Attempt,
    worker: Worker,
    handed_in: Path,
    inputs: Path,
    truth: Path,
    target: Target,
    task: str = "",
) -> Job:
    """Return what runs a model or code on the inputs of a contest, or of one task."""
    if attempt.submission.format == Format.ONNX:
        return OnnxJob(handed_in, inputs, truth, target)
    if attempt.submission.format in ModelFormat.__members__:
        return ModelJob(
            handed_in,
            ModelFormat(attempt.submission.format),
            inputs,
            truth,
            target,
            allows_programs=worker.runs_torch_programs,
        )
    return CodeJob(handed_in, inputs, truth, target, task=task)


def _subgroups(attempt: Attempt, files: ExitStack) -> Path | None:
    blob_id = subgroups_of(attempt.submission.contest, attempt.submission.phase)
    return None if blob_id is None else files.enter_context(local_copy(blob_id))


def _inputs(attempt: Attempt, files: ExitStack) -> Path:
    contest, phase = attempt.submission.contest, attempt.submission.phase
    has_own = phase is not None and phase.has_board
    inputs_id = phase.inputs_id if phase is not None and has_own else contest.inputs_id
    if inputs_id is None:
        raise ValueError(f"contest {contest.slug} takes models and has no inputs")
    return files.enter_context(local_copy(inputs_id))
