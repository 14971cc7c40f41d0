from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.accounts import NOON
from training.contests.ranking import Entry, Place, places


def entry(number, merit, *, half=0.0, minutes=0, is_baseline=False):
    reached_at = NOON + timedelta(minutes=minutes)
    return Entry(number, merit, merit - half, merit + half, reached_at, is_baseline)


def test_more_merit_stands_higher():
    board = places([entry(1, 0.7), entry(2, 0.9), entry(3, 0.8)])

    assert [board[n].place for n in (2, 3, 1)] == [1, 2, 3]
    assert board[2] == Place(1, 1, 1, 1)


def test_equal_merit_shares_a_rank_and_the_earlier_stands_first():
    board = places(
        [entry(1, 0.9), entry(2, 0.8, minutes=5), entry(3, 0.8), entry(4, 0)]
    )

    assert [board[n].rank for n in (1, 3, 2, 4)] == [1, 2, 2, 4]
    assert (board[3].place, board[2].place) == (2, 3)


def test_overlapping_intervals_cannot_be_told_apart():
    board = places(
        [
            entry(1, 0.90, half=0.02),
            entry(2, 0.89, half=0.02),
            entry(3, 0.80, half=0.01),
        ]
    )

    assert [(board[n].rank_low, board[n].rank_high) for n in (1, 2, 3)] == [
        (1, 2),
        (1, 2),
        (3, 3),
    ]


def test_baselines_have_a_place_and_take_no_rank():
    board = places([entry(1, 0.9), entry(2, 0.95, is_baseline=True), entry(3, 0.8)])

    assert board[2] == Place(1, None, None, None)
    assert (board[1].place, board[1].rank, board[3].rank) == (2, 1, 2)


def test_an_empty_board_has_no_places():
    assert places([]) == {}


@given(
    st.lists(
        st.tuples(
            st.floats(-1, 1), st.floats(0, 0.5), st.integers(0, 3), st.booleans()
        ),
        max_size=12,
    )
)
def test_ranks_agree_with_their_definition(rows):
    entries = [
        entry(number, merit, half=half, minutes=minutes, is_baseline=baseline)
        for number, (merit, half, minutes, baseline) in enumerate(rows)
    ]
    ranked = [each for each in entries if not each.is_baseline]

    board = places(entries)

    assert sorted(p.place for p in board.values()) == [*range(1, len(rows) + 1)]
    for each in ranked:
        place = board[each.entrant_id]
        assert place.rank == 1 + sum(o.merit > each.merit for o in ranked)
        assert place.rank_low == 1 + sum(o.low > each.high for o in ranked)
        below = sum(o.high < each.low for o in ranked)
        assert place.rank_high == len(ranked) - below
        assert place.rank_low <= place.rank <= place.rank_high


@pytest.mark.parametrize("count", [10_000])
def test_ten_thousand_entrants_are_placed(count):
    board = places([entry(n, n / count, half=0.01) for n in range(count)])

    assert board[count - 1].place == 1
    assert board[0].rank == count
