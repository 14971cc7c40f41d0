from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from licensing.price_history import (
    lowest_between,
    price_after,
    price_at,
    reduction_at,
)
from tests.factories.licensing import DAY, NOON


@dataclass(frozen=True)
class Row:
    number: int
    valid_from: datetime
    minor: int
    currency: str = "EUR"
    kind: str = "FIXED"
    period: str = ""


def history(*said):
    """Rows from (day, minor), in the order they were written."""
    return [
        Row(number, NOON + day * DAY, minor)
        for number, (day, minor) in enumerate(said, start=1)
    ]


def reduction(rows, *, day, offered_from=NOON):
    return reduction_at(rows, at=NOON + day * DAY, offered_from=offered_from)


WRITTEN = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 5), st.integers(0, 30)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200)
@given(written=WRITTEN, at=st.integers(0, 100), data=st.data())
def test_invariant_13_the_price_at_a_moment_is_a_function_of_the_history_alone(
    written, at, data
):
    """Rows are written one after the other, each for its own moment or a later one."""
    rows, clock = [], 0
    for number, (waited, ahead, minor) in enumerate(written, start=1):
        clock += waited
        rows.append(Row(number, NOON + (clock + ahead) * DAY, minor))
    moment = NOON + at * DAY
    shuffled = data.draw(st.permutations(rows))
    holds = None
    for row in sorted(rows, key=lambda row: (row.valid_from, row.number)):
        holds = row if row.valid_from <= moment else holds

    assert price_at(shuffled, moment) == holds
    later = Row(len(rows) + 1, moment + timedelta(microseconds=1), 99)
    assert price_at([*shuffled, later], moment) == holds


def test_the_next_price_is_the_one_that_holds_soonest():
    rows = history((0, 500), (20, 900), (10, 0), (10, 700))

    assert price_after(rows, NOON).minor == 700
    assert price_after(rows, NOON + 10 * DAY).minor == 900
    assert price_after(rows, NOON + 20 * DAY) is None


def test_a_reduction_is_told_with_the_lowest_price_of_the_thirty_days_before():
    rows = history((0, 2000), (40, 1800), (45, 2500), (60, 1500))

    told = reduction(rows, day=61)
    assert (told.price.minor, told.lowest_before.minor) == (1500, 1800)
    assert reduction(rows, day=50) is None  # it went up
    assert reduction(rows, day=41).lowest_before.minor == 2000
    assert reduction(rows, day=90) is not None
    assert reduction(rows, day=91) is None  # by then it is the price


def test_a_price_counts_while_it_could_be_paid_and_in_its_own_currency():
    replaced = history((0, 100), (0, 2000), (10, 1500))
    assert reduction(replaced, day=10).lowest_before.minor == 2000
    drafted = history((-5, 100), (0, 2000), (10, 1500))
    assert reduction(drafted, day=10).lowest_before.minor == 2000
    freed = history((0, 0), (5, 2000), (10, 1500))
    assert reduction(freed, day=10).lowest_before.minor == 0
    dollars = [*history((0, 2000)), Row(2, NOON + DAY, 1500, "USD")]
    assert reduction(dollars, day=2) is None
    monthly = [*history((0, 2000)), Row(2, NOON + DAY, 5, "EUR", "RECURRING", "MONTH")]
    assert reduction(monthly, day=2) is None


def test_the_lowest_of_a_time_looks_at_what_held_in_it_and_not_only_began():
    rows = history((0, 300), (50, 400))

    def lowest(start, end):
        return lowest_between(
            rows, start=NOON + start * DAY, end=NOON + end * DAY, like=rows[-1]
        )

    assert lowest(40, 60).minor == 300
    assert lowest(50, 60).minor == 400
    assert lowest(-5, 0) is None
