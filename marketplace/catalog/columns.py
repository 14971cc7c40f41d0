"""The columns of a CSV or TSV file, as far as its first bytes prove them. Pure.

A type is told only of a file that was read whole; what goes on past what was read could
be otherwise, so it is text. Nothing is told of a file that programs would not read alike:
one that is not UTF-8, has another delimiter, rows of other lengths, or two columns of one
name.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

READ_BYTES = 100_000
MOST_COLUMNS = 1000
LONGEST_NAME = 200
DELIMITERS = {"text/csv": ",", "text/tab-separated-values": "\t"}
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")


class ColumnType(Enum):
    INTEGER = "sc:Integer"
    FLOAT = "sc:Float"
    TEXT = "sc:Text"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: ColumnType


def columns_of(data: bytes, *, media_type: str, is_whole: bool) -> list[Column]:
    """Return the columns of a table, none if they are not sure.

    Args:
        data: the beginning of the file, `READ_BYTES` suffice.
        media_type: a key of `DELIMITERS`.
        is_whole: whether that is all of it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if is_whole or fault.start < len(data) - 3:
            return []
        text = data[: fault.start].decode("utf-8-sig")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=DELIMITERS[media_type], strict=is_whole
    )
    try:
        rows = [row for row in reader if row]
    except csv.Error:
        return []
    if not is_whole:
        rows = rows[:-1]  # it may be cut off in the middle
    if not rows or not _is_even(rows):
        return []
    head, *body = rows
    cells = zip(*body, strict=True) if body else ((),) * len(head)
    return [
        Column(name, _type_of(those) if is_whole else ColumnType.TEXT)
        for name, those in zip(head, cells, strict=True)
    ]


def _is_even(rows: Sequence[Sequence[str]]) -> bool:
    head = rows[0]
    return (
        2 <= len(head) <= MOST_COLUMNS
        and len(set(head)) == len(head)
        and all(name.strip() and len(name) <= LONGEST_NAME for name in head)
        and all(name.isprintable() for name in head)
        and all(len(row) == len(head) for row in rows)
    )


def _type_of(cells: Sequence[str]) -> ColumnType:
    """Return the narrowest type of all these cells; one that lacks some is no integer."""
    said = [cell for cell in cells if cell]
    if said and all(map(_WHOLE.fullmatch, said)):
        return ColumnType.INTEGER if len(said) == len(cells) else ColumnType.FLOAT
    if said and all(map(_DECIMAL.fullmatch, said)):
        return ColumnType.FLOAT
    return ColumnType.TEXT
