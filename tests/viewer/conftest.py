"""One small table of every kind of column, in two files of several row groups."""

import struct
import zlib
from dataclasses import replace

import pytest

from marketplace.viewer.asking.columns import File, Table, columns_of
from marketplace.viewer.asking.engine import Limits
from tests.factories.viewer import made


def chunk(name, data=b""):
    checked = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checked)


PICTURE = (  # seven by five, all black
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 7, 5, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes(8 * 5)))
    + chunk(b"IEND")
)
PNG = "".join(f"\\x{each:02X}" for each in PICTURE)
ROWS = """
    SELECT i AS id,
           CASE WHEN i % 10 <> 3
               THEN ['Ada', 'Émile', 'Zoë', 'O''Neill'][i % 4 + 1] || ' ' || i
               END AS "na""me",
           CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE ELSE i / 4 END AS weight,
           i % 3 = 0 AS "A",
           CAST(i % 3 AS TINYINT) AS hue,
           TIMESTAMP '2025-03-30 01:02:03' + to_days(CAST(i AS INTEGER)) AS at,
           TIMESTAMPTZ '2025-03-30 01:02:03+00' + to_hours(CAST(i AS INTEGER)) AS zoned,
           DATE '2024-02-28' + CAST(i AS INTEGER) AS "file_row_number",
           ['ré ' || i, 'x'] AS words,
           {{'n': i, 't': 'in ' || i}} AS inner,
           {{'bytes': CASE WHEN i % 2 = 0 THEN '{png}'::BLOB END, 'path': 'p.png'}} AS face,
           '\\xFF'::BLOB AS raw
    FROM range({start}, {end}) AS t(i)
"""
LABEL = {"_type": "ClassLabel", "names": ["red", "green", "blue"]}
FIRST, SECOND = 6_000, 2_500
LIMITS = Limits(seconds=20)


@pytest.fixture(scope="session")
def birds():
    """What is made: features and bytes."""
    return made(
        ROWS.format(start=0, end=FIRST, png=PNG),
        ROWS.format(start=FIRST, end=FIRST + SECOND, png=PNG),
        group=2_048,
        hue=LABEL,
        face={"_type": "Image"},
    )


@pytest.fixture(scope="session")
def table(birds, tmp_path_factory) -> Table:
    """The same as files."""
    place = tmp_path_factory.mktemp("it's a table")
    files = []
    for number, (data, rows) in enumerate(birds.files):
        path = place / f"{number}.parquet"
        path.write_bytes(data)
        files.append(File(path, rows))
    return Table(columns_of(birds.features), tuple(files))


@pytest.fixture
def second(table) -> Table:
    """The second file alone, as a page of its rows needs no other."""
    return replace(table, files=table.files[1:], first=FIRST)


def address(row, column):
    return f"/{row}/{column.name}"
