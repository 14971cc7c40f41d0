"""What can be asked of the queue: where a run stands, who works on what."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    F,
    Func,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Extract, JSONObject

from marketplace.accounts.models import Role, User
from marketplace.accounts.queries import namespaces_of
from training.jobs import LARGER
from training.runs.models import (
    LIVE,
    WORKER_SILENT_AFTER,
    Lane,
    MonthOfUse,
    Run,
    RunStatus,
    WorkerReport,
)

RECENT_RUNS = 100
MOST_LANES = 200
MOST_CAUSES = 10
FORGOTTEN_AFTER = timedelta(days=1)  # a worker that was taken away
USUAL_RUN = timedelta(seconds=20)
LARGE = "large"  # the queue of workers that have AutoGluon
GPU = "gpu"  # the queue of workers that have a graphics card


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting run stands: `position` 1 is next; the wait is an estimate."""

    position: int
    estimated_wait: timedelta


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue at one time, for operators."""

    queue: str
    queued: int
    running: int
    oldest_queued_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failures:
    """How often runs failed of one cause, and when one did last."""

    code: str
    count: int
    last_at: datetime


def place_of(run: Run, *, now: datetime) -> Place | None:
    """Return where a queued run stands, None if it is not queued.

    The position is its place in the order of `turns`: lanes by weight, inside a lane by
    turn. The wait is what runs of each lane ahead took lately, shared among the workers
    seen lately; the caps of claimants are left out of it.

    Cost: one query, which counts the waiting by an index.
    """
    if run.status != RunStatus.QUEUED:
        return None
    earlier = (
        Q(turn__lt=run.turn)
        | Q(turn=run.turn, queued_at__lt=run.queued_at)
        | Q(turn=run.turn, queued_at=run.queued_at, pk__lt=run.pk)
    )
    lanes = {
        name: told
        for name, *told in Run.objects.queued()
        .filter(queue=run.queue)
        .order_by()
        .values_list("lane", "lane__passed", "lane__weight")
        .annotate(
            count=Count("pk"),
            ahead=Count("pk", filter=earlier & Q(lane=run.lane_id)),
            hands=_hands(run.queue, now),
            lately=Case(When(lane=run.lane_id, then=_lately(run.queue))),
        )
    }
    if run.lane_id not in lanes:  # a worker took it meanwhile
        return None
    passed, weight, _, own, hands, lately = lanes.pop(run.lane_id)
    tag = passed + own / weight
    before = {
        name: min(max(_turns_before(tag, at, each, wins=name < run.lane_id), 0), count)
        for name, (at, each, count, *_) in lanes.items()
    }
    usual = _usual_times(lately)
    mean = usual.get("", USUAL_RUN)
    before[run.lane_id] = own + 1
    work = sum(
        (count * usual.get(name, mean) for name, count in before.items()), timedelta()
    )
    return Place(sum(before.values()), work / (hands or 1))


def _turns_before(tag: float, passed: float, weight: int, *, wins: bool) -> int:
    """Return how many turns a lane has before a virtual time; `wins` takes a draw."""
    turns = (tag - passed) * weight
    return floor(turns) + 1 if wins or turns % 1 else ceil(turns)


def queue_states() -> list[QueueState]:
    """Return the depth of every queue that has live runs, by name."""
    rows = (
        Run.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])
        .values("queue")
        .annotate(
            queued=Count("pk", filter=Q(status=RunStatus.QUEUED)),
            running=Count("pk", filter=Q(status=RunStatus.RUNNING)),
            oldest=Min("queued_at", filter=Q(status=RunStatus.QUEUED)),
        )
        .order_by("queue")
    )
    return [
        QueueState(row["queue"], row["queued"], row["running"], row["oldest"])
        for row in rows
    ]


def lane_states() -> QuerySet[Lane]:
    """Return the lanes in which most waits, with what is `queued` and `running`."""
    return (
        Lane.objects.filter(runs__status__in=LIVE)
        .annotate(
            queued=Count("runs", filter=Q(runs__status=RunStatus.QUEUED)),
            running=Count("runs", filter=Q(runs__status=RunStatus.RUNNING)),
        )
        .order_by("-queued", "name")[:MOST_LANES]
    )


def run_counts() -> list[tuple[str, int]]:
    """Return how many runs there are in each state, as people call it."""
    counted = dict(Run.objects.values_list("status").annotate(Count("pk")))
    return [(str(status.label), counted.get(status, 0)) for status in RunStatus]


def failures(*, since: datetime) -> list[Failures]:
    """Return what runs failed of since then, the most frequent cause first.

    Cost: one query, of what failed since then.
    """
    failed = Run.objects.filter(status=RunStatus.FAILED, finished_at__gte=since)
    rows = failed.values("failure_code").annotate(
        count=Count("pk"), last=Max("finished_at")
    )
    return [
        Failures(row["failure_code"], row["count"], row["last"])
        for row in rows.order_by("-count", "failure_code")[:MOST_CAUSES]
    ]


def live_workers(*, now: datetime) -> QuerySet[WorkerReport]:
    """Return the reports of workers that were seen in the last two minutes."""
    seen_since = now - WORKER_SILENT_AFTER
    return WorkerReport.objects.filter(seen_at__gte=seen_since).order_by("hostname")


def has_worker_of(queue: str, *, now: datetime) -> bool:
    """Whether a live worker takes the runs of a queue.

    Cost: one query.
    """
    return live_workers(now=now).filter(queues__contains=[queue]).exists()


def larger_tier(*, now: datetime) -> str:
    """Return the version of AutoGluon of a live worker of its queue, empty if none is.

    Cost: one query.
    """
    workers = live_workers(now=now).filter(queues__contains=[LARGE])
    told = (
        one for offers in workers.values_list("offers", flat=True) for one in offers
    )
    return next(
        (
            one.removeprefix(f"{LARGER} ")
            for one in told
            if one.startswith(f"{LARGER} ")
        ),
        "",
    )


def _lately(queue: str) -> ArraySubquery:
    """Return the lanes and seconds of the runs that ended last, as a part of a query."""
    seconds = Extract(F("finished_at") - F("started_at"), "epoch")
    ended = Run.objects.filter(queue=queue, status=RunStatus.SUCCEEDED)
    told = ended.order_by("-finished_at").values(
        told=JSONObject(lane="lane", seconds=seconds)
    )
    return ArraySubquery(told[:RECENT_RUNS])


def _usual_times(lately: Sequence[Mapping[str, Any]]) -> dict[str, timedelta]:
    """Return what runs took lately, by lane; under "" the mean of the whole queue."""
    took = defaultdict(list)
    for each in lately:
        took[each["lane"]].append(timedelta(seconds=each["seconds"]))
    means = {lane: sum(each, timedelta()) / len(each) for lane, each in took.items()}
    whole = [one for each in took.values() for one in each]
    if whole:
        means[""] = sum(whole, timedelta()) / len(whole)
    return means


def _hands(queue: str, now: datetime) -> Subquery:
    """Return how many runs the workers of a queue do at once, as a part of a query."""
    workers = live_workers(now=now).filter(queues__contains=[queue]).order_by()
    counted = Func("concurrency", function="SUM", output_field=IntegerField())
    return Subquery(workers.annotate(n=counted).values("n"))


def ended_since(since: datetime, *, queues: Collection[str]) -> dict[str, int]:
    """Count the runs that succeeded and failed since then.

    Args:
        since: when to begin.
        queues: of all queues, by which there is an index.

    Cost: one query, of what ended since then.
    """
    late = Run.objects.filter(finished_at__gte=since).order_by()
    done = late.filter(status=RunStatus.SUCCEEDED, queue__in=queues)
    failed = late.filter(status=RunStatus.FAILED)
    counted = done.values("status").annotate(count=Count("pk"))
    counted = counted.union(
        failed.values("status").annotate(count=Count("pk")), all=True
    )
    return {row["status"]: row["count"] for row in counted}


def workers_of_late(*, now: datetime) -> QuerySet[WorkerReport]:
    """Return the reports of workers that lived within a day, silent ones too."""
    since = now - FORGOTTEN_AFTER
    return WorkerReport.objects.filter(seen_at__gte=since).order_by("hostname")


def months_of_use(user: User | AnonymousUser) -> QuerySet[MonthOfUse]:
    """Return what the namespaces used that `user` owns: their own, and organisations'.

    With their names; in no order.
    """
    owned = namespaces_of(user, Role.OWNER)
    return MonthOfUse.objects.filter(namespace__in=owned).select_related("namespace")
