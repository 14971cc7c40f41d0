import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.leaderboards.ranks import Entry, standings, wins_by_losses

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def entry(key, value, half=0.01, minutes=0):
    return Entry(
        key,
        value,
        None if value is None else value - half,
        None if value is None else value + half,
        NOON + timedelta(minutes=minutes),
    )


def test_those_apart_are_ranked_and_those_together_share_a_rank():
    board = [
        entry("late and best", 0.90, minutes=9),
        entry("early and as good", 0.895, minutes=1),
        entry("third", 0.80),
        entry("last", 0.70),
    ]

    found = standings(board, is_greater_better=True)

    assert [(one.key, one.rank, one.tier) for one in found] == [
        ("early and as good", 1, 1),
        ("late and best", 1, 1),
        ("third", 3, 2),
        ("last", 4, 3),
    ]
    assert [(one.rank_low, one.rank_high) for one in found] == [
        (1, 2),
        (1, 2),
        (3, 3),
        (4, 4),
    ]


def test_smaller_may_be_better():
    board = [entry("worse", 2.0), entry("better", 1.0)]

    found = standings(board, is_greater_better=False)

    assert [one.key for one in found] == ["better", "worse"]


def test_a_chain_of_neighbours_is_not_one_tier():
    board = [
        entry(str(step), step / 100, half=0.006, minutes=-step) for step in range(5)
    ]

    found = standings(board, is_greater_better=True)

    assert [(one.key, one.rank) for one in found] == [
        ("4", 1),
        ("3", 1),
        ("2", 3),
        ("1", 3),
        ("0", 5),
    ]


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_what_has_no_score_has_no_rank(missing):
    board = [entry("scored", 0.5), entry("unscored", missing)]

    found = standings(board, is_greater_better=True)

    assert [one.key for one in found] == ["scored"]
    assert found[0].rank_high == 1


def test_an_empty_board_has_no_ranks():
    assert standings([], is_greater_better=True) == []


entries = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(0, 1)), st.floats(0, 0.2), st.integers(0, 3)
    ),
    max_size=12,
)


@given(entries, st.booleans())
def test_ranks_agree_with_themselves(drawn, is_greater_better):
    board = [
        entry(str(place), value, half, minutes)
        for place, (value, half, minutes) in enumerate(drawn)
    ]

    found = standings(board, is_greater_better=is_greater_better)

    scored = {one.key for one in board if one.value is not None}
    assert {one.key for one in found} == scored
    reached = {one.key: one.reached_at for one in board}
    for one, following in pairwise(found):
        if one.tier == following.tier:
            assert one.rank == following.rank
            assert reached[one.key] <= reached[following.key]
        else:
            assert following.tier == one.tier + 1
            assert following.rank == 1 + sum(x.tier <= one.tier for x in found)
    for one in found:
        assert 1 <= one.rank_low <= one.rank_high <= len(found)


def test_pairing_tells_apart_what_intervals_cannot():
    generator = np.random.default_rng(0)
    hard = generator.normal(size=2000)
    better, worse = hard + 0.0, hard + 0.05 + generator.normal(size=2000) * 0.1
    board = [
        entry("worse", worse.mean(), half=0.05),
        entry("better", better.mean(), half=0.05),
    ]
    losses = np.array([worse, better])

    apart = standings(board, is_greater_better=False, losses=losses)
    together = standings(board, is_greater_better=False)

    assert [(one.key, one.rank) for one in apart] == [("better", 1), ("worse", 2)]
    assert {one.rank for one in together} == {1}


def test_a_copy_is_tied_with_its_original_for_ever():
    losses = np.random.default_rng(1).random((1, 100)).repeat(2, axis=0)

    assert not wins_by_losses(losses).any()


def test_losses_follow_entries_when_some_are_left_out():
    board = [entry("none", None), entry("bad", 0.9), entry("good", 0.1)]
    losses = np.array([[5.0] * 50, [0.9, 1.1] * 25, [0.1, 0.2] * 25])

    found = standings(board, is_greater_better=False, losses=losses)

    assert [(one.key, one.rank) for one in found] == [("good", 1), ("bad", 2)]


def test_a_board_of_equals_shows_a_false_difference_once_in_twenty():
    simulations, false = 200, 0
    for seed in range(simulations):
        generator = np.random.default_rng(seed)
        shared = generator.normal(size=500)
        losses = shared + generator.normal(size=(10, 500))
        false += wins_by_losses(losses).any()

    assert 1 - false / simulations >= 0.91
    assert false > 0  # a test that never errs has no power either


def test_real_gaps_are_seen_and_true_ranks_lie_within():
    within = 0
    for seed in range(50):
        generator = np.random.default_rng(seed)
        levels = np.linspace(0, 0.6, 7)
        losses = levels[:, None] + generator.normal(size=(7, 1000))
        board = [entry(str(one), losses[one].mean()) for one in range(7)]
        found = standings(board, is_greater_better=False, losses=losses)
        place = {one.key: one for one in found}
        within += all(
            place[str(one)].rank_low <= one + 1 <= place[str(one)].rank_high
            for one in range(7)
        )
        assert place["0"].rank_high < place["6"].rank_low

    assert within / 50 >= 0.93


def test_a_large_board_takes_a_bound_and_not_a_simulation():
    generator = np.random.default_rng(2)
    losses = generator.normal(size=(300, 200))
    losses[0] -= 3

    wins = wins_by_losses(losses)

    assert wins[0].sum() == 299
    assert wins[1:].sum() < 5
