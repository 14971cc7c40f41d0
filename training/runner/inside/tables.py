"""Reads CSV: fast where all is well, and line by line where someone must be told."""

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.refusal import Refusal

STAGE = "READ"
MOST_SHOWN = 10
LONGEST_ID = 200
LONGEST_FIELD = 1_000_000
BOM = b"\xef\xbb\xbf"
OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
FIRST_ROW = 2  # a spreadsheet counts the header as row 1


@dataclass(frozen=True, slots=True)
class Table:
    """Ids and numbers of a file. `rows` are the numbers a spreadsheet gives the rows."""

    ids: NDArray[Any]  # (n,) int64, or bytes of fixed width
    values: NDArray[np.float64]  # (n, columns)
    rows: NDArray[np.int64]  # (n,)


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
    """Return the names in the first line.

    Raises:
        Refusal: the file is empty, not UTF-8, or not separated by commas.
    """
    if not data.strip():
        raise Refusal("empty_file", "The file is empty.", STAGE)
    if data.startswith(OTHER_ENCODINGS) or b"\0" in data[:1000]:
        raise _not_utf8(1)
    line = data.removeprefix(BOM).split(b"\n", 1)[0][:LONGEST_FIELD]
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise _not_utf8(1) from None
    if "\r" in text.rstrip("\r"):
        message = "The file ends its lines as old Macs did: save it as CSV with \\n."
        raise Refusal("wrong_line_ends", message, STAGE)
    names = next(csv.reader([text.rstrip("\r")]), [])
    if len(names) == 1 and any(mark in text for mark in ";\t|"):
        message = "The columns must be separated by commas, as in: id,prediction."
        raise Refusal("wrong_separator", message, STAGE)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"The header names {twice[0]!r} twice."
        raise Refusal("wrong_header", message, STAGE)
    return names


def _not_utf8(row: int) -> Refusal:
    message = f"Row {row} is not UTF-8 text: save the file as CSV in UTF-8."
    return Refusal("wrong_encoding", message, STAGE, [(row, "", "not UTF-8")], 1)


def read_table(
    data: bytes,
    *,
    id_column: str,
    columns: Sequence[str],
    has_integer_ids: bool,
    words: Sequence[str] = (),
    may_be_missing: bool = False,
) -> Table:
    """Read the id column and `columns` as numbers.

    Args:
        data: the file; its header names all of these and perhaps others, which are
            ignored.
        id_column: whose values name the rows.
        columns: in the order wanted.
        has_integer_ids: read ids as numbers, so that 7 and 007 are one.
        words: if given, values are words of this list and become their places in it.
        may_be_missing: an empty field is NaN, not an error.

    Raises:
        Refusal: rows are malformed; it lists them by number.
    """
    names = header_of(data)
    fast = _read_fast(
        data, names, id_column, columns, has_integer_ids=has_integer_ids, words=words
    )
    if fast is not None and (may_be_missing or not np.isnan(fast.values).any()):
        return fast
    return _read_slowly(
        data,
        names,
        id_column,
        columns,
        has_integer_ids=has_integer_ids,
        words={word: float(place) for place, word in enumerate(words)},
        may_be_missing=may_be_missing,
    )


def _read_fast(
    data: bytes,
    names: list[str],
    id_column: str,
    columns: Sequence[str],
    *,
    has_integer_ids: bool,
    words: Sequence[str],
) -> Table | None:
    """Read with polars; None if anything at all is odd."""
    kinds: dict[str, Any] = dict.fromkeys(names, pl.String)
    kinds[id_column] = pl.Int64 if has_integer_ids else pl.String
    value_kind = pl.String if words else pl.Float64
    kinds |= dict.fromkeys(columns, value_kind)
    try:
        frame = pl.read_csv(data, schema=kinds).select(id_column, *columns)
        rows = np.arange(frame.height, dtype=np.int64) + FIRST_ROW
        is_blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
        if is_blank.any():
            rows = rows[~is_blank.to_numpy()]
            frame = frame.filter(~is_blank)
        if words:
            place = {word: float(place) for place, word in enumerate(words)}
            frame = frame.with_columns(
                pl.col(*columns).replace_strict(place, return_dtype=pl.Float64)
            )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    identifiers = frame[id_column]
    if not frame.height or identifiers.null_count():
        return None
    if has_integer_ids:
        ids = identifiers.to_numpy()
    else:
        longest = identifiers.str.len_bytes().max()
        if isinstance(longest, int) and longest > LONGEST_ID:
            return None
        ids = as_bytes(identifiers.to_list())
    values = frame.select(pl.col(*columns)).cast(pl.Float64).fill_null(np.nan)
    return Table(ids, values.to_numpy().astype(np.float64, copy=False), rows)


def as_bytes(texts: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([text.encode() for text in texts], dtype=np.bytes_)


def _lines(data: bytes) -> Iterator[str]:
    """Decode line by line, so that a bad byte has a row.

    Raises:
        Refusal: a line is not UTF-8.
    """
    for number, line in enumerate(io.BytesIO(data.removeprefix(BOM)), start=1):
        try:
            yield line.decode()
        except UnicodeDecodeError:
            raise _not_utf8(number) from None


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


def _read_slowly(
    data: bytes,
    names: list[str],
    id_column: str,
    columns: Sequence[str],
    *,
    has_integer_ids: bool,
    words: dict[str, float],
    may_be_missing: bool,
) -> Table:
    """Read with the csv module, noting every bad row."""
    csv.field_size_limit(LONGEST_FIELD)
    id_place = names.index(id_column)
    places = [(names.index(name), name) for name in columns]
    ids: list[int | str] = []
    values, rows = array("d"), array("q")
    bad = BadRows()
    lines = csv.reader(_lines(data), strict=True)
    try:
        next(lines)
        for row, fields in enumerate(lines, start=FIRST_ROW):
            if not any(field.strip() for field in fields):
                continue
            named = fields[id_place].strip() if id_place < len(fields) else ""
            if len(fields) != len(names):
                problem = f"{len(fields)} fields instead of {len(names)}"
                bad.add(row, named, problem)
                continue
            try:
                identifier = _identifier(named, is_integer=has_integer_ids)
            except (ValueError, OverflowError):
                bad.add(row, named, f"the id {named[:40]!r} is not a whole number")
                continue
            if not named or len(named.encode()) > LONGEST_ID:
                bad.add(row, named, "the id is empty or too long")
                continue
            read = _read_values(fields, places, words, may_be_missing=may_be_missing)
            if isinstance(read, str):
                bad.add(row, named, read)
                continue
            ids.append(identifier)
            values.extend(read)
            rows.append(row)
    except csv.Error as broken:
        message = f"Row {lines.line_num} is not CSV: {broken}."
        raise Refusal("malformed_csv", message, STAGE) from broken
    bad.refuse("bad_rows", f"{bad.count} rows cannot be read:")
    if not ids:
        raise Refusal("no_rows", "The file has a header and no rows.", STAGE)
    kept = np.array(ids, dtype=np.int64) if has_integer_ids else as_bytes(_texts(ids))
    table = np.frombuffer(values, dtype=np.float64).reshape(len(ids), len(columns))
    return Table(kept, table, np.frombuffer(rows, dtype=np.int64))


def _texts(ids: Sequence[int | str]) -> list[str]:
    return [str(one) for one in ids]


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
                return f"{name} is {text[:40]!r}, which is none of the classes"
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
