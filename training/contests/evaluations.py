"""Scores one attempt: claim its run, run the job in the sandbox, record the outcome.

Only workers import this module: it opens the door to the runner.
"""

import math
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.db import transaction

from marketplace.storage.queries import local_copy
from marketplace.storage.services import store_bytes
from training.contests import boards
from training.contests.catalogue import scored_metrics
from training.contests.models import Attempt, Contest, Format, Score, Split
from training.contests.queries import SANDBOX_UNAVAILABLE
from training.jobs import (
    CodeJob,
    Job,
    MetricValue,
    OnnxJob,
    Outcome,
    PredictionsJob,
    RunStopped,
    SandboxLevel,
    Stage,
    SubmissionFailed,
    Target,
)
from training.runner import execute
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Failure, Lease

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Who evaluates: its name, the term of its leases, how it holds strangers' code."""

    name: str
    term: timedelta
    sandbox: SandboxLevel
    allow_unsandboxed: bool
    clock: Callable[[], datetime]


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
        "submission__contest", "submission__entrant"
    ).get(run=run_id)
    with Heartbeat(lease, clock=worker.clock) as pulse:
        try:
            outcome = _execute(attempt, pulse, worker)
        except RunStopped:
            leases.cancel(lease, now=worker.clock(), log_tail=pulse.log_tail)
        except SubmissionFailed as fault:
            _record_failure(lease, _failure_of(fault), pulse, worker)
        except SystemExit:
            leases.release(lease, now=worker.clock())
            raise
        else:
            _record(lease, attempt, outcome, pulse, worker)


def _execute(attempt: Attempt, pulse: Heartbeat, worker: Worker) -> Outcome:
    is_code = attempt.submission.format != Format.PREDICTIONS
    if is_code and not (worker.sandbox.is_safe or worker.allow_unsandboxed):
        raise SandboxUnavailable(worker.sandbox)
    with ExitStack() as files:
        job = _job(attempt, files)
        outcome = execute(job, stop=pulse.stop, on_log=pulse.write_log)
    for metric in (*outcome.metrics, *outcome.private_metrics):
        if not all(map(math.isfinite, (metric.value, metric.low, metric.high))):
            raise SubmissionFailed(
                "score_not_finite",
                f"{metric.name} is not a finite number for these predictions. Look for "
                "constant or extreme values.",
                stage=Stage.SCORE,
            )
    return outcome


class SandboxUnavailable(SubmissionFailed):
    """No fault of the submission: this worker may not run strangers' code."""

    def __init__(self, level: SandboxLevel) -> None:
        super().__init__(
            SANDBOX_UNAVAILABLE,
            "No worker can run models safely at the moment, so yours was not run; it "
            "does not count against your quota. The operator sees what is missing.",
            stage=Stage.LOAD,
            log_tail="\n".join(level.reasons),
        )


def _job(attempt: Attempt, files: ExitStack) -> Job:
    contest = attempt.submission.contest
    target = Target(
        metrics=scored_metrics(contest.task, ranking=contest.metric),
        classes=tuple(contest.classes),
        id_column=contest.id_column,
        column=contest.target_column,
        split_column=contest.split_column,
    )
    handed_in = files.enter_context(local_copy(attempt.submission.blob_id))
    truth = files.enter_context(local_copy(attempt.truth_id))
    if attempt.submission.format == Format.PREDICTIONS:
        return PredictionsJob(handed_in, truth, target)
    inputs = _inputs(contest, files)
    if attempt.submission.format == Format.ONNX:
        return OnnxJob(handed_in, inputs, truth, target)
    return CodeJob(handed_in, inputs, truth, target)


def _inputs(contest: Contest, files: ExitStack) -> Path:
    if contest.inputs_id is None:
        raise ValueError(f"contest {contest.slug} takes models and has no inputs")
    return files.enter_context(local_copy(contest.inputs_id))


def _record(
    lease: Lease,
    attempt: Attempt,
    outcome: Outcome,
    pulse: Heartbeat,
    worker: Worker,
) -> None:
    """Write scores and board in the transaction that ends the run, if still ours."""
    now = worker.clock()
    losses = store_bytes(outcome.losses, stored_at=now) if outcome.losses else None
    with transaction.atomic():
        contest = boards.hold(attempt.submission.contest_id)
        is_ours = leases.complete(
            lease, now=now, usage=asdict(outcome.usage), log_tail=_log(pulse, outcome)
        )
        if is_ours:
            attempt.predictions_sha256 = outcome.predictions_sha256
            attempt.row_count = outcome.row_count
            attempt.calibration = [asdict(each) for each in outcome.calibration]
            attempt.losses = losses
            attempt.save(
                update_fields=[
                    "predictions_sha256",
                    "row_count",
                    "calibration",
                    "losses",
                ]
            )
            Score.objects.bulk_create(
                [
                    *_scores(attempt, outcome.metrics, Split.PUBLIC),
                    *_scores(attempt, outcome.private_metrics, Split.PRIVATE),
                ]
            )
            boards.keep(contest, entrants=[attempt.submission.entrant_id], at=now)
    if not is_ours and not leases.cancel(lease, now=now, log_tail=pulse.log_tail):
        log.warning("lease_lost")


def _scores(
    attempt: Attempt, metrics: tuple[MetricValue, ...], split: Split
) -> list[Score]:
    return [
        Score(
            attempt=attempt,
            split=split,
            metric=metric.name,
            value=metric.value,
            low=min(metric.low, metric.value),
            high=max(metric.high, metric.value),
        )
        for metric in metrics
    ]


def _failure_of(fault: SubmissionFailed) -> Failure:
    told = fault.as_json()
    return Failure(
        code=told["code"],
        message=told["message"],
        stage=told["stage"],
        rows=told["rows"],
        row_count=told["row_count"],
    )


def _record_failure(
    lease: Lease, failure: Failure, pulse: Heartbeat, worker: Worker
) -> None:
    now, lines = worker.clock(), pulse.log_tail
    if not leases.fail(lease, now=now, failure=failure, log_tail=lines):
        leases.cancel(lease, now=now, log_tail=lines)


def _log(pulse: Heartbeat, outcome: Outcome) -> list[str]:
    """Return what was streamed, or what the outcome brings if nothing was."""
    return pulse.log_tail or outcome.log_tail.splitlines()
