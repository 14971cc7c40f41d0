"""CSV and TSV: types learnt from every row, then every row again with these.

What counts as missing and as true is what pandas takes for it. Numbers with zeros before
them, such as postcodes, stay text.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from training.runner.inside.viewing.features import MOST_COLUMNS, distinct
from training.runner.inside.viewing.grouping import Given, Group, grouped
from training.runner.inside.viewing.stored import (
    PACKED,
    Stored,
    decoded,
    first_undecodable,
    lines_of,
)
from training.runner.inside.viewing.unreadable import Unreadable, shown
from training.runner.inside.viewing.writing import Table

BLOCK_BYTES = 2 << 20
MOST_BLOCK_BYTES = 32 << 20  # where a value is longer than the usual block
SEPARATORS = ",;\t|"
MOST_HEADER_BYTES = 8 << 20
EXACT = 2**53  # whole numbers up to here are exact as float64
MISSING = pa.array(
    [
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan"),
        *("1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a"),
        *("nan", "null"),
    ]
)
TRUTHS = pa.array(["true", "True", "TRUE", "false", "False", "FALSE"])
TRUE = pa.array(["true", "True", "TRUE"])
NO_WHOLE = r"^[+-]?0[0-9]|[xX]"  # zeros that mean something; hexadecimals are codes
LADDER = (pa.bool_(), pa.int64(), pa.float64(), pa.string())


def tables(given: Given) -> Iterator[Table]:
    """Yield the tables of CSV files.

    Raises:
        Unreadable: a file is damaged; says where.
    """
    headers = {file.path: _header(file) for file in given.files}
    for group in grouped(given, lambda file: headers[file.path][0]):
        try:
            block_bytes = BLOCK_BYTES
            columns = _learnt(group, headers, block_bytes)
        except _LongValue:
            block_bytes = MOST_BLOCK_BYTES
            columns = _learnt(group, headers, block_bytes)
        schema = pa.schema((name, it.type) for name, it in columns.items())
        typed = (
            pa.RecordBatch.from_arrays(
                [one.typed(block.column(name)) for name, one in columns.items()],
                schema=schema,
            )
            for block in _blocks(group, headers, block_bytes)
        )
        yield Table(group.config, group.split, schema, typed)


class _LongValue(Exception):
    """A value is longer than a block."""


def _learnt(
    group: Group, headers: "dict[str, Header]", block_bytes: int
) -> "dict[str, _Column]":
    columns = {name: _Column() for name in group.columns}
    for block in _blocks(group, headers, block_bytes):
        for name, column in columns.items():
            column.learn(block.column(name))
    return columns


class _Column:
    """The type of a column as far as it was read: the first of LADDER that fits all."""

    def __init__(self) -> None:
        self._rung = 0
        self._has_values = self._has_large = False

    @property
    def type(self) -> pa.DataType:
        return LADDER[self._rung] if self._has_values else pa.string()

    def learn(self, texts: pa.Array) -> None:
        if self.type == pa.string() and self._has_values:
            return
        values = pc.drop_null(_without_missing(texts))
        if not len(values):
            return
        while not self._fits(values):
            self._rung += 1
            if self._has_values and self._rung == 1:
                self._rung = len(LADDER) - 1  # what was true or false is no number
        self._has_values = True

    def _fits(self, values: pa.Array) -> bool:
        wanted = LADDER[self._rung]
        if wanted == pa.bool_():
            return bool(pc.all(pc.is_in(values, TRUTHS)).as_py())
        if wanted == pa.string():
            return True
        try:
            numbers = _number(values, wanted)
        except pa.ArrowInvalid:
            return False
        if wanted == pa.int64():
            if _any(pc.match_substring_regex(values, NO_WHOLE)):
                self._rung = len(LADDER) - 2  # the next is text
                return False
            most = pc.min_max(numbers)
            self._has_large |= max(-most["min"].as_py(), most["max"].as_py()) > EXACT
            return True
        return not (self._has_large or _has_long_whole(values))

    def typed(self, texts: pa.Array) -> pa.Array:
        """Return values as the type that was learnt."""
        values = _without_missing(texts)
        wanted = self.type
        if wanted == pa.bool_():
            return pc.if_else(pc.is_null(values), None, pc.is_in(values, TRUE))
        return values if wanted == pa.string() else _number(values, wanted)


def _number(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    try:
        return pc.cast(values, wanted)
    except pa.ArrowInvalid:
        plain = pc.replace_substring_regex(
            pc.ascii_trim_whitespace(values), r"^\+([0-9.])", r"\1"
        )
        return pc.cast(plain, wanted)


def _without_missing(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_in(texts, MISSING), pa.scalar(None, pa.string()), texts)


def _has_long_whole(values: pa.Array) -> bool:
    """Whether one is a whole number that would lose digits, or is written as a code."""
    return _any(pc.match_substring_regex(values, r"^[+-]?([0-9]{17,}|0[0-9]+)$"))


def _any(flags: pa.Array) -> bool:
    return bool(pc.any(flags).as_py())


Header = tuple[
    list[str], str, int
]  # its names, the separator, and how many lines it has


def _header(file: Stored) -> Header:
    lines = _text_lines(file)
    first = next(lines, "")
    if not first.strip():
        raise file.fault(
            "empty_file", "has no header. Put the names of columns first.", 1
        )
    if len(first) > MOST_HEADER_BYTES:
        raise _too_wide(file)
    separator = _separator(file, first)
    reader = csv.reader(_chained(first, lines), delimiter=separator)
    try:
        names = next(reader)
    except csv.Error as wrong:
        raise file.fault("bad_header", f"is no header: {wrong}. Mend it.", 1) from wrong
    if len(names) > MOST_COLUMNS:
        raise _too_wide(file)
    return distinct([name.strip() for name in names]), separator, reader.line_num


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _text_lines(file: Stored) -> Iterator[str]:
    for number, line in lines_of(file):
        yield decoded(file, line, number) + "\n"


def _too_wide(file: Stored) -> Unreadable:
    return file.fault(
        "too_many_columns",
        f"names more than {MOST_COLUMNS:,} columns. Turn it, so that what are columns now "
        "become rows.",
        1,
    )


def _separator(file: Stored, first: str) -> str:
    name = file.path.lower()
    for suffix in PACKED:
        name = name.removesuffix(suffix)
    if PurePosixPath(name).suffix in {".tsv", ".tab"}:
        return "\t"
    counts = {each: first.count(each) for each in SEPARATORS}
    return "," if counts[","] else max(SEPARATORS, key=lambda each: counts[each])


def _blocks(
    group: Group, headers: dict[str, Header], block_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Yield all rows of a table as text, with its columns in their order."""
    for file in group.files:
        for block in _of_file(file, headers[file.path], block_bytes):
            yield block.select(list(group.columns))


def _of_file(
    file: Stored, header: Header, block_bytes: int
) -> Iterator[pa.RecordBatch]:
    names, separator, head_lines = header
    with file.open() as source:
        for _ in range(head_lines):
            source.readline()
        if not source.peek(1):
            return
        try:
            yield from arrow_csv.open_csv(
                source,
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, block_size=block_bytes, column_names=names
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=separator, newlines_in_values=True
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as wrong:
            told = str(wrong)
            if "straddling" in told and block_bytes < MOST_BLOCK_BYTES:
                raise _LongValue from wrong
            if "Empty CSV" not in told:
                raise _located(file, header, told) from wrong


def _located(file: Stored, header: Header, problem: str) -> Unreadable:
    """Say on which line a file is at fault, having read it again row by row."""
    names, separator, _ = header
    if unreadable := first_undecodable(file):
        return unreadable
    csv.field_size_limit(MOST_BLOCK_BYTES)
    reader = csv.reader(_text_lines(file), delimiter=separator)
    line = 0
    try:
        for row in reader:
            if row and len(row) != len(names):
                return file.fault(
                    "ragged_row",
                    f"has {_counted(row)} where the header names {len(names)}. Mend the "
                    "line; put a value that holds the separator into quotes.",
                    line + 1,
                )
            line = reader.line_num
    except csv.Error:
        return file.fault(
            "open_quote",
            f"begins a value of more than {MOST_BLOCK_BYTES >> 20} MiB; perhaps a quote is "
            "opened there and never closed. Close it, or double it if it is text.",
            line + 1,
        )
    return file.fault("bad_csv", f"is no CSV that can be read: {shown(problem)}")


def _counted(row: Sequence[Any]) -> str:
    return f"{len(row)} value{'s' * (len(row) != 1)}"
