"""Reads a stranger's table whole, every cell as text, whichever of four forms it has."""

import csv

import polars as pl

from training.runner.inside.footers import BadFooter, unpacked_bytes
from training.runner.inside.refusal import Refusal
from training.runner.inside.sources import require_unpackable

STAGE = "READ"
MOST_ROWS = 2_000_000
MOST_COLUMNS = 2_000
MARKS = ",;\t|"
BOM = b"\xef\xbb\xbf"
PLAIN = (pl.Boolean, pl.Date, pl.Datetime, pl.Time, pl.String, pl.Categorical, pl.Enum)
BROKEN = (
    BadFooter,
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
    try:
        frame = _read(data, form)
    except BROKEN as broken:
        told = str(broken).splitlines()[0][:300] if str(broken) else "no reason given"
        raise _refuse("unreadable_table", f"It cannot be read as {form}: {told}") from (
            broken
        )
    if frame.height > MOST_ROWS or frame.width > MOST_COLUMNS:
        raise _refuse(
            "table_too_large",
            f"It has {frame.height:,} rows and {frame.width:,} columns; at most "
            f"{MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns can be cut here.",
        )
    if not frame.height or not frame.width:
        raise _refuse("empty_table", "It has no rows.")
    plain = [name for name, kind in frame.schema.items() if _is_plain(kind)]
    text = frame.select(pl.col(plain).cast(pl.String, strict=False))
    filled = (
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name)
        for name in plain
    )
    text = text.select(*filled)
    return text, [name for name in frame.columns if name not in plain]


def _read(data: bytes, form: str) -> pl.DataFrame:
    if form == "parquet":
        require_unpackable(unpacked_bytes(data).total())
        return pl.read_parquet(data)
    if form == "jsonl":
        return pl.read_ndjson(data, infer_schema_length=None)
    data = data.removeprefix(BOM)
    header = data.split(b"\n", 1)[0].decode()
    mark = max(MARKS, key=header.count) if form == "csv" else "\t"
    names = next(csv.reader([header.rstrip("\r")], delimiter=mark), [])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        what = f"names {twice[0]!r} twice" if twice else "has a column without a name"
        raise _refuse("wrong_header", f"Its header {what}.")
    return pl.read_csv(data, separator=mark, infer_schema=False)


def _is_plain(kind: pl.DataType) -> bool:
    return kind.is_numeric() or isinstance(kind, PLAIN)


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
