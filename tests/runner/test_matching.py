import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.jobs import SubmissionFailed
from training.runner.matching import Submitted, aligned, checked_values, places_of


def submitted(ids, values=None):
    count = len(ids)
    table = np.arange(count, dtype=float)[:, None] if values is None else values
    return Submitted(np.asarray(ids), np.asarray(table), np.arange(count) + 2)


def failure_of(call, *arguments, **named):
    with pytest.raises(SubmissionFailed) as failed:
        call(*arguments, **named)
    return failed.value


def test_rows_may_come_in_any_order():
    values = aligned(submitted([30, 10, 20]), np.array([10, 20, 30]))

    assert values.ravel().tolist() == [1.0, 2.0, 0.0]


unique = st.one_of(
    st.lists(st.integers(-50, 50), min_size=1, unique=True),
    st.lists(st.integers(-(2**62), 2**62), min_size=1, unique=True),
    st.lists(
        st.binary(min_size=1, max_size=5),
        min_size=1,
        unique_by=lambda b: b.rstrip(b"\0"),
    ),
)


@given(unique, st.randoms(use_true_random=False), st.booleans())
def test_places_are_those_of_a_dictionary(truth, random, is_in_order):
    asked = list(truth)
    if not is_in_order:
        random.shuffle(asked)
        asked = [*asked[: len(asked) // 2], asked[0]]
    kind = np.bytes_ if isinstance(truth[0], bytes) else np.int64
    strange = np.array([truth[0]] * 2, dtype=kind)

    found = places_of(np.array(asked, dtype=kind), np.array(truth, dtype=kind))

    clean = [one.rstrip(b"\0") if isinstance(one, bytes) else one for one in truth]
    wanted = [one.rstrip(b"\0") if isinstance(one, bytes) else one for one in asked]
    assert found.tolist() == [clean.index(one) for one in wanted]
    assert places_of(strange, np.array(truth, dtype=kind)).tolist() == [0, 0]


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_far_ids_are_unknown(one, other):
    found = places_of(np.array([one]), np.array([other]))

    assert found.tolist() == [0 if one == other else -1]


def test_unknown_ids_are_told_first_with_their_rows():
    failed = failure_of(aligned, submitted([1, 99, 2, 98, 2]), np.array([1, 2, 3]))

    assert failed.code == "unknown_ids"
    assert [(row.row, row.id) for row in failed.rows] == [(3, "99"), (5, "98")]
    assert failed.row_count == 2
    assert "2 unknown, 1 repeated and 1 missing ids among 3" in failed.message


def test_repeated_ids_name_the_later_rows():
    failed = failure_of(aligned, submitted([2, 1, 2, 3, 2]), np.array([1, 2, 3]))

    assert failed.code == "repeated_ids"
    assert [row.row for row in failed.rows] == [4, 6]


def test_missing_ids_have_no_row():
    failed = failure_of(
        aligned, submitted(np.array([b"b"])), np.array([b"a", b"b", "ü".encode()])
    )

    assert failed.code == "missing_ids"
    assert [(row.row, row.id) for row in failed.rows] == [(0, "a"), (0, "ü")]


def test_ten_of_many_are_listed():
    failed = failure_of(aligned, submitted(np.arange(100, 150)), np.arange(50))

    assert len(failed.rows) == 10
    assert failed.row_count == 50
    assert "and 40 more" in failed.message


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ([np.nan, 1.0], "not_finite"),
        ([np.inf, 0.0], "not_finite"),
        ([-0.1, 1.1], "out_of_range"),
        ([0.5, 0.6], "not_a_distribution"),
        ([0.0, 0.0], "not_a_distribution"),
    ],
)
def test_rows_that_are_no_distribution(row, code):
    values = np.array([[0.5, 0.5], row, [1.0, 0.0]])

    failed = failure_of(checked_values, submitted([7, 8, 9], values), "probabilities")

    assert failed.code == code
    assert [(one.row, one.id) for one in failed.rows] == [(3, "8")]


def test_rounded_rows_are_scaled():
    values = np.array([[0.3333, 0.3333, 0.3333]])

    found = checked_values(submitted([1], values), "probabilities")

    assert found.values.sum() == pytest.approx(1.0, abs=1e-15)


def test_values_of_a_regression_may_be_anything_finite():
    found = checked_values(submitted([1], np.array([[-1e9]])), "values")

    assert found.values.tolist() == [[-1e9]]
