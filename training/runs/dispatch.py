"""Which queued run goes to the broker next, and what becomes of abandoned ones.

The broker may lose everything: it carries a window of ids, the rows are the backlog. A
run is due when its id was never sent, or was sent so long ago that it may be lost; each
time it waits twice as long, so that a long queue is not sent over and over. Delivering
an id twice is harmless, since `leases.claim` lets one through.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import F, Func, IntegerField, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.db.models.lookups import LessThan
from kombu.exceptions import OperationalError

from marketplace.kit.together import Together
from marketplace.kit.tracing import HEADER, within
from training.runs.leases import requeued
from training.runs.models import (
    BROUGHT,
    LIVE,
    WORKER_SILENT_AFTER,
    Lane,
    LostLeases,
    Run,
    RunQuerySet,
    RunStatus,
    WorkerReport,
)
from training.runs.turns import in_turn, is_taken, taken_by, turn_passed

BROKER_WINDOW = 200
LEAST_WINDOW = 16
IDS_PER_HAND = 2
RESEND_AFTER = timedelta(seconds=15)
RESEND_AT_LATEST = timedelta(minutes=15)
BROKER_RESTS = timedelta(seconds=30)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
WORKER_LOST = "worker_lost"
ALWAYS = Q()
_LOST = {
    "status": RunStatus.FAILED,
    "failure_code": WORKER_LOST,
    "failure_stage": F("stage"),
    "failure_message": (
        "Its worker stopped answering on every attempt. This does not count against "
        "your quota. If it happens again with the same files, they may be too large "
        "for the worker's memory; otherwise tell the operator."
    ),
}
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class BrokerRest:
    """What this process remembers of the broker, so that requests do not wait for it.

    After a failure only sweeps try it until then, which are every few seconds.
    """

    until: datetime = LONG_AGO


rest = BrokerRest()


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did."""

    dispatched: int
    requeued: int
    failed: int
    cancelled: int


def sweep(now: datetime) -> Sweep:
    """Requeue abandoned runs, end hopeless ones, and fill the broker's window.

    Any number of sweepers may run at once, and be killed at any point.
    """
    abandoned = Run.objects.abandoned(now)
    asked_to_end = abandoned.filter(cancel_requested_at__isnull=False)
    cancelled = _update(asked_to_end, status=RunStatus.CANCELLED, **_ended(now))
    hopeless = abandoned.filter(attempts__gte=F("max_attempts"))
    failed = _update(hopeless, counted="failed", **_LOST, **_ended(now))
    back = _update(abandoned, counted="requeued", **requeued(now))
    if any((back, failed, cancelled)):
        log.info("runs_reaped", requeued=back, failed=failed, cancelled=cancelled)
    return Sweep(dispatch_due(now), back, failed, cancelled)


def dispatch_due(now: datetime) -> int:
    """Send the ids of due runs, in fair order, until the broker's window is full."""
    room = window(now) - Run.objects.in_broker(now).count()
    return send(next_in_turn(now, limit=room), now=now) if room > 0 else 0


def dispatch_one(run: Run, *, now: datetime) -> None:
    """Send a run just queued, if its turn has plainly come; else the sweep will.

    Args:
        run: as it was queued, with its lane.
        now: when.

    Cost: one query. The update that marks it asks whether its turn has come.
    """
    if now < rest.until or run.queue in BROUGHT:
        return
    own = Run.objects.filter(lane=run.lane, claimant=run.claimant, status__in=LIVE)
    has_room = LessThan(_count(Run.objects.in_broker(now)), _window(now))
    is_next = LessThan(_count(own.filter(is_taken(now))), run.lane.per_claimant)
    send([run], now=now, only_if=Q(has_room, is_next))


def window(now: datetime) -> int:
    """Return how many ids may be in the broker: a few for each hand.

    What is in the broker is in the order it was sent, so a contest that comes later
    waits behind it all: no more than keeps the workers busy until the next sweep.
    """
    hands = _seen(now).aggregate(hands=Sum("concurrency"))["hands"] or 0
    return min(max(hands * IDS_PER_HAND, LEAST_WINDOW), BROKER_WINDOW)


def _window(now: datetime) -> Least:
    """Return `window` as a part of a query."""
    counted = Func("concurrency", function="SUM", output_field=IntegerField())
    hands = Subquery(_seen(now).order_by().annotate(n=counted).values("n"))
    wanted = Coalesce(hands, 0) * IDS_PER_HAND
    return Least(Greatest(wanted, Value(LEAST_WINDOW)), Value(BROKER_WINDOW))


def _seen(now: datetime) -> QuerySet[WorkerReport]:
    return WorkerReport.objects.filter(seen_at__gte=now - WORKER_SILENT_AFTER)


def _count(runs: RunQuerySet) -> Subquery:
    """Return the number of these runs as a part of a query."""
    counted = Func("pk", function="COUNT", output_field=IntegerField())
    return Subquery(runs.order_by().annotate(n=counted).values("n"))


def next_in_turn(now: datetime, *, limit: int) -> list[Run]:
    """Return due runs for the broker in the order in which they shall be worked on.

    What a claimant has with workers and in the broker counts against their cap.
    """
    due = Run.objects.due(now).exclude(queue__in=BROUGHT)
    return in_turn(due, taken=taken_by(now), limit=limit)


def send(runs: Sequence[Run], *, now: datetime, only_if: Q = ALWAYS) -> int:
    """Give the ids of runs to the broker; return how many it took.

    The row is marked first, so a sweeper that is killed here only delays the run, and
    two sweepers do not both send it. A broker that does not answer is left for the next
    sweep.

    Args:
        runs: in the order of their turns.
        now: when.
        only_if: what else must hold of a run when it is marked.
    """
    sent = 0
    for run in runs:
        if not _mark_sent(run, now, only_if):
            continue
        try:
            with within(run.trace):
                current_app.send_task(
                    run.task,
                    kwargs={"run_id": str(run.pk)},
                    queue=run.queue,
                    headers={HEADER: run.trace},
                    retry_policy={"max_retries": 1, "interval_start": 0},
                )
        except (OperationalError, OSError) as fault:
            log.warning("broker_unreachable", run_id=str(run.pk), why=str(fault))
            rest.until = now + BROKER_RESTS
            break
        sent += 1
    return sent


def _mark_sent(run: Run, now: datetime, only_if: Q) -> bool:
    waited = run.due_at - run.dispatched_at if run.dispatched_at else timedelta()
    pause = min(max(2 * waited, RESEND_AFTER), RESEND_AT_LATEST)
    due = Run.objects.due(now).filter(only_if, pk=run.pk, due_at=run.due_at)
    writes = Together()
    is_marked = writes.update(due, dispatched_at=now, due_at=now + pause)
    if run.dispatched_at is None:  # else its turn passed when it was sent first
        lane = Lane.objects.filter(is_marked, pk=run.lane_id)
        writes.update(lane, passed=turn_passed())
    return writes.run()[0] == 1


@transaction.atomic
def _update(runs: RunQuerySet, *, counted: str = "", **columns: Any) -> int:
    """Update what no one else is just changing; the next sweep takes the rest.

    `counted` is the column of `LostLeases` that they count in.
    """
    found = runs.select_for_update(skip_locked=True).values_list("pk", "queue")
    queues = dict(found)
    if counted:
        for queue, count in sorted(Counter(queues.values()).items()):
            LostLeases.objects.get_or_create(queue=queue)
            row = LostLeases.objects.filter(queue=queue)
            row.update(**{counted: F(counted) + count})
    return Run.objects.filter(pk__in=queues).update(**columns)


def _ended(now: datetime) -> dict[str, Any]:
    return {"finished_at": now, "lease_token": None, "lease_until": None}
