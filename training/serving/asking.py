"""What somebody asks, judged by the model's signature before a worker is troubled."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.signatures import Column, ColumnKind, Signature, Takes

MOST_ROWS = 1_000
MOST_CELL, MOST_TEXT = 1_000, 20_000
MOST_PICTURE_BYTES = 10 * 2**20
MOST_BYTES = 2 * 2**20
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes to the worker: cells as JSON, or a picture; and how many inputs it is.

    `notes` are what is odd about each; `shown` is what a form said.
    """

    content: bytes
    count: int
    notes: Sequence[Sequence[str]] = ()
    shown: Mapping[str, str] = field(default_factory=dict)


def rows_asked(signature: Signature, rows: Any) -> Asked:
    """Read rows, each a record by the names of columns; null is a value not known.

    Raises:
        Malformed: it names the row and the column, and what is wrong.
    """
    _require(signature, Takes.ROW)
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        raise Malformed(
            gettext("rows: send a list of 1 to %(most_rows)s records.")
            % {"most_rows": f"{MOST_ROWS:,}"}
        )
    cells = [_row(signature, row, at) for at, row in enumerate(rows)]
    notes = [notes_on(signature.columns, row) for row in cells]
    return _packed(cells, notes if any(notes) else ())


def texts_asked(signature: Signature, texts: Any) -> Asked:
    """Read texts; an empty one is asked only where an unknown one is known as such.

    Raises:
        Malformed: it names the text, and what is wrong.
    """
    _require(signature, Takes.TEXT)
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_ROWS:
        raise Malformed(
            gettext("texts: send a list of 1 to %(most_rows)s texts.")
            % {"most_rows": f"{MOST_ROWS:,}"}
        )
    for at, text in enumerate(texts):
        if not isinstance(text, str) or not (text.strip() or signature.calibration):
            raise Malformed(
                gettext("texts[%(at)s]: it is empty; write something.") % {"at": at}
            )
        if len(text) > MOST_TEXT:
            raise Malformed(
                gettext("texts[%(at)s]: %(most_text)s characters are the most.")
                % {"at": at, "most_text": f"{MOST_TEXT:,}"}
            )
    return _packed([[text] for text in texts])


def picture_asked(signature: Signature, content: bytes) -> Asked:
    """Read a picture as far as its first bytes; within the walls it is decoded.

    Raises:
        Malformed: it is too large, or no picture.
    """
    _require(signature, Takes.IMAGE)
    if len(content) > MOST_PICTURE_BYTES:
        most = MOST_PICTURE_BYTES // 2**20
        raise Malformed(
            gettext("picture: %(most)s MiB is the most. Make it smaller.")
            % {"most": most}
        )
    if not content.startswith(PICTURES):
        raise Malformed(gettext("picture: send a PNG, JPEG or WebP file."))
    return Asked(content, 1)


def _require(signature: Signature, takes: Takes) -> None:
    if signature.takes is not takes:
        wanted = {
            Takes.ROW: "rows: this model takes rows of columns.",
            Takes.TEXT: "texts: this model takes texts.",
            Takes.IMAGE: "picture: this model takes a picture.",
        }
        raise Malformed(wanted[signature.takes])


def _packed(
    cells: Sequence[Sequence[str | None]], notes: Sequence[Sequence[str]] = ()
) -> Asked:
    content = json.dumps(cells, ensure_ascii=False).encode("utf-8", "replace")
    if len(content) > MOST_BYTES:
        raise Malformed(
            gettext("rows: %(value)s MiB at once is the most.")
            % {"value": MOST_BYTES // 2**20}
        )
    return Asked(content, len(cells), notes)


def _row(signature: Signature, row: Any, at: int) -> list[str | None]:
    where = f"rows[{at}]: "
    if not isinstance(row, Mapping):
        raise Malformed(
            gettext("%(where)ssend a record by the names of columns.")
            % {"where": where}
        )
    known = {one.name for one in signature.columns}
    if odd := sorted(str(name) for name in row if name not in known):
        listed = ", ".join(one.name for one in signature.columns[:20])
        raise Malformed(
            gettext("%(where)sthere is no column %(odd)s. The model takes %(listed)s.")
            % {"where": where, "odd": f"{odd[0][:80]!r}", "listed": listed}
        )
    if lost := [one.name for one in signature.columns if one.name not in row]:
        raise Malformed(
            gettext(
                "%(where)scolumn %(lost)s is missing. Give null where it is not known."
            )
            % {"where": where, "lost": lost[0]}
        )
    return [
        cell_of(column, row[column.name], where=where) for column in signature.columns
    ]


def cell_of(column: Column, value: Any, *, where: str = "") -> str | None:
    """Return a value as a cell, None if it is not known.

    Raises:
        Malformed: it is not of the column's kind; names the column.
    """
    named = f"{where}column {column.name}"
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed(
            gettext("%(named)s: give a text or a number.") % {"named": named}
        )
    text = str(value).strip()
    if len(text) > MOST_CELL or "\0" in text:
        raise Malformed(
            gettext("%(named)s: %(most_cell)s characters are the most.")
            % {"named": named, "most_cell": f"{MOST_CELL:,}"}
        )
    shown = text[:40]
    if column.kind is ColumnKind.NUMBER and _number(text) is None:
        raise Malformed(
            gettext("%(named)s: %(shown)s is not a number.")
            % {"named": named, "shown": f"{shown!r}"}
        )
    if column.kind is ColumnKind.DATE and _day(text) is None:
        raise Malformed(
            gettext("%(named)s: %(shown)s is not a date such as 2026-01-31.")
            % {"named": named, "shown": f"{shown!r}"}
        )
    return text


def notes_on(columns: Sequence[Column], cells: Sequence[str | None]) -> list[str]:
    """Say which cells are beyond what the model learnt from."""
    notes = []
    for column, cell in zip(columns, cells, strict=True):
        if cell is None:
            continue
        if column.kind is ColumnKind.CATEGORY:
            if column.choices and cell not in column.choices:
                notes.append(f"{column.name}: it never met {cell[:40]!r}.")
            continue
        value = _number(cell) if column.kind is ColumnKind.NUMBER else _day(cell)
        if value is None or column.low is None or column.high is None:
            continue
        if not column.low <= value <= column.high:
            notes.append(
                f"{column.name}: nearly all that it learnt from lay between "
                f"{span_of(column)}."
            )
    return notes


def span_of(column: Column) -> str:
    """Say between what the values lay that the model met."""
    if column.low is None or column.high is None:
        return ""
    if column.kind is ColumnKind.DATE:
        low, high = (
            date.fromordinal(EPOCH.toordinal() + int(one)).isoformat()
            for one in (column.low, column.high)
        )
        return f"{low} and {high}"
    return f"{column.low:g} and {column.high:g}"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _day(text: str) -> float | None:
    try:
        return float((datetime.fromisoformat(text).date() - EPOCH).days)
    except (ValueError, OverflowError):
        return None
