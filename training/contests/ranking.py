"""Who stands where: an order, and the ranks each cannot be told apart from. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One entrant's best: more `merit` is better, `low` and `high` bound it."""

    entrant_id: int
    merit: float
    low: float
    high: float
    reached_at: datetime
    is_baseline: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the board, 1 first; baselines have a place and no rank."""

    place: int
    rank: int | None
    rank_low: int | None
    rank_high: int | None


def places(entries: Iterable[Entry]) -> dict[int, Place]:
    """Order the entries by merit, the earlier first where merit is equal.

    Equal merit shares a rank (1, 2, 2, 4). The best rank an entrant may truly have is
    one more than the entrants whose whole interval lies above its own; the worst leaves
    out those whose whole interval lies below.

    Cost: O(n log n).
    """
    ordered = sorted(entries, key=lambda e: (-e.merit, e.reached_at, e.entrant_id))
    ranked = [entry for entry in ordered if not entry.is_baseline]
    merits = sorted(entry.merit for entry in ranked)
    lows = sorted(entry.low for entry in ranked)
    highs = sorted(entry.high for entry in ranked)

    def place(number: int, entry: Entry) -> Place:
        if entry.is_baseline:
            return Place(number, None, None, None)
        return Place(
            place=number,
            rank=1 + len(ranked) - bisect_right(merits, entry.merit),
            rank_low=1 + len(ranked) - bisect_right(lows, entry.high),
            rank_high=len(ranked) - bisect_left(highs, entry.low),
        )

    return {
        entry.entrant_id: place(number, entry)
        for number, entry in enumerate(ordered, start=1)
    }
