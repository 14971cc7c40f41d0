"""The grammar against its own printing, and its answers against those of polars."""

import math
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.viewer.asking.columns import File, Table, columns_of
from marketplace.viewer.asking.filters import (
    Between,
    Compare,
    Every,
    Like,
    Missing,
    Name,
    Not,
    OneOf,
    Operator,
    Order,
    Pattern,
    Some,
    written,
    written_order,
)
from marketplace.viewer.asking.grammar import FilterMalformed, read_filter, read_order
from marketplace.viewer.asking.menus import OFFERED, Choice, How, condition_of
from marketplace.viewer.asking.rows import Question, matching_rows
from tests.factories.viewer import made
from tests.viewer.conftest import LIMITS, address

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
LITERALS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)


def trees(tests):
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(Every, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Some, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


ANY_TEST = st.one_of(
    st.builds(Compare, NAMES, st.sampled_from(Operator), LITERALS | NAMES.map(Name)),
    st.builds(Like, NAMES, st.sampled_from(Pattern), st.text(max_size=6).filter(
        lambda said: said.isprintable())),
    st.builds(OneOf, NAMES, st.lists(LITERALS, min_size=1, max_size=3).map(tuple)),
    st.builds(Between, NAMES, LITERALS, LITERALS),
    st.builds(Missing, NAMES),
)  # fmt: skip


@given(trees(ANY_TEST))
def test_what_is_written_reads_as_the_same_tree(tree):
    assert read_filter(written(tree)) == tree


@given(st.lists(st.builds(Order, NAMES, st.booleans()), min_size=1, max_size=4))
def test_an_order_reads_as_it_is_written(orders):
    assert read_order(written_order(tuple(orders))) == tuple(orders)


def test_words_may_be_of_any_case_and_names_bare():
    said = "Age>=3 and not NAME ilike 'a''%' Or x is NOT null and y not in (1, .5)"

    assert read_filter(said) == Some(
        (
            Every(
                (
                    Compare("Age", Operator.AT_LEAST, 3),
                    Not(Like("NAME", Pattern.ILIKE, "a'%")),
                )
            ),
            Every((Not(Missing("x")), Not(OneOf("y", (1, 0.5))))),
        )
    )
    assert read_order('a, "b c" desc nulls last') == (
        Order("a"),
        Order("b c", descends=True),
    )
    with pytest.raises(FilterMalformed, match="at character 7, “;”"):
        read_filter("id = 1;")


SMALL = """
    SELECT CASE WHEN i % 5 = 0 THEN NULL ELSE i % 7 - 3 END AS n,
           CASE WHEN i % 6 = 0 THEN NULL WHEN i % 11 = 0 THEN 'nan' ELSE i % 9 / 2 END
               ::DOUBLE AS f,
           CASE WHEN i % 4 = 0 THEN NULL ELSE ['', 'a', 'ab', 'b_%', 'Ba'][i % 5 + 1] END
               AS t,
           CASE WHEN i % 3 <> 0 THEN i % 2 = 0 END AS b,
           TIMESTAMP '2025-01-01' + to_days(CAST(i % 4 AS INTEGER)) AS m
    FROM range(120) AS t(i)
"""
VALUES = {
    "n": st.integers(-4, 4) | st.sampled_from([0.5, -1.0]),
    "f": st.sampled_from([0, 1, 0.5, 2.5, -1.0]),
    "t": st.sampled_from(["", "a", "ab", "b_%", "Ba", "%", "_"]),
    "b": st.booleans(),
    "m": st.sampled_from(["2025-01-01", "2025-01-02", "2025-01-02T12:00:00"]),
}
PATTERNS = st.text("ab_%B", max_size=4)
SENSIBLE = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.one_of(
        st.builds(Compare, st.just(name), st.sampled_from(Operator), VALUES[name]),
        st.builds(
            OneOf,
            st.just(name),
            st.lists(VALUES[name], min_size=1, max_size=3).map(tuple),
        ),
        st.builds(Between, st.just(name), VALUES[name], VALUES[name]),
        st.builds(Missing, st.just(name)),
    )
) | st.one_of(
    st.builds(
        Like,
        st.just("t"),
        st.sampled_from([each for each in Pattern if each is not Pattern.REGEXP]),
        PATTERNS,
    ),
    st.builds(Compare, st.just("n"), st.sampled_from(Operator), st.just(Name("f"))),
)  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    told = made(SMALL)
    path = tmp_path_factory.mktemp("small") / "small.parquet"
    path.write_bytes(told.files[0][0])
    return Table(columns_of(told.features), (File(path, 120),)), pl.read_parquet(path)


def value_of(column, said):
    if isinstance(said, Name):
        return pl.col(said.column)
    return pl.lit(datetime.fromisoformat(said)) if column == "m" else pl.lit(said)


def as_polars(tree):
    return AS_POLARS[type(tree)](tree)


def compared(column, name, said):
    return getattr(pl.col(column), name)(value_of(column, said))


CALLED = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
AS_POLARS = {
    Not: lambda tree: ~as_polars(tree.condition),
    Every: lambda tree: pl.all_horizontal(*map(as_polars, tree.conditions)),
    Some: lambda tree: pl.any_horizontal(*map(as_polars, tree.conditions)),
    Missing: lambda tree: pl.col(tree.column).is_null(),
    Compare: lambda tree: compared(tree.column, CALLED[tree.operator], tree.value),
    OneOf: lambda tree: pl.any_horizontal(
        *(compared(tree.column, "eq", each) for each in tree.values)
    ),
    Between: lambda tree: pl.all_horizontal(
        compared(tree.column, "ge", tree.low), compared(tree.column, "le", tree.high)
    ),
    Like: lambda tree: like(pl.col(tree.column), tree.pattern, tree.text),
}


def like(column, pattern, text):
    if pattern is Pattern.CONTAINS:
        return column.str.contains(text, literal=True)
    if pattern is Pattern.STARTS_WITH:
        return column.str.starts_with(text)
    if pattern is Pattern.ENDS_WITH:
        return column.str.ends_with(text)
    said = text.replace("%", ".*").replace("_", ".")
    flag = "(?i)" if pattern is Pattern.ILIKE else ""
    return column.str.contains(f"{flag}^{said}$")


@settings(max_examples=60)
@given(tree=trees(SENSIBLE))
def test_the_answer_is_that_of_polars(small, tree):
    table, frame = small

    page = matching_rows(
        table, Question(tree), offset=0, length=100, address=address, limits=LIMITS
    )

    wanted = frame.with_row_index().filter(as_polars(tree))["index"].to_list()
    assert page.total == len(wanted)
    assert [each.index for each in page.rows] == wanted[:100]


def test_sorting_is_that_of_polars(small):
    table, frame = small
    asked = Question(orders=(Order("t", descends=True), Order("f")))

    page = matching_rows(
        table, asked, offset=20, length=100, address=address, limits=LIMITS
    )

    wanted = frame.with_row_index().sort(
        "t", "f", descending=[True, False], nulls_last=True, maintain_order=True
    )
    assert [each.index for each in page.rows] == wanted["index"].to_list()[20:]
    assert math.isnan(frame["f"][11])


def test_menus_make_the_same_trees(table):
    said = [
        Choice("id", "at_least", "4"),
        Choice("weight", "less", "7.5"),
        Choice('na"me', "contains", "Ada"),
        Choice("A", "is", "false"),
        Choice("hue", "is_not", "red"),
        Choice("at", "more", "2025-04-01"),
        Choice("face", "there"),
    ]

    tree = condition_of(said, table.columns)

    assert read_filter(written(tree)) == tree
    page = matching_rows(
        table, Question(tree), offset=0, length=9, address=address, limits=LIMITS
    )
    assert [each.index for each in page.rows] == [4, 16, 20]
    assert condition_of([], table.columns) is None
    assert {how.label for hows in OFFERED.values() for how in hows} == {
        how.label for how in How
    }


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (Choice("none", "is", "1"), "no column"),
        (Choice("id", "contains", "1"), "Choose one of is, is_not, at_least"),
        (Choice("id", "is", "one"), "is no number"),
        (Choice("id", "is", "nan"), "is no number"),
        (Choice("A", "is", "yes"), "true or false"),
        (Choice("words", "is", "x"), "missing, there"),
    ],
)
def test_lines_of_menus_that_make_no_sense_are_refused(choice, says, table):
    with pytest.raises(FilterMalformed, match=says):
        condition_of([choice], table.columns)
