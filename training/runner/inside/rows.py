"""Reads tables row by row, so that whoever wrote one is told of each bad row."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.refusal import Refusal
from training.runner.inside.text_sources import STAGE, Rows

MOST_SHOWN = 10
LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Table:
    """Ids and numbers of a file. `rows` are the numbers a spreadsheet gives the rows."""

    ids: NDArray[Any]  # (n,) int64, or bytes of fixed width
    values: NDArray[np.float64]  # (n, columns)
    rows: NDArray[np.int64] | range  # (n,)
    texts: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a file: `columns` as numbers, `texts` as they are, even empty.

    With `has_integer_ids`, 7 and 007 are one. With `words`, values are words of these and
    become their places. What `may_be_missing` is NaN where a field is empty.
    """

    id: str
    columns: tuple[str, ...]
    texts: tuple[str, ...]
    has_integer_ids: bool
    may_be_missing: bool = False
    words: tuple[str, ...] = ()


class BadRows:
    """Collects what is wrong with single rows: the first few, and how many."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, str, str]] = []
        self.count = 0

    def add(self, row: int, identifier: str, problem: str) -> None:
        self.count += 1
        if len(self.shown) < MOST_SHOWN:
            self.shown.append((row, identifier[:60], problem))

    def refuse(self, code: str, message: str) -> None:
        if self.count:
            told = "; ".join(f"row {row}: {why}" for row, _, why in self.shown)
            more = (
                ""
                if self.count <= MOST_SHOWN
                else f" and {self.count - MOST_SHOWN} more"
            )
            text = f"{message} {told}{more}."
            raise Refusal(code, text, STAGE, self.shown, self.count)


def as_bytes(texts: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([text.encode() for text in texts], dtype=np.bytes_)


def _number(text: str) -> float:
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _identifier(text: str, *, is_integer: bool) -> int | str:
    """Read an id; a table program may have written 7 as 7.0.

    Raises:
        ValueError: it is not an integer that 64 bits hold.
    """
    if not is_integer:
        return text
    number = _number(text)
    whole = int(text) if text.strip().lstrip("+-").isdigit() else int(number)
    if (whole != number and abs(whole) < 2**53) or not -(2**63) <= whole < 2**63:
        raise ValueError(text)
    return whole


def read_rows(source: Rows, wanted: Wanted) -> Table:
    """Read row by row, noting every bad one.

    Raises:
        Refusal: rows are malformed; it lists them by number.
    """
    words = {word: float(place) for place, word in enumerate(wanted.words)}
    names = source.names
    id_place = names.index(wanted.id)
    places = [(names.index(name), name) for name in wanted.columns]
    text_places = [(names.index(name), name) for name in wanted.texts]
    ids: list[int | str] = []
    values, rows = array("d"), array("q")
    texts: dict[str, list[str]] = {name: [] for name in wanted.texts}
    bad = BadRows()
    for row, fields in source.cells():
        if not any(field.strip() for field in fields):
            continue
        named = fields[id_place].strip() if id_place < len(fields) else ""
        if len(fields) != len(names):
            bad.add(row, named, f"{len(fields)} fields instead of {len(names)}")
            continue
        try:
            identifier = _identifier(named, is_integer=wanted.has_integer_ids)
        except (ValueError, OverflowError):
            bad.add(row, named, f"the id {named[:40]!r} is not a whole number")
            continue
        if not named or len(named.encode()) > LONGEST_ID:
            bad.add(row, named, "the id is empty or too long")
            continue
        read = _read_values(fields, places, words, may_be_missing=wanted.may_be_missing)
        if isinstance(read, str):
            bad.add(row, named, read)
            continue
        ids.append(identifier)
        values.extend(read)
        rows.append(row)
        for place, name in text_places:
            texts[name].append(fields[place])
    bad.refuse("bad_rows", f"{bad.count} rows cannot be read:")
    if not ids:
        raise Refusal("no_rows", "The file has a header and no rows.", STAGE)
    is_integer = wanted.has_integer_ids
    kept = np.array(ids, dtype=np.int64) if is_integer else as_bytes(_texts(ids))
    table = np.frombuffer(values, dtype=np.float64).reshape(len(ids), len(places))
    return Table(kept, table, np.frombuffer(rows, dtype=np.int64), texts)


def _texts(ids: Sequence[int | str]) -> list[str]:
    return [str(one) for one in ids]


def told_of(classes: list[str]) -> str:
    """Say the classes in short: “0-9” where they are numbers in a row."""
    numbers = [int(one) if one.isdecimal() else -1 for one in classes]
    in_a_row = list(range(numbers[0], numbers[0] + len(numbers))) if numbers else []
    if len(numbers) > 2 and numbers[0] >= 0 and numbers == in_a_row:
        return f"{classes[0]}-{classes[-1]}"
    more = f" and {len(classes) - 8} more" if len(classes) > 8 else ""
    return ", ".join(classes[:8]) + more


def _read_values(
    fields: list[str],
    places: list[tuple[int, str]],
    words: dict[str, float],
    *,
    may_be_missing: bool,
) -> list[float] | str:
    """Return one row's numbers, or what is wrong with it."""
    read = []
    for place, name in places:
        text = fields[place].strip()
        if words:
            if text not in words:
                return f"{name} {text[:40]} is not one of {told_of(list(words))}"
            read.append(words[text])
        elif not text:
            if not may_be_missing:
                return f"{name} is empty"
            read.append(float("nan"))
        else:
            try:
                read.append(_number(text))
            except ValueError:
                return f"{name} is {text[:40]!r}, not a number"
    return read
