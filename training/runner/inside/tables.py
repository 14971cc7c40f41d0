"""Reads tables: fast where all is well, and row by row where someone must be told."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.refusal import Refusal
from training.runner.inside.sources import (
    FIRST_ROW,
    STAGE,
    CsvSource,
    Source,
    source_of,
)

MOST_SHOWN = 10
LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Table:
    """Ids and numbers of a file. `rows` are the numbers a spreadsheet gives the rows."""

    ids: NDArray[Any]  # (n,) int64, or bytes of fixed width
    values: NDArray[np.float64]  # (n, columns)
    rows: NDArray[np.int64]  # (n,)
    texts: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a file: `columns` as numbers, `texts` as they are."""

    id: str
    columns: tuple[str, ...]
    texts: tuple[str, ...]
    has_integer_ids: bool
    may_be_missing: bool


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


def header_of(data: bytes) -> list[str]:
    """Return the names of a file's columns, whatever its format.

    Raises:
        Refusal: the file is empty or of no format we read.
    """
    return source_of(data).names


def read_table(
    data: bytes | Source,
    *,
    id_column: str,
    columns: Sequence[str],
    has_integer_ids: bool,
    words: Sequence[str] = (),
    texts: Sequence[str] = (),
    may_be_missing: bool = False,
) -> Table:
    """Read the id column and `columns` as numbers, and `texts` as they are.

    Args:
        data: the file, or its source; its header names all of these and perhaps
            others, which are ignored.
        id_column: whose values name the rows.
        columns: in the order wanted.
        has_integer_ids: read ids as numbers, so that 7 and 007 are one.
        words: if given, values are words of this list and become their places in it.
        texts: columns whose cells are kept as text, empty ones too.
        may_be_missing: an empty field is NaN, not an error.

    Raises:
        Refusal: rows are malformed; it lists them by number.
    """
    source = source_of(data) if isinstance(data, bytes) else data
    wanted = Wanted(
        id_column, tuple(columns), tuple(texts), has_integer_ids, may_be_missing
    )
    fast = _read_fast(source, wanted, words)
    if fast is not None and (may_be_missing or not np.isnan(fast.values).any()):
        return fast
    places = {word: float(place) for place, word in enumerate(words)}
    return _read_slowly(source, wanted, places)


def _read_fast(source: Source, wanted: Wanted, words: Sequence[str]) -> Table | None:
    """Read with polars; None if anything at all is odd."""
    kinds: dict[str, Any] = {
        wanted.id: pl.Int64 if wanted.has_integer_ids else pl.String
    }
    kinds |= dict.fromkeys(wanted.columns, pl.String if words else pl.Float64)
    kinds |= dict.fromkeys(wanted.texts, pl.String)
    frame = source.frame(kinds)
    if frame is None:
        return None
    first = FIRST_ROW if isinstance(source, CsvSource) else 1
    rows = np.arange(frame.height, dtype=np.int64) + first
    is_blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if is_blank.any():
        rows = rows[~is_blank.to_numpy()]
        frame = frame.filter(~is_blank)
    if words:
        place = {word: float(place) for place, word in enumerate(words)}
        try:
            frame = frame.with_columns(
                pl.col(*wanted.columns).replace_strict(place, return_dtype=pl.Float64)
            )
        except pl.exceptions.PolarsError:
            return None
    identifiers = frame[wanted.id]
    if not frame.height or identifiers.null_count():
        return None
    if wanted.has_integer_ids:
        ids = identifiers.to_numpy()
    else:
        longest = identifiers.str.len_bytes().max()
        if isinstance(longest, int) and longest > LONGEST_ID:
            return None
        ids = as_bytes(identifiers.to_list())
    values = np.empty((frame.height, 0))
    if wanted.columns:
        numbers = frame.select(*wanted.columns).cast(pl.Float64).fill_null(np.nan)
        values = numbers.to_numpy().astype(np.float64, copy=False)
    texts = {name: frame[name].fill_null("").to_list() for name in wanted.texts}
    return Table(ids, values, rows, texts)


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


def _read_slowly(source: Source, wanted: Wanted, words: dict[str, float]) -> Table:
    """Read row by row, noting every bad one."""
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
