"""Attacks on the engine: what no question may reach, take or stop."""

import time
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from marketplace.viewer.asking.columns import File, Table, columns_of
from marketplace.viewer.asking.engine import (
    AT_ONCE,
    KEPT,
    Busy,
    PatternMalformed,
    TooMuchAsked,
    asking,
    kept,
    turns,
)
from marketplace.viewer.asking.filters import Compare, Operator
from marketplace.viewer.asking.grammar import FilterMalformed, read_filter, read_order
from marketplace.viewer.asking.rows import Question, matching_rows
from marketplace.viewer.asking.sql import Sql, condition_sql
from tests.factories.viewer import made
from tests.viewer.conftest import LIMITS, address

REACHING = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    "COPY (SELECT 1) TO '{place}/out.csv'",
    "COPY (SELECT 1) TO '{own}'",
    "ATTACH '{place}/x.db'",
    "EXPORT DATABASE '{place}/all'",
    "IMPORT DATABASE '{place}/all'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{place}/x.duckdb_extension'",
    "SET enable_external_access = true",
    "SET allowed_paths = ['/etc/passwd']",
    "SET memory_limit = '900GB'",
    "SET threads = 64",
    "RESET memory_limit",
    "PRAGMA temp_directory='/tmp'",
    "PRAGMA enable_profiling",
    "SET log_query_path = '{place}/log'",
    "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "SELECT getenv('PATH')",
    "SELECT * FROM reachable",
    "SELECT * FROM duckdb_secrets() WHERE error('x') = 'y'",
]


@pytest.mark.parametrize("statement", REACHING)
def test_even_sql_of_a_readers_could_reach_nothing(statement, table, tmp_path):
    reachable = [1]  # a variable of Python's, which DuckDB would take for a table
    told = statement.format(place=tmp_path, own=table.paths[0])
    before = table.files[0].path.read_bytes()

    with asking(table.paths, limits=LIMITS) as question, pytest.raises(duckdb.Error):
        question.connection.execute(told)

    assert reachable == [1]
    assert list(tmp_path.iterdir()) == []
    assert table.files[0].path.read_bytes() == before


INJECTED = [
    "id = 1; DROP TABLE t",
    "id = 1 UNION SELECT * FROM read_csv('/etc/passwd')",
    "id = (SELECT 1)",
    "id = 1 -- ",
    "id = 1 /* */ OR 1 = 1",
    "1 = 1",
    "id / 0 = 1",
    "id = 1 LIMIT 1",
    "read_text('/etc/passwd') = 'x'",
    "COLUMNS(*) = 1",
    "id = ?",
    "id = $1",
    "id = 1::INT",
    "id = E'\\x41'",
    "id IN (SELECT 1)",
    "exists(SELECT 1)",
    '"id = 1',
    "'x' = 'x'",
    "id = 'a' 'b'",
    "id = 0x10",
    "id = 1e999",
    "CASE WHEN id = 1 THEN 1 END",
]


@pytest.mark.parametrize("where", INJECTED)
def test_nothing_that_is_no_filter_is_read_as_one(where):
    with pytest.raises(FilterMalformed):
        read_filter(where)


def test_words_of_a_reader_are_parameters_and_nothing_else(table):
    said = "'; DROP TABLE t; --"
    odd = replace(table.columns[1], name='x" OR 1=1; --')

    made_of = condition_sql(Compare(odd.name, Operator.EQUAL, said), [odd])

    assert made_of == Sql("c1 = ?", (said,))


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("id = 1 OR " * 10**6, "10,000,000 characters are too many"),
        ("(" * 7_000 + "id = 1", "ends too early"),
        ("(id = 1 OR " * 600 + "id = 1" + ")" * 600, "lie in each other"),
        ("NOT " * 1_900 + "id = 1", "lie in each other"),
        ("id = " + "9" * 5_000, "too many digits"),
        ("\0", "cannot stand"),
    ],
)
def test_what_is_large_or_deep_is_refused_at_once(where, says):
    began = time.process_time()

    with pytest.raises(FilterMalformed, match=says):
        read_filter(where)

    assert time.process_time() - began < 0.5


def test_deep_brackets_around_one_condition_are_only_brackets():
    assert read_filter("(" * 3_000 + "id = 1" + ")" * 3_000) == read_filter("id = 1")
    with pytest.raises(FilterMalformed):
        read_order("id; DROP TABLE t")
    with pytest.raises(FilterMalformed, match="8 columns at most"):
        read_order(", ".join(["id"] * 9))


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    told = made("SELECT repeat('ab', 20000) || i AS t, i FROM range(40) AS t(i)")
    path = tmp_path_factory.mktemp("long") / "long.parquet"
    path.write_bytes(told.files[0][0])
    return Table(columns_of(told.features), (File(path, 40),))


@pytest.mark.parametrize(
    "where",
    [
        "t LIKE '" + "%a" * 200 + "%c'",
        "t LIKE '" + "%_a%b" * 200 + "%c'",
        "t ILIKE '" + "%_" * 200 + "c'",
        "regexp_matches(t, '^(a|ab|b|ba)*c$')",
        "regexp_matches(t, '(.*)*(.*)*(.*)*c')",
    ],
)
def test_patterns_that_ruin_others_take_their_time_and_no_more(where, long):
    began = time.process_time()

    page = matching_rows(
        long, Question(read_filter(where)), offset=0, length=1, address=address,
        limits=replace(LIMITS, seconds=5),
    )  # fmt: skip

    assert page.total == 0
    assert time.process_time() - began < 3


@pytest.mark.parametrize("pattern", ["(a", "(?=a)", "((a{900}){900}){900}", "\\1"])
def test_a_pattern_that_is_none_is_refused(pattern, long):
    asked = Question(read_filter(f"regexp_matches(t, '{pattern}')"))

    with pytest.raises(PatternMalformed, match="RE2"):
        matching_rows(long, asked, offset=0, length=1, address=address, limits=LIMITS)


def test_time_memory_and_turns_have_an_end(table):
    endless = Sql("SELECT count(*) FROM range(10000000) a, range(10000000) b")
    large = Sql("SELECT list(a.range) FROM range(100000000) a")

    def ask(statement, **less):
        with asking(table.paths, limits=replace(LIMITS, **less)) as question:
            return question.rows(statement)

    with pytest.raises(TooMuchAsked, match=r"0\.2 seconds or 512 MiB"):
        ask(endless, seconds=0.2)
    with pytest.raises(TooMuchAsked):
        ask(large, memory_mib=64)
    held = [turns.acquire(blocking=False) for _ in range(AT_ONCE)]
    with pytest.raises(Busy):
        ask(Sql("SELECT 1"), waits_seconds=0.01)
    for _ in held:
        turns.release()
    assert ask(Sql("SELECT 1")) == [(1,)]


def test_a_database_is_kept_for_the_same_files_until_a_question_goes_wrong(
    table, second
):
    key, one = (LIMITS.memory_mib, *table.paths), Sql("SELECT 1")
    with asking(table.paths, limits=LIMITS) as question:
        question.rows(one)
        assert key not in kept  # nobody else has it meanwhile
    held = kept[key]
    with (
        asking(second.paths, limits=LIMITS) as question,
        pytest.raises(duckdb.PermissionException),
    ):
        question.connection.execute("FROM read_parquet(?)", [table.paths[0]])
    with asking(table.paths, limits=LIMITS) as question:
        assert question.rows(one) == [(1,)]
    assert kept[key] is held

    endless = Sql("SELECT count(*) FROM range(10000000) a, range(10000000) b")
    with (
        pytest.raises(TooMuchAsked),
        asking(table.paths, limits=replace(LIMITS, seconds=0.1)) as question,
    ):
        question.rows(endless)
    assert key not in kept
    for more in range(KEPT + 1):
        with asking([], limits=replace(LIMITS, memory_mib=100 + more)):
            pass
    assert len(kept) == KEPT


def test_columns_are_told_apart_whatever_they_are_called(tmp_path):
    names = [
        '"',
        "a",
        "A",
        "*",
        "file_index",
        "file_row_number",
        "filename",
        "c0",
        "ü;--",
    ]
    path = tmp_path / "odd.parquet"
    pl.DataFrame({name: [place] for place, name in enumerate(names)}).write_parquet(
        path
    )
    number = {"dtype": "int64", "_type": "Value"}
    told = [{"name": name, "type": number} for name in names]
    odd = Table(columns_of(told), (File(path, 1),))

    for place, each in enumerate(odd.columns):
        asked = Question(Compare(each.name, Operator.EQUAL, place))
        found = matching_rows(
            odd, asked, offset=0, length=1, address=address, limits=LIMITS
        )
        assert list(found.rows[0].cells.values()) == list(range(len(names)))
        assert found.rows[0].index == 0
