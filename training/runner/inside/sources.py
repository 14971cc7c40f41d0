"""The formats that a file of predictions may have, told by its first bytes."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import polars as pl

from training.runner.inside.footers import BadFooter, unpacked_bytes
from training.runner.inside.refusal import Refusal

STAGE = "READ"
FIRST_ROW = 2  # a spreadsheet counts the header as row 1
LONGEST_FIELD = 1_000_000
MOST_ROWS = 20_000_000
MOST_UNPACKED_BYTES = 2**30
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


class Source(Protocol):
    """A table in some format: its columns, all at once or row by row."""

    names: list[str]

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        """Return the columns as these types, or None if anything is odd."""

    def cells(self) -> Cells:
        """Yield each row's number and its cells as text, in the order of `names`."""


def source_of(data: bytes) -> Source:
    """Tell a file's format by its content, and read what its columns are called.

    Raises:
        Refusal: the file is empty, compressed, or of no format we read.
    """
    if not data[:LONGEST_FIELD].strip() and not data.strip():
        raise Refusal("empty_file", "The file is empty.", STAGE)
    for magic, name in PACKED.items():
        if data.startswith(magic):
            message = f"The file is compressed ({name}): unpack it and hand that in."
            raise Refusal("compressed", message, STAGE)
    if data.startswith(b"PAR1"):
        return ParquetSource(data)
    if data.startswith(b"PK\x03\x04"):
        return NpzSource(data)
    start = data[:LONGEST_FIELD].removeprefix(BOM).lstrip()[:1]
    if start == b"{":
        return JsonSource(data)
    if start == b"[":
        message = "This is a JSON list: write JSON Lines, one object a line, instead."
        raise Refusal("json_list", message, STAGE)
    return CsvSource(data)


def not_utf8(row: int) -> Refusal:
    message = f"Row {row} is not UTF-8 text: save the file as CSV in UTF-8."
    return Refusal("wrong_encoding", message, STAGE, [(row, "", "not UTF-8")], 1)


def _named_once(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"The header names {twice[0]!r} twice."
        raise Refusal("wrong_header", message, STAGE)
    if len(names) > MOST_COLUMNS:
        message = f"The file has {len(names):,} columns; {MOST_COLUMNS:,} are the most."
        raise Refusal("wrong_header", message, STAGE)
    return names


class CsvSource:
    """Commas and a header; a byte order mark and either line end are taken."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        if data.startswith(OTHER_ENCODINGS) or b"\0" in data[:1000]:
            raise not_utf8(1)
        line = data[:LONGEST_FIELD].removeprefix(BOM).split(b"\n", 1)[0]
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
        self.names = _named_once(names)

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        whole = dict.fromkeys(self.names, pl.String) | dict(kinds)
        try:
            return pl.read_csv(self._data, schema=whole).select(*kinds)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

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
        plain = io.BytesIO(self._data.removeprefix(BOM))
        for number, line in enumerate(plain, start=1):
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise not_utf8(number) from None


class JsonSource:
    """One JSON object a line; the first line's keys are the columns."""

    def __init__(self, data: bytes) -> None:
        self._data = data.removeprefix(BOM)
        first = self._data.lstrip().split(b"\n", 1)[0]
        self.names = _named_once(list(self._object(first, row=1)))

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

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        try:
            return pl.read_ndjson(self._data, schema=dict(kinds)).select(*kinds)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def cells(self) -> Cells:
        for row, line in enumerate(self._data.split(b"\n"), start=1):
            if line.strip():
                read = self._object(line, row=row)
                yield row, [_as_text(read.get(name)) for name in self.names]


def require_unpackable(size_bytes: int) -> None:
    """Return if a Parquet file's columns are not too long once they are unpacked.

    Raises:
        Refusal: they are.
    """
    if size_bytes > MOST_UNPACKED_BYTES:
        message = (
            f"The Parquet file's columns unpack to {size_bytes / 2**20:,.0f} MiB; "
            f"{MOST_UNPACKED_BYTES // 2**20:,} MiB are the most."
        )
        raise Refusal("too_large", message, STAGE)


class ParquetSource:
    """A Parquet file of flat columns."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._unpacked = unpacked_bytes(data)
            scan = pl.scan_parquet(io.BytesIO(data))
            self._kinds = scan.collect_schema()
            rows = scan.select(pl.len()).collect().item()
        except (
            BadFooter,
            pl.exceptions.PolarsError,
            pl.exceptions.PanicException,
            OSError,
        ) as bad:
            raise self._broken(bad) from bad
        if rows > MOST_ROWS:
            message = f"The file has {rows:,} rows; {MOST_ROWS:,} are the most."
            raise Refusal("too_many_rows", message, STAGE)
        self.names = _named_once(list(self._kinds))

    def _broken(self, why: BaseException) -> Refusal:
        message = f"The Parquet file is damaged or cut off: {str(why)[:120]}."
        return Refusal("malformed_parquet", message, STAGE)

    def _read(self, names: list[str]) -> pl.DataFrame:
        nested = [name for name in names if self._kinds[name].is_nested()]
        if nested:
            message = f"The column {nested[0]!r} holds lists; give one value a row."
            raise Refusal("wrong_type", message, STAGE)
        require_unpackable(sum(self._unpacked[name] for name in names))
        try:
            return pl.read_parquet(io.BytesIO(self._data), columns=names)
        except (
            pl.exceptions.PolarsError,
            pl.exceptions.PanicException,
            OSError,
        ) as bad:
            raise self._broken(bad) from bad

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        return _cast(self._read(list(kinds)), kinds)

    def cells(self) -> Cells:
        frame = self._read(self.names)
        for row, values in enumerate(frame.iter_rows(), start=1):
            yield row, [_as_text(value) for value in values]


class NpzSource:
    """Arrays of NumPy, one for each column and all of one length."""

    def __init__(self, data: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = archive.infolist()
                size = sum(entry.file_size for entry in entries)
                if size > MOST_UNPACKED_BYTES or len(entries) > MOST_COLUMNS:
                    message = (
                        f"The archive unpacks to {size / 2**20:,.0f} MiB in "
                        f"{len(entries):,} arrays; that is too much."
                    )
                    raise Refusal("too_large", message, STAGE)
                if any(not entry.filename.endswith(".npy") for entry in entries):
                    message = "The zip archive holds other files than NumPy's arrays."
                    raise Refusal("malformed_npz", message, STAGE)
                self.names = _named_once([e.filename[:-4] for e in entries])
                self._arrays = {
                    entry.filename[:-4]: _array(archive, entry) for entry in entries
                }
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as bad:
            message = f"The NPZ file is damaged or cut off: {str(bad)[:120]}."
            raise Refusal("malformed_npz", message, STAGE) from bad
        shapes = {array.shape for array in self._arrays.values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            told = ", ".join(
                f"{name} {list(array.shape)}" for name, array in self._arrays.items()
            )
            message = (
                f"The arrays must be columns of one length; they are {told[:200]}."
            )
            raise Refusal("wrong_shape", message, STAGE)

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        return _cast(pl.DataFrame({name: self._arrays[name] for name in kinds}), kinds)

    def cells(self) -> Cells:
        columns = [self._arrays[name].tolist() for name in self.names]
        for row, values in enumerate(zip(*columns, strict=True), start=1):
            yield row, [_as_text(value) for value in values]


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> "np.ndarray[Any, Any]":
    """Read one array, believing neither its header nor the archive's directory."""
    with archive.open(entry) as packed:
        content = packed.read(entry.file_size + 1)
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, SyntaxError, MemoryError, OverflowError, EOFError) as bad:
        message = f"{entry.filename} is no array of numbers or text: {str(bad)[:80]}."
        raise Refusal("malformed_npz", message, STAGE) from bad
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biufUS":
        message = f"{entry.filename} is no array of numbers or text."
        raise Refusal("malformed_npz", message, STAGE)
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    return array


def _cast(frame: pl.DataFrame, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
    """Return the frame as these types, or None where that would lose something."""
    for name, kind in kinds.items():
        ours = frame.schema[name]
        is_loss = kind == pl.Int64 and not (ours.is_integer() or ours == pl.String)
        if is_loss or (kind == pl.String and ours.is_float()):
            return None
    try:
        return frame.cast(pl.Schema(kinds))
    except pl.exceptions.PolarsError:
        return None


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (dict, list)):
        return json.dumps(value)[:100]
    return str(value)
