"""Reads a table block by block, so that no more of it is held than a block.

A downloaded model brings this file along, so it needs polars and no more.
"""

import io
from collections.abc import Iterable, Iterator
from itertools import count
from typing import IO

import polars as pl

BLOCK_BYTES = 16 * 2**20
MOST_LINE_BYTES = 64 * 2**20
ROWS_AT_ONCE = 2**17  # of Parquet
MARKS = ",;\t|"
QUOTE, LINE_END = b'"', b"\n"
BOM = b"\xef\xbb\xbf"
PLAIN = (pl.Boolean, pl.Date, pl.Datetime, pl.Time, pl.String, pl.Categorical, pl.Enum)


class EndlessLine(ValueError):
    """A line is longer than any should be."""


def blocks_of(
    file: IO[bytes], form: str, *, block_bytes: int = BLOCK_BYTES
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a table in their order, some at a time, all of one schema.

    Args:
        file: at its beginning; of JSON lines it is read twice.
        form: csv, tsv, jsonl or parquet.
        block_bytes: about how much of a text is read at once.

    Raises:
        pl.exceptions.PolarsError: it is nothing of the kind.
        EndlessLine: a line, or a quotation, goes on for too long.
        UnicodeDecodeError: its first line is no text.
    """
    if form == "parquet":
        yield from _of_parquet(file)
    elif form == "jsonl":
        schema = _schema_of(_of_json(file, block_bytes))
        file.seek(0)
        for block in _of_json(file, block_bytes):
            lacking = [
                pl.lit(None).alias(name) for name in schema if name not in block.columns
            ]
            whole = block.with_columns(*lacking).select(list(schema))
            yield whole.cast(dict(schema), strict=False)  # type: ignore[arg-type]  # of polars
    else:
        yield from _of_text(file, form, block_bytes)


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the plain columns as text, empty cells null."""
    plain = [name for name, kind in frame.schema.items() if is_plain(kind)]
    text = frame.select(pl.col(plain).cast(pl.String, strict=False))
    return text.select(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name)
        for name in plain
    )


def is_plain(kind: pl.DataType) -> bool:
    """Whether a column holds neither lists nor records, but what a cell can say."""
    return kind.is_numeric() or isinstance(kind, PLAIN)


def mark_of(header: str, form: str) -> str:
    """Return what stands between two cells of a text, told by its first line."""
    return max(MARKS, key=header.count) if form == "csv" else "\t"


def rows_at(file: IO[bytes], form: str, rows: Iterable[int]) -> pl.DataFrame:
    """Return rows by their places in the table, in the order asked for, as text.

    Raises:
        IndexError: the table has no such row.
    """
    wanted = pl.DataFrame({"": list(rows)}, schema={"": pl.Int64}).with_row_index(" ")
    found: list[pl.DataFrame] = []
    at = 0
    for block in blocks_of(file, form):
        places = pl.int_range(at, at + block.height, dtype=pl.Int64, eager=True)
        at += block.height
        is_wanted = places.is_in(wanted[""].implode())
        if is_wanted.any() or not found:
            text = as_text(block.filter(is_wanted))
            found.append(text.with_columns(places.filter(is_wanted).alias("")))
    table = wanted.join(pl.concat(found), on="", how="left", maintain_order="left")
    if wanted.height and int(wanted[""].max()) >= at:  # type: ignore[arg-type]  # there are some
        raise IndexError(f"the table has {at:,} rows")
    return table.drop("", " ")


def _schema_of(blocks: Iterable[pl.DataFrame]) -> pl.Schema:
    """Return the columns of all blocks, each of a type that holds every cell."""
    schema = pl.DataFrame()
    for block in blocks:
        schema = pl.concat([schema, block.clear()], how="diagonal_relaxed")
    return schema.schema


def _of_parquet(file: IO[bytes]) -> Iterator[pl.DataFrame]:
    table = pl.scan_parquet(file)
    for at in count(0, ROWS_AT_ONCE):
        block = table.slice(at, ROWS_AT_ONCE).collect()
        yield block
        if block.height < ROWS_AT_ONCE:
            return


def _of_json(file: IO[bytes], block_bytes: int) -> Iterator[pl.DataFrame]:
    for lines in _lines(file, block_bytes):
        if lines.strip():
            yield pl.read_ndjson(io.BytesIO(lines), infer_schema_length=None)


def _of_text(file: IO[bytes], form: str, block_bytes: int) -> Iterator[pl.DataFrame]:
    header = file.readline(MOST_LINE_BYTES).removeprefix(BOM)
    mark = mark_of(header.decode(), form)
    for lines in _lines(file, block_bytes, are_quoted=True):
        yield pl.read_csv(header + lines, separator=mark, infer_schema=False)


def _lines(
    file: IO[bytes], block_bytes: int, *, are_quoted: bool = False
) -> Iterator[bytes]:
    """Yield whole lines, many at a time; where cells are quoted, a line end may be one's.

    Raises:
        EndlessLine: one goes on for too long.
    """
    left = b""
    while piece := file.read(block_bytes):
        left += piece
        end = _end_of_lines(left, are_quoted=are_quoted)
        if end:
            yield left[:end]
            left = left[end:]
        elif len(left) > MOST_LINE_BYTES:
            raise EndlessLine(
                "a line, or a cell that a quotation mark opens, has no end"
            )
    if left:
        yield left


def _end_of_lines(text: bytes, *, are_quoted: bool) -> int:
    """Return where the last whole line ends, 0 if there is none."""
    end = text.rfind(LINE_END)
    while are_quoted and end >= 0 and text.count(QUOTE, 0, end) % 2:
        end = text.rfind(LINE_END, 0, text.rfind(QUOTE, 0, end))
    return end + 1
