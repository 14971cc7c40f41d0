"""Whose turn it is: lanes by weight, inside a lane round by round, none beyond its cap.

Between lanes it is start-time fair queueing: each lane has a virtual time that grows by
1/weight with every turn, and the lane furthest behind is next (Goyal, Vin and Cheng,
"Start-time Fair Queuing", SIGCOMM 1996). Inside a lane a run's `turn` is the round it
belongs to, fixed when it is queued: a claimant's third run is in the third round from
then. So the next run is the first entry of an index, however many wait.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Greatest, JSONObject

from marketplace.accounts.models import Namespace
from marketplace.kit.together import Together
from training.runs.leases import Lease, claim
from training.runs.models import IN_TURN, LIVE, Lane, Run, RunQuerySet, RunStatus

CHUNK = 50
_COUNT = Func("pk", function="COUNT", output_field=IntegerField())
_SEAT = JSONObject(
    **{
        each: each
        for each in (
            "name",
            "weight",
            "per_claimant",
            "passed",
            "first",
            "own",
            "behind",
        )
    }
)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a new run waits: its lane, and the round of it."""

    lane: Lane
    turn: int
    at_least: float | None = None  # where the lane goes on from, if it lies behind

    def after(self, number: int) -> "Seat":
        """Return the seat of another run of the claimant, so many after this one."""
        return replace(self, turn=self.turn + number, at_least=None) if number else self

    def take(self, into: Together) -> None:
        """Move the lane on to where it goes on from, with the writes that queue."""
        if self.at_least is not None:
            passed = Greatest(F("passed"), self.at_least)
            into.update(Lane.objects.filter(pk=self.lane.pk), passed=passed)


def seat_in(name: str, *, claimant: str, namespace: Namespace | None = None) -> Seat:
    """Return where the next run of a claimant waits; make the lane if there is none.

    Call it in the transaction that queues the run.
    """
    told = _seats(claimant).filter(name=name).values_list(_SEAT, flat=True)
    seat = seat_told(told.first())
    if seat is None:
        Lane.objects.get_or_create(name=name, defaults={"namespace": namespace})
        seat = seat_told(told.get())
    assert seat is not None  # noqa: S101  it was made above
    return seat


def seat_asked(name: str, *, claimant: str) -> Subquery:
    """Return what `seat_told` reads, as a part of a query of others."""
    return Subquery(_seats(claimant).filter(name=name).values(told=_SEAT))


def seat_told(told: Mapping[str, Any] | None) -> Seat | None:
    """Return a seat by what a query told of it; None where there is no such lane.

    A lane in which nothing waited goes on from where the others are, so that it neither
    makes up for its rest nor pays for turns it had while nobody else wanted any.
    """
    if told is None:
        return None
    seat = dict(told)
    first, own, behind = (seat.pop(each) for each in ("first", "own", "behind"))
    lies_behind = behind is not None and behind > seat["passed"]
    return Seat(Lane(**seat), (first or 0) + own, behind if lies_behind else None)


def _seats(claimant: str) -> QuerySet[Lane]:
    live = Run.objects.filter(lane=OuterRef("pk"), status__in=LIVE)
    first = live.filter(status=RunStatus.QUEUED).order_by(*IN_TURN).values("turn")[:1]
    own = live.filter(claimant=claimant).order_by()
    return Lane.objects.annotate(
        first=Subquery(first),
        own=Subquery(own.annotate(n=_COUNT).values("n")),
        behind=Case(When(Exists(first), then=Value(None)), default=_virtual_time()),
    )


def _virtual_time() -> Coalesce:
    """Return where the lanes other than the query's are: those that wait, else all."""
    waits = Exists(Run.objects.queued().filter(lane=OuterRef("pk")))
    others = Lane.objects.exclude(pk=OuterRef("pk")).order_by()
    least = Func("passed", function="MIN", output_field=FloatField())
    most = Func("passed", function="MAX", output_field=FloatField())
    of_waiting = Subquery(others.filter(waits).annotate(now=least).values("now"))
    return Coalesce(of_waiting, Subquery(others.annotate(now=most).values("now")))


def is_taken(now: datetime) -> Q:
    """Match runs that are with a worker or on their way to one."""
    return Q(status=RunStatus.RUNNING) | Q(status=RunStatus.QUEUED, due_at__gt=now)


def waiting_lanes(lanes: QuerySet[Lane], runs: RunQuerySet) -> list[Lane]:
    """Return those of the lanes in which some of these runs wait, the next one first.

    It is one look into the index for each lane. A plain EXISTS would be the same, but
    PostgreSQL makes of it a join with every run that waits.
    """
    first = runs.filter(lane=OuterRef("pk")).order_by(*IN_TURN).values("turn")[:1]
    found = lanes.annotate(first_turn=Subquery(first)).order_by("passed", "name")
    return [lane for lane in found if lane.first_turn is not None]


def in_turn(
    runs: RunQuerySet, *, taken: Mapping[tuple[str, str], int], limit: int
) -> list[Run]:
    """Return the first of these runs in the order in which they shall be worked on.

    Args:
        runs: of those that are queued.
        taken: how many runs each (lane, claimant) has with workers, or on the way.
        limit: how many are wanted.

    Cost: one query for the lanes, one for each lane whose turn comes, by an index.
    """
    heap = [
        (lane.passed, lane.name, lane.weight, _stream(runs, lane, taken, limit))
        for lane in waiting_lanes(Lane.objects.all(), runs)
    ]
    heapify(heap)
    order: list[Run] = []
    while heap and len(order) < limit:
        passed, name, weight, stream = heappop(heap)
        run = next(stream, None)
        if run is not None:
            order.append(run)
            heappush(heap, (passed + 1 / weight, name, weight, stream))
    return order


def _stream(
    runs: RunQuerySet, lane: Lane, taken: Mapping[tuple[str, str], int], limit: int
) -> Iterator[Run]:
    """Yield the runs of one lane in turn, and of no claimant more than its cap."""
    held = Counter({who: n for (name, who), n in taken.items() if name == lane.name})
    given: list[Run] = []
    while True:
        full = [who for who, count in held.items() if count >= lane.per_claimant]
        chunk = runs.filter(lane=lane).exclude(pk__in=[run.pk for run in given])
        if full:
            chunk = chunk.exclude(claimant__in=full)
        found = list(chunk.order_by(*IN_TURN)[: min(limit, CHUNK)])
        if not found:
            return
        for run in found:
            if held[run.claimant] < lane.per_claimant:
                held[run.claimant] += 1
                given.append(run)
                yield run


def taken_by(now: datetime) -> dict[tuple[str, str], int]:
    """Count what each (lane, claimant) has with workers and in the broker."""
    return _counted(Run.objects.filter(is_taken(now)))


def turn_passed() -> CombinedExpression:
    """Return the virtual time of a lane after one turn more."""
    return F("passed") + 1.0 / F("weight")


def claim_next(
    lanes: QuerySet[Lane],
    *,
    queues: Collection[str],
    worker: str,
    now: datetime,
    term: timedelta,
    wanted: Q | None = None,
) -> Lease | None:
    """Claim the run whose turn it is in these lanes, for a worker that asks by itself.

    Whether its id is in the broker as well does not matter: the row lets one through.

    Args:
        lanes: those the worker may take from.
        queues: likewise.
        worker: its name, for people.
        now: when.
        term: how long silence may last before the run goes to another.
        wanted: what else holds of a run that is for this worker.
    """
    queued = Run.objects.queued().filter(wanted or Q(), queue__in=queues)
    running = _running()
    for lane in waiting_lanes(lanes, queued):
        full = [
            claimant
            for (name, claimant), count in running.items()
            if name == lane.name and count >= lane.per_claimant
        ]
        with transaction.atomic():
            ours = queued.filter(lane=lane)
            if full:
                ours = ours.exclude(claimant__in=full)
            next_one = ours.order_by(*IN_TURN).select_for_update(skip_locked=True)
            for run_id, due_at in next_one.values_list("pk", "due_at")[:1]:
                lease = claim(run_id, worker=worker, now=now, term=term)
                if due_at <= now:  # else its turn passed when it went to the broker
                    Lane.objects.filter(pk=lane.pk).update(passed=turn_passed())
                return lease
    return None


def _running() -> dict[tuple[str, str], int]:
    """Count what each (lane, claimant) has with workers."""
    return _counted(Run.objects.filter(status=RunStatus.RUNNING))


def _counted(runs: RunQuerySet) -> dict[tuple[str, str], int]:
    counted = (
        runs.order_by().values_list("lane", "claimant").annotate(count=Count("pk"))
    )
    return {(lane, claimant): count for lane, claimant, count in counted}
