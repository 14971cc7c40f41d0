"""What can be asked of the queue: where a run stands, who works on what."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Min, Q, QuerySet, Sum

from training.runs.models import Run, RunStatus, WorkerReport

RECENT_RUNS = 50
USUAL_RUN = timedelta(seconds=20)
WORKER_SILENT_AFTER = timedelta(minutes=2)


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


def place_of(run: Run, *, now: datetime) -> Place | None:
    """Return where a queued run stands, None if it is not queued.

    The position counts the older runs of the queue, or of the run's own lane times the
    number of waiting lanes if that is less, since lanes take turns. The wait is what
    the last runs took, shared among the workers seen lately.
    """
    if run.status != RunStatus.QUEUED:
        return None
    older = Q(queued_at__lt=run.queued_at) | Q(queued_at=run.queued_at, pk__lt=run.pk)
    waiting = Run.objects.queued().filter(queue=run.queue)
    counted = waiting.aggregate(
        ahead=Count("pk", filter=older),
        ahead_in_lane=Count("pk", filter=older & Q(lane=run.lane)),
        lanes=Count("lane", distinct=True),
    )
    by_turns = (counted["ahead_in_lane"] + 1) * max(counted["lanes"], 1)
    position = min(counted["ahead"] + 1, by_turns)
    return Place(position, position * _usual_time(run.queue) / _hands(run.queue, now))


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


def run_counts() -> list[tuple[str, int]]:
    """Return how many runs there are in each state, as people call it."""
    counted = dict(Run.objects.values_list("status").annotate(Count("pk")))
    return [(status.label, counted.get(status, 0)) for status in RunStatus]


def live_workers(*, now: datetime) -> QuerySet[WorkerReport]:
    """Return the reports of workers that were seen in the last two minutes."""
    seen_since = now - WORKER_SILENT_AFTER
    return WorkerReport.objects.filter(seen_at__gte=seen_since).order_by("hostname")


def _usual_time(queue: str) -> timedelta:
    """Return what a run of this queue usually takes, by its last successes."""
    last = (
        Run.objects.filter(queue=queue, status=RunStatus.SUCCEEDED)
        .order_by("-finished_at")
        .values(took=F("finished_at") - F("started_at"))[:RECENT_RUNS]
    )
    took: timedelta | None = last.aggregate(mean=Avg("took"))["mean"]
    return took or USUAL_RUN


def _hands(queue: str, now: datetime) -> int:
    """Return how many runs the workers of this queue do at once, at least 1."""
    workers = live_workers(now=now).filter(queues__contains=[queue])
    return workers.aggregate(hands=Sum("concurrency"))["hands"] or 1
