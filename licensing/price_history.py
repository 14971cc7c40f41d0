"""What a price was at any moment, from rows that are only added. No queries.

A row holds from its moment on, until the next; of two of one moment, the later written.
The lowest price before a reduction is that of Directive 98/6/EC, Article 6a: the lowest
of at least the 30 days before the reduction applies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from licensing.models import PriceKind, PriceVersion

LOOKED_BACK = timedelta(days=30)
ANNOUNCED = timedelta(days=30)  # how long a price is shown as reduced


@dataclass(frozen=True, slots=True)
class Reduction:
    """A price that went down, and the lowest of the 30 days before it did."""

    price: PriceVersion
    lowest_before: PriceVersion


def price_at(history: Iterable[PriceVersion], at: datetime) -> PriceVersion | None:
    """Return what holds at a moment, None before the first."""
    held = [row for row in history if row.valid_from <= at]
    return max(held, key=_place, default=None)


def price_after(history: Iterable[PriceVersion], at: datetime) -> PriceVersion | None:
    """Return what holds next, None if nothing else is announced."""
    coming = [row for row in history if row.valid_from > at]
    if not coming:
        return None
    moment = min(row.valid_from for row in coming)
    return max((row for row in coming if row.valid_from == moment), key=_place)


def lowest_between(
    history: Iterable[PriceVersion],
    *,
    start: datetime,
    end: datetime,
    like: PriceVersion,
) -> PriceVersion | None:
    """Return the lowest price like another that held at some moment of [start, end).

    What was free is like every price; others are like those of their own currency, paid
    as they are: once, or for the same period, or as the buyer wants.
    """
    rows = sorted(history, key=_place)
    ends = [row.valid_from for row in rows[1:]] + [end]
    held = [
        row
        for row, until in zip(rows, ends, strict=True)
        if row.valid_from < min(until, end) and until > start and _is_alike(row, like)
    ]
    return min(held, key=lambda row: row.minor, default=None)


def reduction_at(
    history: Iterable[PriceVersion], *, at: datetime, offered_from: datetime
) -> Reduction | None:
    """Return the reduction to announce at a moment, if the price went down of late.

    Args:
        history: every row that held in the 60 days before `at`, in any order.
        at: the moment.
        offered_from: since when anyone could order; a price before that was none.
    """
    rows = list(history)
    now = price_at(rows, at)
    if now is None or at - now.valid_from > ANNOUNCED:
        return None
    earlier = [row for row in rows if row.valid_from < now.valid_from]
    before = price_at(earlier, now.valid_from)
    if before is None or now.valid_from <= offered_from:
        return None
    if not _is_alike(before, now) or before.minor <= now.minor:
        return None
    lowest = lowest_between(
        rows,
        start=max(now.valid_from - LOOKED_BACK, offered_from),
        end=now.valid_from,
        like=now,
    )
    return Reduction(now, lowest) if lowest is not None else None


def _is_alike(row: PriceVersion, other: PriceVersion) -> bool:
    return row.minor == 0 or _how(row) == _how(other)


def _how(row: PriceVersion) -> tuple[str, str, str]:
    is_once = row.kind in {PriceKind.FREE, PriceKind.FIXED}
    return (row.currency, "" if is_once else row.kind, row.period)


def _place(row: PriceVersion) -> tuple[datetime, int]:
    return (row.valid_from, row.number)
