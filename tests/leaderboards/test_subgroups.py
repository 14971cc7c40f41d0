"""The worst subgroup and the gap: what they say, and how often their intervals hold."""

import numpy as np
import pytest

from training.leaderboards.columns import Number
from training.leaderboards.subgroups import gap_of, worst_of
from training.metrics.estimate import share_of

GENERATOR = np.random.default_rng(11)


def told(shares, rows):
    found = [share_of(int(hits), rows) for hits in GENERATOR.binomial(rows, shares)]
    return [Number(each.value, each.low, each.high) for each in found]


def test_the_worst_is_by_which_end_is_good_and_the_gap_is_between_the_ends():
    values = [Number(0.9, 0.85, 0.95), Number(0.6, 0.5, 0.7), Number(0.8, 0.75, 0.85)]

    worst = worst_of(values, is_greater_better=True)
    assert worst.value == 0.6
    assert worst.low < 0.5  # wider, since it holds for all of them
    assert worst.high > 0.7
    assert worst_of(values, is_greater_better=False).value == 0.9
    gap = gap_of(values)
    assert gap.value == pytest.approx(0.3)
    assert 0.1 < gap.low < 0.3 - (0.1**2 + 0.05**2) ** 0.5
    assert gap_of(values[:1]) is None
    assert worst_of([], is_greater_better=True) is None
    same = [Number(0.5, 0.5, 0.5)] * 2
    assert gap_of(same) == Number(0.0, 0.0, 0.0)


@pytest.mark.parametrize("shares", [[0.8] * 8, [0.95, 0.9, 0.7], [0.6, 0.9]])
def test_intervals_hold_in_95_of_100_even_where_all_groups_are_alike(shares):
    within_gap, within_worst, rounds = 0, 0, 400
    for _ in range(rounds):
        values = told(shares, 60)
        gap, worst = gap_of(values), worst_of(values, is_greater_better=True)
        within_gap += gap.low <= max(shares) - min(shares) <= gap.high
        within_worst += worst.low <= min(shares) <= worst.high

    assert within_gap / rounds >= 0.95
    assert within_worst / rounds >= 0.94
