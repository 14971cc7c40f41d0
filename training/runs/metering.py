"""What runs took of the site's machines, added to the month of whoever they were for.

A run counts for the namespace that keeps its lane, such as a contest's host, else for
that of its owner. It counts once, and anew if it is queued anew after that: it is marked
in the transaction that adds it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from marketplace.catalog.models import NamespaceUsage
from marketplace.metering.services import RunUse, read_storage, record_runs
from training.runs.models import OWN_WORKER, USED, MonthOfUse, Run

BATCH = 1000
GPU_QUEUES = frozenset({"gpu"})


def meter(now: datetime) -> int:
    """Count what has ended since, and what each namespace stores; return how many runs.

    Any number may do so at once, and be killed at any point.
    """
    total = 0
    while count := meter_some():
        total += count
    note_storage(now)
    return total


@transaction.atomic
def meter_some(*, limit: int = BATCH) -> int:
    """Count some runs that ended and were not counted; return how many.

    Cost: five queries, two for each month of a namespace among them, and those of
    `record_runs`.
    """
    ended = Run.objects.filter(is_metered=False, finished_at__isnull=False)
    locked = ended.order_by("finished_at", "pk").select_for_update(skip_locked=True)
    ids = list(locked.values_list("pk", flat=True)[:limit])
    used: dict[tuple[int, date], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(USED, 0)
    )
    uses = []
    for run in Run.objects.filter(pk__in=ids).values(
        *("pk", "queue", "worker", "usage", "started_at", "finished_at"),
        *("lane__namespace", "owner__namespace"),
    ):
        namespace = run["lane__namespace"] or run["owner__namespace"]
        if namespace is None or run["worker"].startswith(OWN_WORKER):
            continue
        month = used[namespace, month_of(run["finished_at"])]
        took = used_by(run)
        for name, amount in took.items():
            month[name] += amount
        uses.append(
            RunUse(
                run_id=run["pk"],
                namespace_id=namespace,
                cpu_ms=took["cpu_ms"],
                gpu_ms=took["gpu_ms"],
                ended_at=run["finished_at"],
            )
        )
    for (namespace, month_), amounts in sorted(used.items()):
        MonthOfUse.objects.get_or_create(namespace_id=namespace, month=month_)
        row = MonthOfUse.objects.filter(namespace=namespace, month=month_)
        row.update(**{name: F(name) + amount for name, amount in amounts.items()})
    record_runs(uses, ended=ids)
    Run.objects.filter(pk__in=ids).update(is_metered=True)
    return len(ids)


def used_by(run: Mapping[str, Any]) -> dict[str, int]:
    """Return what a run took, by `USED`: what its worker measured, else how long it had it.

    A graphics card is held for as long as the worker is.
    """
    wall_ms = 0
    if run["started_at"] is not None:
        held = run["finished_at"] - run["started_at"]
        wall_ms = max(round(held.total_seconds() * 1000), 0)
    told = run["usage"] or {}
    cpu_ms = round(told["cpu_seconds"] * 1000) if "cpu_seconds" in told else wall_ms
    has_gpu = run["queue"] in GPU_QUEUES or "cuda" in str(told.get("device", ""))
    return {
        "cpu_ms": max(cpu_ms, 0),
        "gpu_ms": wall_ms if has_gpu else 0,
        "wall_ms": wall_ms,
        "run_count": 1,
    }


def note_storage(now: datetime) -> None:
    """Keep what each namespace stores from now on, and the most of the month of `now`.

    Cost: four queries, and two more if some changed; only rows that change are written.
    """
    read = Coalesce(F("namespace__storage_reading__size_bytes"), 0)
    changed = NamespaceUsage.objects.alias(read=read).exclude(size_bytes=F("read"))
    if sizes := dict(changed.values_list("namespace", "size_bytes")):
        read_storage(sizes, at=now)
    month = month_of(now)
    holders = NamespaceUsage.objects.filter(size_bytes__gt=0)
    known = MonthOfUse.objects.filter(month=month)
    new = holders.exclude(namespace__in=known.values("namespace"))
    MonthOfUse.objects.bulk_create(
        (
            MonthOfUse(namespace_id=each, month=month)
            for each in new.values_list("namespace", flat=True)
        ),
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    size = holders.filter(namespace=OuterRef("namespace")).values("size_bytes")
    known.filter(stored_bytes__lt=Subquery(size)).update(stored_bytes=Subquery(size))


def month_of(at: datetime) -> date:
    """Return the first day of a moment's month, in UTC."""
    return at.astimezone(UTC).date().replace(day=1)
