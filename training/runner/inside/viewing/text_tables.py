"""Text, a row a line; and ARFF, whose header says the columns."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from training.runner.inside.viewing.features import MOST_COLUMNS, distinct
from training.runner.inside.viewing.grouping import Given, grouped
from training.runner.inside.viewing.inferring import (
    BLOCK_BYTES,
    BLOCK_ROWS,
    Block,
    in_blocks,
    read_twice,
)
from training.runner.inside.viewing.stored import Stored, decoded, lines_of
from training.runner.inside.viewing.unreadable import shown
from training.runner.inside.viewing.writing import Table

TEXT = pa.schema([("text", pa.string())])
NUMERIC = ("numeric", "real", "integer")
QUOTED = r"""'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)\""""
VALUE = re.compile(rf"""\s*+(?:{QUOTED}|([^,'"{{}}]*+))\s*+(?:,|$)""")
PAIR = re.compile(rf"""\s*+(\d+)\s++(?:{QUOTED}|([^,'"]*+))\s*+(?:,|$)""")
NAME = re.compile(rf"""\s*+(?:{QUOTED}|(\S+))\s*+(.*)""")
ESCAPED = re.compile(r"\\(.)")


def text_tables(given: Given) -> Iterator[Table]:
    """Yield the table of text files: their lines.

    Raises:
        Unreadable: a line is no UTF-8, or endless.
    """
    yield Table(given.config, given.split, TEXT, _line_blocks(given))


def _line_blocks(given: Given) -> Iterator[pa.RecordBatch]:
    held: list[str] = []
    size = 0
    for file in given.files:
        for number, line in lines_of(file):
            held.append(decoded(file, line, number))
            size += len(line)
            if len(held) >= 10 * BLOCK_ROWS or size >= BLOCK_BYTES:
                yield pa.RecordBatch.from_pydict({"text": held}, TEXT)
                held, size = [], 0
    if held:
        yield pa.RecordBatch.from_pydict({"text": held}, TEXT)


@dataclass(frozen=True, slots=True)
class _Attribute:
    """A column: what it is called, whether it is a number, and what is not said of it."""

    name: str
    is_number: bool
    unsaid: Any


def arff_tables(given: Given) -> Iterator[Table]:
    """Yield the tables of ARFF files: numbers, and all else as text.

    Raises:
        Unreadable: a line is not what the header says; which one.
    """
    headers = {file.path: _header(file) for file in given.files}
    columns = {path: [one.name for one in head[0]] for path, head in headers.items()}
    for group in grouped(given, lambda file: columns[file.path]):

        def blocks(files: Any = group.files) -> Iterator[Block]:
            return in_blocks(row for file in files for row in _rows(file, headers))

        yield read_twice(group.config, group.split, blocks)


def _header(file: Stored) -> tuple[list[_Attribute], int]:
    """Return the attributes, and the line after which the rows begin."""
    found: list[_Attribute] = []
    for number, line in lines_of(file):
        text = decoded(file, line, number).strip()
        word = text.partition(" ")[0].partition("\t")[0].lower()
        if word == "@attribute":
            found.append(_attribute(file, text[len(word) :], number))
        if len(found) > MOST_COLUMNS:
            raise file.fault(
                "too_many_columns",
                f"is attribute {MOST_COLUMNS + 1:,}; fewer is the most.",
                number,
            )
        if word == "@data":
            names = distinct([one.name for one in found])
            named = [
                _Attribute(name, one.is_number, one.unsaid)
                for name, one in zip(names, found, strict=True)
            ]
            return named, number
    raise file.fault("no_table", "has no line @data. Check that it is whole.")


def _attribute(file: Stored, told: str, line: int) -> _Attribute:
    match = NAME.match(told)
    if match is None or not match[4]:
        raise file.fault(
            "bad_header", "is no attribute: write @attribute name type.", line
        )
    name = _said(match[1] or match[2] or match[3] or "")
    kind = match[4].strip()
    if kind.startswith("{"):
        first = VALUE.match(kind[1:].rstrip("} \t"))
        return _Attribute(
            name, is_number=False, unsaid=_value(first) if first else None
        )
    is_number = kind.partition(" ")[0].lower() in NUMERIC
    return _Attribute(name, is_number, 0.0 if is_number else None)


def _rows(
    file: Stored, headers: dict[str, tuple[list[_Attribute], int]]
) -> Iterator[tuple[dict[str, Any], int]]:
    attributes, begin = headers[file.path]
    for number, line in lines_of(file):
        text = decoded(file, line, number).strip()
        if number <= begin or not text or text.startswith("%"):
            continue
        if text.startswith("{"):
            said = _sparse(file, attributes, text, number)
        else:
            said = _dense(file, attributes, text, number)
        yield (
            {
                one.name: _typed(file, one, value, number)
                for one, value in zip(attributes, said, strict=True)
            },
            len(line),
        )


def _dense(
    file: Stored, attributes: list[_Attribute], text: str, line: int
) -> list[Any]:
    found = []
    place, has_more = 0, True
    while has_more:
        match = VALUE.match(text, place)
        if match is None:
            raise file.fault("bad_row", f"is no row: {shown(text[place:])}.", line)
        found.append(_value(match))
        has_more = match.end() > place and text[match.end() - 1] == ","
        place = match.end()
    if len(found) != len(attributes):
        raise file.fault(
            "ragged_row",
            f"has {len(found)} values where the header names {len(attributes)}. Mend it.",
            line,
        )
    return found


def _sparse(
    file: Stored, attributes: list[_Attribute], text: str, line: int
) -> list[Any]:
    found = [one.unsaid for one in attributes]
    inside, place = text[1:].rstrip("} \t"), 0
    while place < len(inside):
        match = PAIR.match(inside, place)
        if match is None or int(match[1]) >= len(found):
            raise file.fault(
                "bad_row", f"is no sparse row: {shown(inside[place:])}.", line
            )
        quoted = match[2] if match[2] is not None else match[3]
        found[int(match[1])] = _plain(quoted, match[4])
        place = match.end()
    return found


def _value(match: "re.Match[str]") -> str | None:
    return _plain(match[1] if match[1] is not None else match[2], match[3])


def _plain(quoted: str | None, bare: str | None) -> str | None:
    if quoted is not None:
        return _said(quoted)
    plain = (bare or "").strip()
    return None if plain in {"", "?"} else plain


def _said(text: str) -> str:
    return ESCAPED.sub(r"\1", text)


def _typed(file: Stored, one: _Attribute, value: Any, line: int) -> Any:
    if value is None or not one.is_number or isinstance(value, float):
        return value
    try:
        return float(value)
    except ValueError:
        raise file.fault(
            "no_number",
            f"has “{shown(value)}” where “{shown(one.name)}” is a number. Mend it, or make "
            "the attribute a string.",
            line,
        ) from None
