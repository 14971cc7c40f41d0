"""Writes what came of an attempt: scores and board with the end of the run, or neither."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from marketplace.accounts.models import User
from marketplace.kit.together import Together
from marketplace.storage.services import store_bytes
from training.contests import boards
from training.contests.models import (
    Attempt,
    ProgramOutput,
    Score,
    Split,
)
from training.contests.phase_boards import keep_board
from training.contests.subgroups import kept_scores
from training.contests.telling import tell_result
from training.contests.verdicts import consider_waiting, remember
from training.jobs import MetricValue, Outcome, SubmissionFailed
from training.runs import leases
from training.runs.leases import NOTHING_MORE, Failure, Lease, Told

TOLD_BY = ("id", "is_active", "unwanted", "unshown")
RESULTS = [
    *("predictions_sha256", "row_count", "calibration", "software"),
    *("losses", "private_losses"),
]


def record_outcome(
    lease: Lease,
    *,
    attempt: Attempt,
    outcome: Outcome,
    log_tail: Sequence[str],
    now: datetime,
    software: Mapping[str, str] | None = None,
    last: Told = NOTHING_MORE,
) -> bool:
    """Write scores and board in the transaction that ends the run, if still ours.

    If its owner asked to cancel meanwhile, the run ends as cancelled and no score is
    kept.

    Args:
        lease: of the run.
        attempt: with its submission.
        outcome: what came of it.
        log_tail: the last lines of its log.
        now: when.
        software: versions of what scored.
        last: what its heartbeat did not tell yet.

    Returns:
        False if another worker has the run: then nothing was written.
    """
    losses = None
    if outcome.losses:
        losses = store_bytes(outcome.losses, stored_at=now)
        remember(losses, outcome.losses)
    private = outcome.private_losses
    private_losses = store_bytes(private, stored_at=now) if private else None
    with transaction.atomic():
        held = _hold(attempt)
        contest = held.submission.contest
        if not leases.is_held(held.run, lease):
            return leases.cancel(lease, now=now, log_tail=log_tail)
        writes = Together()
        usage = asdict(outcome.usage)
        leases.complete_among(
            writes, lease, now=now, usage=usage, log_tail=log_tail, last=last
        )
        attempt.predictions_sha256 = outcome.predictions_sha256
        attempt.row_count = outcome.row_count
        attempt.calibration = [asdict(each) for each in outcome.calibration]
        attempt.losses, attempt.private_losses = losses, private_losses
        attempt.software = dict(software or {})
        writes.save(attempt, RESULTS)
        writes.insert(
            [
                *_scores(attempt, outcome.metrics, Split.PUBLIC),
                *_scores(attempt, outcome.private_metrics, Split.PRIVATE),
            ]
        )
        told = {
            Split.PUBLIC: outcome.subgroups,
            Split.PRIVATE: outcome.private_subgroups,
        }
        writes.insert(kept_scores(attempt, told))
        tell_result(
            attempt,
            contest,
            is_scored=True,
            at=now,
            people=[User(**each) for each in held.people],
            into=writes,
        )
        writes.run()
        touched = {attempt.submission.entrant_id}
        if contest.is_guarded:
            version = attempt.scorer_version
            touched |= consider_waiting(
                contest, version=version, truth=attempt.truth_id, at=now
            )
        phase = attempt.submission.phase
        if phase is not None and phase.has_board:
            if attempt.scorer_version == contest.scorer_version:
                keep_board(phase, contest, entrants=touched)
            return True
        may_move = attempt.submission.is_ranked or contest.frozen_at is None
        if may_move and attempt.scorer_version == contest.scorer_version:
            boards.keep(contest, entrants=touched, at=now, wakes=False)
    return True


def _hold(attempt: Attempt) -> Any:
    """Lock the board of an attempt's contest, and then its run; read both.

    It comes with what tells how the `people` of its team want to be told.
    """
    people = User.objects.filter(
        contest_places__entrant=OuterRef("submission__entrant")
    )
    told = JSONObject(**{each: each for each in TOLD_BY})
    return (
        Attempt.objects.select_related("submission__contest", "run")
        .select_for_update(of=("submission__contest", "run"), no_key=True)
        .annotate(people=ArraySubquery(people.values(told=told)))
        .get(pk=attempt.pk)
    )


def record_failure(
    lease: Lease, *, fault: SubmissionFailed, log_tail: Sequence[str], now: datetime
) -> bool:
    """End the run with the submission's fault, and tell whose it is.

    Returns:
        False if another worker has the run.
    """
    told = fault.as_json()
    failure = Failure(
        code=told["code"],
        message=told["message"],
        stage=told["stage"],
        rows=told["rows"],
        row_count=told["row_count"],
    )
    lines = log_tail or fault.log_tail.splitlines()
    with transaction.atomic():
        if leases.fail(lease, now=now, failure=failure, log_tail=lines):
            attempt = Attempt.objects.select_related("submission__contest").get(
                run=lease.run_id
            )
            contest = attempt.submission.contest
            tell_result(attempt, contest, is_scored=False, at=now)
            return True
    return leases.cancel(lease, now=now, log_tail=lines)


def keep_program_output(
    attempt: Attempt, *, log: str, details: bytes, at: datetime
) -> None:
    """Keep what a host's program printed beside labels, and its page of details."""
    blob = store_bytes(details, stored_at=at) if details else None
    ProgramOutput.objects.update_or_create(
        attempt=attempt, defaults={"log": log.replace("\0", "\ufffd"), "details": blob}
    )


def _scores(
    attempt: Attempt, metrics: Sequence[MetricValue], split: Split
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
