"""Reads a stranger's table whole, every cell as text, whichever of four forms it has."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import polars as pl

from training.runner.inside.blocks import BOM, EndlessLine, as_text, is_plain, mark_of
from training.runner.inside.footers import BadFooter, unpacked_bytes
from training.runner.inside.refusal import Refusal
from training.runner.inside.sources import require_unpackable

STAGE = "READ"
TOO_LARGE = "table_too_large"
MOST_ROWS = 2_000_000
MOST_COLUMNS = 2_000
BROKEN = (
    BadFooter,
    EndlessLine,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    UnicodeDecodeError,
)


def read_whole(data: bytes, form: str) -> tuple[pl.DataFrame, list[str]]:
    """Read a table.

    Args:
        data: the file.
        form: csv, tsv, jsonl or parquet, as its name ends.

    Returns:
        Its plain columns as text, empty cells null, in the order of the rows; and the
        names of the columns left out, which hold lists or records.

    Raises:
        Refusal: it cannot be read, has no rows or too many; it says what to do.
    """
    with faults_told(form):
        frame = _read(data, form)
    if frame.height > MOST_ROWS:
        raise _refuse(
            TOO_LARGE,
            f"It has {frame.height:,} rows; at most {MOST_ROWS:,} can be cut here.",
        )
    require_columns(frame)
    if not frame.height:
        raise _refuse("empty_table", "It has no rows.")
    return as_text(frame), lists_in(frame)


@contextmanager
def faults_told(form: str) -> Iterator[None]:
    """Turn what reading a broken file raises into a refusal.

    Raises:
        Refusal: it cannot be read.
    """
    try:
        yield
    except BROKEN as broken:
        told = str(broken).splitlines()[0][:300] if str(broken) else "no reason given"
        raise _refuse("unreadable_table", f"It cannot be read as {form}: {told}") from (
            broken
        )


def require_columns(frame: pl.DataFrame) -> None:
    """Return if there are columns, and not too many.

    Raises:
        Refusal: there are none, or too many.
    """
    if frame.width > MOST_COLUMNS:
        raise _refuse(
            "too_many_columns",
            f"It has {frame.width:,} columns; {MOST_COLUMNS:,} are the most.",
        )
    if not frame.width:
        raise _refuse("empty_table", "It has no columns.")


def lists_in(frame: pl.DataFrame) -> list[str]:
    """Return the columns that hold lists or records, which are left out."""
    return [name for name, kind in frame.schema.items() if not is_plain(kind)]


def require_header(header: bytes, form: str) -> None:
    """Return if the first line of a text names each column, and none twice.

    Raises:
        Refusal: it does not.
    """
    line = header.removeprefix(BOM).decode().rstrip("\r\n")
    names = next(csv.reader([line], delimiter=mark_of(line, form)), [])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        what = f"names {twice[0]!r} twice" if twice else "has a column without a name"
        raise _refuse("wrong_header", f"Its header {what}.")


def _read(data: bytes, form: str) -> pl.DataFrame:
    if form == "parquet":
        require_unpackable(unpacked_bytes(data).total())
        return pl.read_parquet(data)
    if form == "jsonl":
        return pl.read_ndjson(data, infer_schema_length=None)
    header = data.split(b"\n", 1)[0]
    require_header(header, form)
    data = data.removeprefix(BOM)
    mark = mark_of(header.decode(), form)
    try:
        return pl.read_csv(data, separator=mark, infer_schema=False)
    except pl.exceptions.ComputeError as broken:
        told = _fault_in(data, mark) or str(broken).splitlines()[0][:300]
        raise _refuse("unreadable_table", f"It cannot be read as {form}: {told}") from (
            broken
        )


def _fault_in(data: bytes, mark: str) -> str:
    """Return which line cannot be read, and what to do; empty if none is found."""
    try:
        text = data.decode()
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].count(b"\n") + 1
        return f"line {line} is not in UTF-8. Save the table as CSV in UTF-8."
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    width = 0
    with suppress(csv.Error):
        for row in rows:
            width = width or len(row)
            if len(row) > width:
                return (
                    f"line {rows.line_num} has {len(row)} cells, and the header names "
                    f"{width}. Mend that line; a cell that holds {mark!r} stands in "
                    "quotation marks."
                )
    return ""


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
