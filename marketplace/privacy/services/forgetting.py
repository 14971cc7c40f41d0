"""Forgetting what is over its time, by the table that people can read."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Model, QuerySet

from marketplace.kit.personal import Lasts
from marketplace.privacy.rooms import limits

BATCH = 1000
BATCHES = 100  # of one row of the table in one run; the next run goes on
log = structlog.get_logger(__name__)


def forget_overdue(*, at: datetime) -> int:
    """Delete or empty whatever is over its time; return how many rows that were.

    It may be killed at any point, and run beside itself.

    Cost: one query for each row of the table, and two for each thousand overdue.
    """
    total = 0
    for lasts in limits():
        count = _forget(lasts, at=at)
        if count:
            table = lasts.model._meta.label  # noqa: SLF001  documented
            log.info("forgotten", table=table, rows=count, after=lasts.said)
        total += count
    return total


def count_overdue(*, at: datetime) -> list[tuple[Lasts, int]]:
    """Return how many rows of each limit are over their time; changes nothing."""
    return [(lasts, lasts.overdue(at=at).count()) for lasts in limits()]


def _forget(lasts: Lasts, *, at: datetime) -> int:
    count = 0
    for _ in range(BATCHES):
        keys = list(
            lasts.overdue(at=at).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        if keys:
            _take_out(lasts, keys)
        count += len(keys)
        if len(keys) < BATCH:
            break
    return count


@transaction.atomic
def _take_out(lasts: Lasts, keys: list[object]) -> None:
    rows = QuerySet[Model](lasts.model).filter(pk__in=keys)
    if lasts.emptied:
        rows.update(**lasts.emptied)
    else:
        rows.delete()
