"""Who may write a run's result: a lease, claimed once, renewed, and ended once.

Every step is one guarded UPDATE that matches the token handed out by `claim`, so a
worker that was given up on can never write over its successor (a fencing token).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest

from marketplace.kit.together import Together
from training.runs.models import LOG_LINES, Run, RunStatus

STARTING = "START"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to end one run; `token` fences it, `term` is what each renewal adds."""

    run_id: uuid.UUID
    token: uuid.UUID
    term: timedelta


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed: `code` for programs, `message` for its owner."""

    code: str
    message: str
    stage: str = ""
    rows: Sequence[dict[str, Any]] = ()
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What a run says as it ends, beside its log: see `renew`."""

    log_lines: int = 0
    scorer_log_tail: Sequence[str] = ()
    stage: str = ""


NOTHING_MORE = Told()


class Standing(Enum):
    """What a worker learns when it renews."""

    HELD = "held"
    CANCEL_REQUESTED = "cancel requested"
    LOST = "lost"


def claim(
    run_id: uuid.UUID, *, worker: str, now: datetime, term: timedelta
) -> Lease | None:
    """Take a queued run; None if it is not queued, so a second delivery does nothing.

    Args:
        run_id: as the broker delivered it.
        worker: name of the worker, for people.
        now: when; the lease ends at `now + term` unless renewed.
        term: how long silence may last before the run goes to another worker.
    """
    token = uuid.uuid4()
    claimed = (
        Run.objects.queued()
        .filter(pk=run_id)
        .update(
            status=RunStatus.RUNNING,
            attempts=F("attempts") + 1,
            worker=worker,
            lease_token=token,
            lease_until=now + term,
            heartbeat_at=now,
            started_at=now,
            stage=STARTING,
            progress=None,
            log_tail=[],
            log_lines=0,
            scorer_log_tail=[],
        )
    )
    return Lease(run_id, token, term) if claimed else None


def renew(
    lease: Lease,
    *,
    now: datetime,
    log_tail: Sequence[str] = (),
    log_lines: int = 0,
    scorer_log_tail: Sequence[str] = (),
    stage: str = "",
    progress: float | None = None,
) -> Standing:
    """Hold the run for another term and publish how far it is.

    Args:
        lease: as claimed.
        now: when.
        log_tail: the last lines so far; older ones than `LOG_LINES` are dropped.
        log_lines: how many there were in all, if more.
        scorer_log_tail: likewise the last lines of what has seen the answers.
        stage: how far it is, if that is to change.
        progress: fraction done, if known.
    """
    held = Run.objects.held(lease.run_id, token=lease.token)
    renewed = held.update(
        lease_until=now + lease.term,
        heartbeat_at=now,
        log_tail=list(log_tail[-LOG_LINES:]),
        log_lines=max(log_lines, len(log_tail)),
        scorer_log_tail=list(scorer_log_tail[-LOG_LINES:]),
        stage=stage or F("stage"),
        progress=progress,
    )
    if not renewed:
        return Standing.LOST
    if held.filter(cancel_requested_at__isnull=False).exists():
        return Standing.CANCEL_REQUESTED
    return Standing.HELD


def complete(
    lease: Lease,
    *,
    now: datetime,
    usage: dict[str, Any],
    log_tail: Sequence[str] = (),
    last: Told = NOTHING_MORE,
) -> bool:
    """End the run as done. Call it inside the transaction that writes its effects.

    Args:
        lease: as claimed.
        now: when.
        usage: what it took, as JSON.
        log_tail: the last lines.
        last: what `renew` was not told yet.

    Returns:
        False if the lease is no longer ours or its owner asked to cancel: then nothing
        may be written.
    """
    writes = Together()
    complete_among(writes, lease, now=now, usage=usage, log_tail=log_tail, last=last)
    return writes.run() == [1]


def complete_among(
    writes: Together,
    lease: Lease,
    *,
    now: datetime,
    usage: dict[str, Any],
    log_tail: Sequence[str] = (),
    last: Told = NOTHING_MORE,
) -> None:
    """End the run as done with other writes, as `complete` does it alone.

    Call it with the run locked and held (`is_held`): else the others would be written
    though this is not.
    """
    wanted = Run.objects.held(lease.run_id, token=lease.token)
    lines = last.scorer_log_tail
    writes.update(
        wanted.filter(cancel_requested_at__isnull=True),
        status=RunStatus.SUCCEEDED,
        progress=1.0,
        usage=usage,
        stage=last.stage or F("stage"),
        scorer_log_tail=list(lines[-LOG_LINES:]) if lines else F("scorer_log_tail"),
        **_end(now, log_tail, last.log_lines),
    )


def is_held(run: Run, lease: Lease) -> bool:
    """Whether a run, read under its lock, may be completed under this lease."""
    is_running = run.status == RunStatus.RUNNING and run.lease_token == lease.token
    return is_running and run.cancel_requested_at is None


def fail(
    lease: Lease,
    *,
    now: datetime,
    failure: Failure,
    log_tail: Sequence[str] = (),
    usage: dict[str, Any] | None = None,
) -> bool:
    """End the run as failed, for good; False if the lease is no longer ours.

    `usage` is what it took nonetheless, if that is known.
    """
    held = Run.objects.held(lease.run_id, token=lease.token)
    ended = held.filter(cancel_requested_at__isnull=True).update(
        status=RunStatus.FAILED,
        failure_code=failure.code,
        failure_stage=failure.stage,
        failure_message=failure.message,
        failure_rows=list(failure.rows),
        failure_row_count=max(failure.row_count, len(failure.rows)),
        usage=usage,
        **_end(now, log_tail),
    )
    return ended == 1


def cancel(lease: Lease, *, now: datetime, log_tail: Sequence[str] = ()) -> bool:
    """End the run as cancelled, as its owner asked; False if not ours or not asked."""
    held = Run.objects.held(lease.run_id, token=lease.token)
    ended = held.filter(cancel_requested_at__isnull=False).update(
        status=RunStatus.CANCELLED, **_end(now, log_tail)
    )
    return ended == 1


def release(lease: Lease, *, now: datetime, pause: timedelta = timedelta()) -> bool:
    """Give the run back unspent, as a worker does that is told to stop.

    It is sent to another at once, or after a pause.
    """
    held = Run.objects.held(lease.run_id, token=lease.token)
    released = held.filter(cancel_requested_at__isnull=True).update(
        **requeued(now + pause), attempts=F("attempts") - 1
    )
    return released == 1


def pass_on(lease: Lease, *, now: datetime) -> bool:
    """Give a run back whose part here is done, so that another does the next.

    It has all its attempts for that. Call it inside the transaction that writes the
    part.

    Returns:
        False if the lease is no longer ours or its owner asked to cancel: then nothing
        may be written.
    """
    held = Run.objects.held(lease.run_id, token=lease.token)
    passed = held.filter(cancel_requested_at__isnull=True).update(
        **requeued(now), attempts=0
    )
    return passed == 1


def requeued(now: datetime) -> dict[str, Any]:
    """Return the columns of a run that goes back to the queue, due at once."""
    return {
        "status": RunStatus.QUEUED,
        "worker": "",
        "lease_token": None,
        "lease_until": None,
        "started_at": None,
        "dispatched_at": None,
        "due_at": now,
        "stage": "",
        "progress": None,
    }


def _end(now: datetime, log_tail: Sequence[str], log_lines: int = 0) -> dict[str, Any]:
    return {
        "finished_at": now,
        "lease_token": None,
        "lease_until": None,
        "log_tail": list(log_tail[-LOG_LINES:]),
        "log_lines": Greatest(F("log_lines"), max(log_lines, len(log_tail))),
    }
