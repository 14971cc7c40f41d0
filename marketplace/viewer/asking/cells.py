"""Cells as JSON has them, in the shapes of Hugging Face's viewer, and cut where too long.

Pictures and sound are told by an address, and never travel in a page of rows.
"""

import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from marketplace.viewer.asking.columns import Column, Kind
from marketplace.viewer.asking.media import size_of, type_of
from marketplace.viewer.asking.sql import Sql, called

MOST_CHARACTERS = 100_000  # of one text in a page
SHORTEST_CUT = 100  # bytes; no cell is cut to less
HEAD_BYTES = 65_536  # of a picture, where its size is told
Address = Callable[[int, Column], str]  # of what a cell holds, by row and column


@dataclass(frozen=True, slots=True)
class Row:
    """One row by its number in the split; `cut` names the columns not told whole."""

    index: int
    cells: Mapping[str, Any]
    cut: tuple[str, ...] = ()


def cell_sql(column: Column) -> Sql:
    """Return what to select of a column for a page: no more than is told."""
    name = called(column)
    if column.kind is Kind.TEXT:
        return Sql(f"left({name}, ?)", (MOST_CHARACTERS + 1,))
    if column.kind is Kind.MEDIA:
        return Sql(f"(struct_extract({name}, 'bytes'))[1:?]", (HEAD_BYTES,))
    if column.kind is Kind.MOMENT and column.feature["dtype"].startswith("timestamp"):
        return Sql(f"CAST({name} AS VARCHAR)")  # all digits, and no library of zones
    if column.kind is Kind.NESTED and "tz=" in str(column.feature):
        return Sql(f"CAST({name} AS VARCHAR)")
    return Sql(name)


def row_of(
    index: int, values: Sequence[Any], columns: Sequence[Column], *, address: Address
) -> Row:
    """Return a row of what `cell_sql` selected, as JSON can tell it."""
    cells, cut = {}, []
    for column, value in zip(columns, values, strict=True):
        told = _told(value, column, address=partial(address, index, column))
        if column.kind is Kind.TEXT and told and len(told) > MOST_CHARACTERS:
            told = told[:MOST_CHARACTERS]
            cut.append(column.name)
        cells[column.name] = told
    return Row(index, cells, tuple(cut))


def within(rows: Sequence[Row], *, most_bytes: int) -> list[Row]:
    """Return rows of that many bytes of JSON at most, or with all long cells cut.

    Where they are more, every cell gets the same share, and one that needs more is cut
    to it, as text of its JSON.
    """
    sizes = [{name: _size(value) for name, value in row.cells.items()} for row in rows]
    total = sum(size for each in sizes for size in each.values())
    if total <= most_bytes:
        return list(rows)
    cells = sum(len(each) for each in sizes)
    share = max(SHORTEST_CUT, most_bytes // cells)
    return [_cut(row, of, share=share) for row, of in zip(rows, sizes, strict=True)]


def _cut(row: Row, sizes: Mapping[str, int], *, share: int) -> Row:
    long = [name for name, size in sizes.items() if size > share]
    shorter = {name: _shortened(row.cells[name], share) for name in long}
    cut = tuple(dict.fromkeys([*row.cut, *long]))
    return Row(row.index, {**row.cells, **shorter}, cut)


def _shortened(value: Any, most_bytes: int) -> str:
    said = value if isinstance(value, str) else orjson.dumps(value).decode()
    return said.encode()[:most_bytes].decode(errors="ignore")


def _size(value: Any) -> int:
    return len(orjson.dumps(value))


def _told(value: Any, column: Column, *, address: Callable[[], str]) -> Any:
    if value is None:
        return None
    if column.kind is Kind.MEDIA:
        return _media(value, column, address=address())
    if column.kind is Kind.MOMENT and isinstance(value, str):
        return value.replace(" ", "T", 1)
    return plain(value)


def _media(head: bytes, column: Column, *, address: str) -> Any:
    if column.feature["_type"] != "Image":
        return [{"src": address, "type": type_of(head)}]
    size = size_of(head)
    if size is None:
        return {"src": address}
    return {"src": address, "height": size[1], "width": size[0]}


def plain(value: Any) -> Any:
    """Return a value of DuckDB's as JSON has it; what is no number is null there."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    told = TOLD.get(type(value))
    return value if told is None else told(value)


TOLD: dict[type, Callable[[Any], Any]] = {
    int: lambda value: value if -(2**63) <= value < 2**64 else str(value),
    float: lambda value: value if math.isfinite(value) else None,
    bytes: lambda value: b64encode(value).decode(),
    **dict.fromkeys((date, datetime, time), lambda value: value.isoformat()),
    **dict.fromkeys((Decimal, UUID, timedelta), str),
}
