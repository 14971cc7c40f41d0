"""What was used, added to its day: by runs, by what is stored, by what was sent."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from marketplace.accounts.models import Namespace
from marketplace.metering.calendar import day_of
from marketplace.metering.models import (
    DayOfUse,
    Meter,
    Reservation,
    StorageReading,
    Transfer,
)

AT_ONCE = 5000
# What was stored since it was last looked at, to the end of the day it was looked at or
# until now; the next pass goes on from there.
ACCRUE = """
WITH stored AS (
    SELECT namespace_id, size_bytes, read_at,
        least(%(at)s, (date_trunc('day', read_at AT TIME ZONE 'UTC')
            + interval '1 day') AT TIME ZONE 'UTC') AS ends
    FROM metering_storagereading
    WHERE read_at < %(at)s AND (%(every)s OR namespace_id = ANY(%(namespaces)s))
    ORDER BY namespace_id FOR UPDATE
), added AS (
    INSERT INTO metering_dayofuse
        (namespace_id, day, meter, amount, priced, charged_minor, uncovered_minor)
    SELECT namespace_id, (read_at AT TIME ZONE 'UTC')::date, 'STORAGE',
        round(size_bytes * extract(epoch FROM ends - read_at)),
        round(size_bytes * extract(epoch FROM ends - read_at)), 0, 0
    FROM stored WHERE size_bytes > 0
    ON CONFLICT (namespace_id, day, meter) DO UPDATE SET
        amount = metering_dayofuse.amount + excluded.amount,
        priced = metering_dayofuse.priced + excluded.priced
    WHERE metering_dayofuse.charged_at IS NULL
)
UPDATE metering_storagereading AS reading SET read_at = stored.ends
FROM stored WHERE reading.namespace_id = stored.namespace_id
"""


@dataclass(frozen=True, slots=True)
class RunUse:
    """What one run took, on account of whom, and when it ended."""

    run_id: uuid.UUID
    namespace_id: int
    cpu_ms: int
    gpu_ms: int
    ended_at: datetime


def record_runs(uses: Collection[RunUse], *, ended: Collection[uuid.UUID]) -> None:
    """Add what runs took to their days, and let go of what was set aside for them.

    Call it in the transaction that marks them counted. Of a run only what was set aside
    for it may cost something: one that took more, or was queued while nothing was charged,
    costs no more than that.

    Args:
        uses: what each took of the site's own machines.
        ended: those, and runs that took nothing of them.

    Cost: two queries, and two for each meter of a day of a namespace among them.
    """
    held = Reservation.objects.filter(run_id__in=ended)
    set_aside = {each.run_id: each for each in held.select_for_update()}
    days: dict[tuple[int, date, Meter], list[int]] = defaultdict(lambda: [0, 0])
    for use in uses:
        aside = set_aside.get(use.run_id)
        namespace_id = aside.namespace_id if aside else use.namespace_id
        for meter, took, most in (
            (Meter.CPU, use.cpu_ms, aside.cpu_ms if aside else 0),
            (Meter.GPU, use.gpu_ms, aside.gpu_ms if aside else 0),
        ):
            amounts = days[namespace_id, day_of(use.ended_at), meter]
            amounts[0] += took
            amounts[1] += min(took, most)
    for (namespace_id, day, meter), (amount, priced) in sorted(days.items()):
        _add(namespace_id, day, meter, amount=amount, priced=priced)
    held.delete()


def record_sent(namespace: Namespace, *, size_bytes: int, at: datetime) -> None:
    """Note that bytes were sent on account of a namespace. Cost: one query, or none."""
    if size_bytes > 0:
        Transfer.objects.create(namespace=namespace, size_bytes=size_bytes, at=at)


def sum_sent() -> int:
    """Add what was sent to its days; return how many times something was.

    Any number may do so at once, and be killed at any point.
    """
    total = 0
    while count := _sum_some():
        total += count
    return total


@transaction.atomic
def _sum_some() -> int:
    waiting = Transfer.objects.select_for_update(skip_locked=True).order_by("pk")
    rows = list(waiting[:AT_ONCE])
    days: dict[tuple[int, date], int] = defaultdict(int)
    for row in rows:
        days[row.namespace_id, day_of(row.at)] += row.size_bytes
    for (namespace_id, day), sent in sorted(days.items()):
        _add(namespace_id, day, Meter.TRANSFER, amount=sent, priced=sent)
    Transfer.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


@transaction.atomic
def read_storage(sizes: Mapping[int, int], *, at: datetime) -> None:
    """Say what some namespaces store from now on; what they stored until now is added.

    Args:
        sizes: bytes by the id of the namespace.
        at: now.

    Cost: two queries, and one more for each midnight that passed since.
    """
    accrue_storage(at, namespaces=list(sizes))
    StorageReading.objects.bulk_create(
        (
            StorageReading(namespace_id=pk, size_bytes=size_bytes, read_at=at)
            for pk, size_bytes in sorted(sizes.items())
        ),
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["namespace"],
        update_fields=["size_bytes", "read_at"],
    )


def accrue_storage(at: datetime, *, namespaces: list[int] | None = None) -> None:
    """Add what was stored until now to its days, of all namespaces or of some."""
    said: dict[str, Any] = {
        "at": at.astimezone(UTC),
        "every": namespaces is None,
        "namespaces": namespaces or [],
    }
    with connection.cursor() as cursor:
        while True:
            cursor.execute(ACCRUE, said)
            if not cursor.rowcount:
                return


def _add(
    namespace_id: int, day: date, meter: Meter, *, amount: int, priced: int
) -> None:
    """Add to a day; what comes after it was charged is of the next that was not."""
    while amount:
        place: dict[str, Any] = {
            "namespace_id": namespace_id,
            "day": day,
            "meter": meter,
        }
        DayOfUse.objects.bulk_create([DayOfUse(**place)], ignore_conflicts=True)
        is_open = DayOfUse.objects.filter(**place, charged_at=None)
        if is_open.update(
            amount=F("amount") + Decimal(amount), priced=F("priced") + Decimal(priced)
        ):
            return
        day += timedelta(days=1)
