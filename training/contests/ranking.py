"""Who stands where: an order, and the ranks each cannot be told apart from. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from training.leaderboards.columns import Scheme


@dataclass(frozen=True, slots=True)
class Merit:
    """A number turned so that more is better, and its bounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One entrant's best: more `merit` is better, `low` and `high` bound it.

    `columns` are those that rank, where a board ranks by several; None is no number,
    which is behind all numbers.
    """

    entrant_id: int
    merit: float
    low: float
    high: float
    reached_at: datetime
    is_baseline: bool
    columns: tuple[Merit | None, ...] = ()

    @property
    def order(self) -> tuple[float, ...]:
        """What ranks, the first first."""
        rest = (-math.inf if each is None else each.value for each in self.columns[1:])
        return (self.merit, *rest)


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the board, 1 first; baselines have a place and no rank.

    `mean_rank` is that in the columns that rank, where a board ranks by it.
    """

    place: int
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    mean_rank: float | None = None


def places(
    entries: Iterable[Entry], *, scheme: Scheme = Scheme.SCORE
) -> dict[int, Place]:
    """Order the entries by merit, the earlier first where merit is equal.

    Equal merit shares a rank (1, 2, 2, 4). The best rank an entrant may truly have is
    one more than the entrants whose whole interval lies above its own; the worst leaves
    out those whose whole interval lies below. Where columns rank one after the other,
    intervals are those of the first. A mean of ranks lies between the mean of the best
    that each may truly be and of the worst.

    Cost: O(n log n) for each column that ranks.
    """
    given = list(entries)
    if scheme is Scheme.MEAN_RANK:
        given = _by_mean_rank(given)
    ordered = sorted(
        given, key=lambda e: (tuple(-x for x in e.order), e.reached_at, e.entrant_id)
    )
    ranked = [entry for entry in ordered if not entry.is_baseline]
    merits = sorted(entry.order for entry in ranked)
    lows = sorted(entry.low for entry in ranked)
    highs = sorted(entry.high for entry in ranked)

    def place(number: int, entry: Entry) -> Place:
        mean = -entry.merit if scheme is Scheme.MEAN_RANK else None
        if entry.is_baseline:
            return Place(number, None, None, None, mean)
        rank = 1 + len(ranked) - bisect_right(merits, entry.order)
        return Place(
            place=number,
            rank=rank,
            rank_low=min(rank, 1 + len(ranked) - bisect_right(lows, entry.high)),
            rank_high=max(rank, len(ranked) - bisect_left(highs, entry.low)),
            mean_rank=mean,
        )

    return {
        entry.entrant_id: place(number, entry)
        for number, entry in enumerate(ordered, start=1)
    }


def _by_mean_rank(entries: Sequence[Entry]) -> list[Entry]:
    """Replace merits by mean ranks with their sign turned; smaller ranks are better."""
    width = max((len(entry.columns) for entry in entries), default=0)
    if not width:
        return list(entries)
    found = [_ranks_in(entries, column) for column in range(width)]
    return [
        replace(
            entry,
            merit=-sum(ranks[number][0] for ranks in found) / width,
            low=-sum(ranks[number][2] for ranks in found) / width,
            high=-sum(ranks[number][1] for ranks in found) / width,
            columns=(),
        )
        for number, entry in enumerate(entries)
    ]


def _ranks_in(
    entries: Sequence[Entry], column: int
) -> list[tuple[float, float, float]]:
    """Return each entry's rank in one column, and the best and worst it may truly be.

    A baseline takes the rank it would have, and nobody's.
    """
    ranked = [entry.columns[column] for entry in entries if not entry.is_baseline]
    told = [each for each in ranked if each is not None]
    values = sorted(each.value for each in told)
    lows = sorted(each.low for each in told)
    highs = sorted(each.high for each in told)
    without = len(ranked) - len(told)

    def rank(entry: Entry) -> tuple[float, float, float]:
        own, guest = entry.columns[column], entry.is_baseline
        if own is None:
            last = len(told) + (without + guest + 1) / 2
            return last, len(told) + 1.0, float(len(ranked) + guest)
        above = len(values) - bisect_right(values, own.value)
        equal = len(values) - above - bisect_left(values, own.value) + guest
        best = 1 + len(lows) - bisect_right(lows, own.high)
        worst = len(ranked) + guest - bisect_left(highs, own.low) - without
        mean = above + (equal + 1) / 2
        return mean, min(mean, best), max(mean, worst)

    return [rank(entry) for entry in entries]
