"""Tables that are text, read row by row with the standard library alone."""

import csv
import json
from collections.abc import Iterator
from typing import IO, Any, Protocol

from training.runner.inside.refusal import Refusal

STAGE = "READ"
FIRST_ROW = 2  # a spreadsheet counts the header as row 1
LONGEST_FIELD = 1_000_000
MOST_COLUMNS = 5_000
BOM = b"\xef\xbb\xbf"
OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"7z\xbc\xaf": "7-Zip",
}

Cells = Iterator[tuple[int, list[str]]]


class Rows(Protocol):
    """A table in some format, row by row. `first_row` is the number of the first."""

    first_row: int
    names: list[str]

    def cells(self) -> Cells:
        """Yield each row's number and its cells as text, in the order of `names`."""


def head_of(file: IO[bytes], size: int = LONGEST_FIELD) -> bytes:
    file.seek(0)
    return file.read(size)


def whole_of(file: IO[bytes]) -> bytes:
    return head_of(file, -1)


def text_rows(file: IO[bytes]) -> Rows:
    """Return a table that is CSV or JSON Lines.

    Raises:
        Refusal: the file is empty, compressed, or neither.
    """
    return JsonRows(file) if is_json(file) else CsvRows(file)


def is_json(file: IO[bytes]) -> bool:
    """Tell JSON Lines from CSV by how it begins.

    Raises:
        Refusal: the file is empty, compressed, or a list of JSON.
    """
    data = head_of(file)
    if not data.strip() and not whole_of(file).strip():
        raise Refusal("empty_file", "The file is empty.", STAGE)
    for magic, name in PACKED.items():
        if data.startswith(magic):
            message = f"The file is compressed ({name}): unpack it and hand that in."
            raise Refusal("compressed", message, STAGE)
    start = data.removeprefix(BOM).lstrip()[:1]
    if start == b"[":
        message = "This is a JSON list: write JSON Lines, one object a line, instead."
        raise Refusal("json_list", message, STAGE)
    return start == b"{"


def not_utf8(row: int) -> Refusal:
    message = f"Row {row} is not UTF-8 text: save the file as CSV in UTF-8."
    return Refusal("wrong_encoding", message, STAGE, [(row, "", "not UTF-8")], 1)


def named_once(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"The header names {twice[0]!r} twice."
        raise Refusal("wrong_header", message, STAGE)
    if len(names) > MOST_COLUMNS:
        message = f"The file has {len(names):,} columns; {MOST_COLUMNS:,} are the most."
        raise Refusal("wrong_header", message, STAGE)
    return names


class CsvRows:
    """Commas and a header; a byte order mark and either line end are taken."""

    first_row = FIRST_ROW

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        data = head_of(file)
        if data.startswith(OTHER_ENCODINGS) or b"\0" in data[:1000]:
            raise not_utf8(1)
        line = data.removeprefix(BOM).split(b"\n", 1)[0]
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise not_utf8(1) from None
        if "\r" in text.rstrip("\r"):
            message = (
                "The file ends its lines as old Macs did: save it as CSV with \\n."
            )
            raise Refusal("wrong_line_ends", message, STAGE)
        names = next(csv.reader([text.rstrip("\r")]), [])
        if len(names) == 1 and any(mark in text for mark in ";\t|"):
            message = "The columns must be separated by commas, as in: id,prediction."
            raise Refusal("wrong_separator", message, STAGE)
        self.names = named_once(names)

    def cells(self) -> Cells:
        csv.field_size_limit(LONGEST_FIELD)
        lines = csv.reader(self._lines(), strict=True)
        try:
            next(lines)
            yield from enumerate(lines, start=FIRST_ROW)
        except csv.Error as broken:
            message = f"Row {lines.line_num} is not CSV: {broken}."
            raise Refusal("malformed_csv", message, STAGE) from broken

    def _lines(self) -> Iterator[str]:
        """Decode line by line, so that a bad byte has a row."""
        self._file.seek(len(BOM) if head_of(self._file, len(BOM)) == BOM else 0)
        for number, line in enumerate(self._file, start=1):
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise not_utf8(number) from None


class JsonRows:
    """One JSON object a line; the first line's keys are the columns."""

    first_row = 1

    def __init__(self, file: IO[bytes]) -> None:
        self._data = whole_of(file).removeprefix(BOM)
        first = self._data.lstrip().split(b"\n", 1)[0]
        self.names = named_once(list(self._object(first, row=1)))

    def _object(self, line: bytes, *, row: int) -> dict[str, Any]:
        try:
            read = json.loads(line)
        except (ValueError, RecursionError) as broken:
            message = f"Line {row} is not JSON: {str(broken)[:80]}."
            told = [(row, "", "not JSON")]
            raise Refusal("malformed_json", message, STAGE, told, 1) from broken
        if not isinstance(read, dict):
            message = f'Line {row} is not a JSON object, as in: {{"id": 1, …}}.'
            raise Refusal("malformed_json", message, STAGE, [(row, "", "no object")], 1)
        return read

    def cells(self) -> Cells:
        for row, line in enumerate(self._data.split(b"\n"), start=1):
            if line.strip():
                read = self._object(line, row=row)
                yield row, [as_text(read.get(name)) for name in self.names]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (dict, list)):
        return json.dumps(value)[:100]
    return str(value)
