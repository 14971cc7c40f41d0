"""Cells and heads of columns as a page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.viewer.asking.cells import Row
from marketplace.viewer.asking.columns import Column, Kind
from marketplace.viewer.asking.filters import Order
from marketplace.viewer.summaries import Summary
from marketplace.viewer.web.asked import Asked

MOST_CHARACTERS = 240  # of a cell in a table
THUMBNAIL = 112  # pixels a side, at most
SORTED = frozenset({Kind.NUMBER, Kind.TEXT, Kind.BOOLEAN, Kind.MOMENT, Kind.LABEL})
MEDIA = {"Image": _("picture"), "Audio": _("sound")}
KINDS = {
    Kind.NUMBER: _("number"),
    Kind.TEXT: _("text"),
    Kind.BOOLEAN: _("yes or no"),
    Kind.MOMENT: _("time"),
    Kind.LABEL: _("class"),
    Kind.NESTED: _("list or record"),
    Kind.OTHER: _("other"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: a `kind` that the template knows, and what it shows.

    `width` and `height` are of a picture, so that nothing moves when it is there.
    """

    kind: str
    text: str = ""
    url: str = ""
    width: int | None = None
    height: int | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row with its number and the address of all of it."""

    number: int
    url: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: `sorted` is what `aria-sort` takes, empty if it cannot be."""

    name: str
    kind: str
    is_number: bool
    sorted: str
    sort_url: str
    sort_says: str
    summary: Summary | None


def heads_of(
    columns: Sequence[Column],
    *,
    asked: Asked,
    path: str,
    summaries: Mapping[str, Summary],
) -> list[Head]:
    """Return the heads of a table's columns.

    Raises:
        FilterMalformed: what is asked for cannot be read.
    """
    first = asked.orders[:1]
    return [_head(one, first, asked, path, summaries.get(one.name)) for one in columns]


def _head(
    column: Column,
    first: tuple[Order, ...],
    asked: Asked,
    path: str,
    summary: Summary | None,
) -> Head:
    order = first[0] if first and first[0].column == column.name else None
    state = (
        "none" if order is None else ("descending" if order.descends else "ascending")
    )
    says = {
        "none": gettext("Sort, the least first"),
        "ascending": gettext("Sort, the most first"),
        "descending": gettext("Put back in its order"),
    }
    can_be = column.kind in SORTED
    return Head(
        name=column.name,
        kind=summary.kind if summary else kind_of(column),
        is_number=column.kind is Kind.NUMBER,
        sorted=state if can_be else "",
        sort_url=asked.sorted_by(column.name).url(path) if can_be else "",
        sort_says=says[state],
        summary=summary,
    )


def kind_of(column: Column) -> str:
    """Return what a column holds, in a word or two."""
    if column.kind is Kind.MEDIA:
        return str(MEDIA.get(column.feature["_type"], _("film")))
    return str(KINDS[column.kind])


def cells_of(
    row: Row, columns: Sequence[Column], *, most: int | None = MOST_CHARACTERS
) -> tuple[Cell, ...]:
    """Return a row's cells as they are shown, long ones cut to `most` characters."""
    return tuple(_cell(row, column, most) for column in columns)


def _cell(row: Row, column: Column, most: int | None) -> Cell:
    value = row.cells.get(column.name)
    if value is None:
        return Cell("missing")
    if column.kind is Kind.MEDIA:
        return _media(value)
    if column.kind is Kind.LABEL and isinstance(value, int):
        is_named = 0 <= value < len(column.labels)
        return Cell("text", column.labels[value] if is_named else str(value))
    if column.kind is Kind.BOOLEAN:
        return Cell("text", gettext("yes") if value is True else gettext("no"))
    if column.kind is Kind.NUMBER:
        return Cell("number", str(value))
    is_text = isinstance(value, str)
    text = value if is_text else orjson.dumps(value).decode()
    is_cut = column.name in row.cut or (most is not None and len(text) > most)
    return Cell(
        "text" if is_text and column.kind is not Kind.NESTED else "nested",
        text if most is None else text[:most],
        is_cut=is_cut,
    )


def _media(value: Any) -> Cell:
    """Return a picture or a sound of its address, as the viewer's JSON tells it."""
    if isinstance(value, Mapping):
        width, height = value.get("width"), value.get("height")
        if not width or not height:
            return Cell("picture", url=value["src"], width=THUMBNAIL, height=THUMBNAIL)
        scale = min(1.0, THUMBNAIL / max(width, height))
        return Cell(
            "picture",
            url=value["src"],
            width=max(round(width * scale), 1),
            height=max(round(height * scale), 1),
        )
    return Cell("sound", url=value[0]["src"]) if value else Cell("missing")
