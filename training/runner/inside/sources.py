"""The formats that a file of predictions may have, told by its first bytes."""

import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, Protocol

import numpy as np
import polars as pl

from training.runner.inside.footers import BadFooter, unpacked_bytes
from training.runner.inside.refusal import Refusal
from training.runner.inside.text_sources import (
    MOST_COLUMNS,
    STAGE,
    Cells,
    CsvRows,
    JsonRows,
    Rows,
    as_text,
    head_of,
    is_json,
    named_once,
    whole_of,
)

MOST_ROWS = 20_000_000
MOST_UNPACKED_BYTES = 2**30
TOO_LARGE_UNPACKED = "too_large"


class Source(Rows, Protocol):
    """A table in some format: its columns, all at once or row by row."""

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        """Return the columns as these types, or None if anything is odd."""


def source_of(file: IO[bytes]) -> Source:
    """Tell a file's format by its content, and read what its columns are called.

    Raises:
        Refusal: the file is empty, compressed, or of no format we read.
    """
    magic = head_of(file, 4)
    if magic == b"PAR1":
        return ParquetSource(whole_of(file))
    if magic == b"PK\x03\x04":
        return NpzSource(whole_of(file))
    return JsonSource(file) if is_json(file) else CsvSource(file)


class CsvSource(CsvRows):
    """The columns of CSV."""

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        whole = dict.fromkeys(self.names, pl.String) | dict(kinds)
        try:
            self._file.seek(0)
            return pl.read_csv(self._file, schema=whole).select(*kinds)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def batches(self, kinds: Mapping[str, Any]) -> Iterator[pl.DataFrame | None]:
        """Yield the columns as these types, some rows at a time; None if any is odd."""
        whole = dict.fromkeys(self.names, pl.String) | dict(kinds)
        try:
            self._file.seek(0)
            scan = pl.scan_csv(self._file, schema=whole).select(*kinds)
            yield from scan.collect_batches(maintain_order=True)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            yield None

    def rows_of(self, lines: int) -> int:
        """Return how many rows so many line ends make, if no row has any within."""
        self._file.seek(-1, os.SEEK_END)
        return lines - (self._file.read(1) == b"\n")


class JsonSource(JsonRows):
    """The columns of JSON Lines."""

    def frame(self, kinds: Mapping[str, Any]) -> pl.DataFrame | None:
        try:
            return pl.read_ndjson(self._data, schema=dict(kinds)).select(*kinds)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None


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
        raise Refusal(TOO_LARGE_UNPACKED, message, STAGE)


class ParquetSource:
    """A Parquet file of flat columns."""

    first_row = 1

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
        self.names = named_once(list(self._kinds))

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
            yield row, [as_text(value) for value in values]


class NpzSource:
    """Arrays of NumPy, one for each column and all of one length."""

    first_row = 1

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
                    raise Refusal(TOO_LARGE_UNPACKED, message, STAGE)
                if any(not entry.filename.endswith(".npy") for entry in entries):
                    message = "The zip archive holds other files than NumPy's arrays."
                    raise Refusal("malformed_npz", message, STAGE)
                self.names = named_once([e.filename[:-4] for e in entries])
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
            yield row, [as_text(value) for value in values]


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
