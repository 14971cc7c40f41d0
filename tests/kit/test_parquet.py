"""Parquet as the web process writes it, read by a library that knows the format."""

import io
from datetime import UTC, datetime

import polars as pl
import pytest

from marketplace.kit.parquet import ROWS_A_GROUP, Column, Type, parquet_of

COLUMNS = [
    Column("whole", Type.INTEGER),
    Column("number", Type.NUMBER),
    Column("text", Type.TEXT),
    Column("flag", Type.BOOLEAN),
    Column("moment", Type.MOMENT),
]


def row(n):
    moment = datetime(1969 + n % 90, 1, 1, 12, 30, 15, 250_001, tzinfo=UTC)
    return (
        None if n % 11 == 0 else -n,
        None if n % 3 == 0 else n / 7,
        f"näme {n}" if n % 5 else None,
        None if n % 4 == 0 else n % 2 == 0,
        None if n % 7 == 0 else moment,
    )


@pytest.mark.parametrize("count", [0, 1, 8, 2 * ROWS_A_GROUP + 1])
def test_what_was_written_is_read(count):
    rows = [row(n) for n in range(count)]

    data = b"".join(parquet_of(COLUMNS, iter(rows)))

    frame = pl.read_parquet(io.BytesIO(data))
    assert frame.rows() == rows
    assert frame.schema["moment"] == pl.Datetime("us", "UTC")


def test_a_column_without_any_value_and_more_than_fifteen_columns():
    columns = [Column(f"c{n}", Type.NUMBER) for n in range(40)]

    data = b"".join(parquet_of(columns, [[None] * 40] * 3))

    assert pl.read_parquet(io.BytesIO(data)).shape == (3, 40)


def test_no_more_than_a_group_of_rows_is_held():
    asked = []

    def rows():
        for n in range(3 * ROWS_A_GROUP):
            asked.append(n)
            yield row(n)

    parts = parquet_of(COLUMNS, rows())
    next(parts)
    next(parts)

    assert len(asked) == ROWS_A_GROUP
