"""How unlike a score is from one subgroup of the rows to another. Pure.

All intervals of one board's row hold at once, at 95 %: that of the worst is not that of
the group which happened to come out worst, and a gap that luck explains reaches down to 0.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations
from math import hypot
from statistics import NormalDist

from training.leaderboards.columns import Number

LEAST_ROWS = 30  # of a group that is told of; fewer rows tell too little
MOST_SUBGROUPS = 20
LONGEST_SUBGROUP = 100
LEVEL = 0.05
Z = 1.959963984540054  # of the normal distribution, two-sided 95 %


def worst_of(values: Sequence[Number], *, is_greater_better: bool) -> Number | None:
    """Return the worst value of the groups, with an interval of the worst true one.

    The intervals of the groups are widened until they hold all at once (C. E.
    Bonferroni's inequality); the worst true value then lies between the worst of their
    lower and the worst of their upper bounds.

    Args:
        values: one for each group, with its 95 % interval.
        is_greater_better: which end of the score is good.

    Returns:
        None without groups.
    """
    if not values:
        return None
    wider = _factor(len(values))
    lows = [each.value - wider * (each.value - each.low) for each in values]
    highs = [each.value + wider * (each.high - each.value) for each in values]
    worst = min if is_greater_better else max
    return Number(worst(each.value for each in values), worst(lows), worst(highs))


def gap_of(values: Sequence[Number]) -> Number | None:
    """Return the gap between the best and the worst group, with its 95 % interval.

    Bounds of each pair's difference are put together from those of its two ends (R. G.
    Newcombe, Statistics in Medicine 17, 1998, method 10), which the rows they share no
    part of allow, and widened until all pairs hold at once. The largest true difference
    then lies between the largest lower and the largest upper bound.

    Args:
        values: one for each group, with its 95 % interval.

    Returns:
        None for fewer than two groups.

    Cost: O(g²) for g groups.
    """
    if len(values) < 2:
        return None
    wider = _factor(len(values) * (len(values) - 1) // 2)
    lows, highs = [0.0], [0.0]
    for one, other in permutations(values, 2):
        lead = one.value - other.value
        lows.append(lead - wider * hypot(one.value - one.low, other.high - other.value))
        highs.append(
            lead + wider * hypot(one.high - one.value, other.value - other.low)
        )
    told = [each.value for each in values]
    return Number(max(told) - min(told), max(lows), max(highs))


@lru_cache
def _factor(count: int) -> float:
    """Return how much wider 95 % intervals are that hold `count` at once."""
    return -NormalDist().inv_cdf(LEVEL / (2 * count)) / Z
