"""What looking at a table of a gigabyte costs, beside what its format costs by itself."""

import itertools
import random

import duckdb
import pyarrow.parquet as pq
import pytest

from marketplace.viewer.asking.columns import File, Table, columns_of
from marketplace.viewer.asking.engine import Limits
from marketplace.viewer.asking.grammar import read_filter
from marketplace.viewer.asking.rows import Question, matching_rows, rows_of
from tests.benchmarks.measuring import cpu_seconds_of
from tests.factories.viewer import feature_of

pytestmark = pytest.mark.benchmark
ROWS, GROUP, FILES = 1_000_000, 100_000, 5
MADE = f"""
    COPY (
        SELECT range AS id, md5(range::VARCHAR) || ' note ' || range % 1000 AS note,
               {", ".join(f"random() AS x{each}" for each in range(26))}
        FROM range({ROWS})
    ) TO '{{path}}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP})
"""
LIMITS = Limits(seconds=300, memory_mib=1024)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A split of five files, which are one file under five names."""
    place = tmp_path_factory.mktemp("large")
    first = place / "0.parquet"
    with duckdb.connect() as connection:
        connection.execute(MADE.format(path=first))
        said = connection.execute(f"SELECT * FROM '{first}' LIMIT 0").description
    files = [File(first, ROWS)]
    for number in range(1, FILES):
        path = place / f"{number}.parquet"
        path.hardlink_to(first)
        files.append(File(path, ROWS))
    features = [{"name": name, "type": feature_of(kind)} for name, kind, *_ in said]
    assert sum(each.path.stat().st_size for each in files) > 0.9 * 2**30
    return Table(columns_of(features), tuple(files))


def address(row, column):
    raise AssertionError


def test_a_page_anywhere_in_a_gigabyte_costs_little_more_than_its_row_group(table):
    offsets = itertools.cycle(random.Random(7).sample(range(FILES * ROWS - 100), 50))
    groups = itertools.cycle(range(ROWS // GROUP))
    bare = pq.ParquetFile(table.files[0].path)

    page = cpu_seconds_of(
        lambda: rows_of(
            table, offset=next(offsets), length=100, address=address, limits=LIMITS
        ),
        times=5,
    )
    floor = cpu_seconds_of(
        lambda: bare.read_row_group(next(groups), use_threads=False), times=2
    )
    print(
        f"\npage of 100 rows in 1 GB: {1000 * page:.0f} ms of CPU; its row group bare "
        f"by pyarrow: {1000 * floor:.0f} ms; ratio {page / floor:.2f}"
    )

    assert page / floor <= 2.5
    assert page < 0.150


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (
            Question(read_filter("x3 > 0.999 AND id < 900000")),
            "x3 > 0.999 AND id < 9e5",
        ),
        (
            Question(words=("note", "777")),
            "contains(lower(note), 'note') AND contains(lower(note), '777')",
        ),
    ],
    ids=["filter", "search"],
)
def test_questions_cost_little_more_than_bare_sql(asked, where, table):
    with duckdb.connect(config={"threads": 1}) as connection:

        def bare():
            told = f"FROM read_parquet({table.paths}) WHERE {where}"
            connection.execute(f"SELECT count(*) {told}").fetchall()
            connection.execute(f"SELECT * {told} LIMIT 100").fetchall()

        floor = cpu_seconds_of(bare)
    ours = cpu_seconds_of(
        lambda: matching_rows(
            table, asked, offset=0, length=100, address=address, limits=LIMITS
        )
    )
    print(
        f"\nquestion to {FILES * ROWS:,} rows: {1000 * ours:.0f} ms of CPU, bare SQL "
        f"{1000 * floor:.0f} ms; ratio {ours / floor:.2f}"
    )

    assert ours / floor <= 2.5
