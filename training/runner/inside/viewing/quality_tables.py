"""The splits of a dataset as they are looked at: some rows and some columns at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

BLOCK_BYTES = 48 * 2**20
MOST_ROWS = 2**17  # of a block
MEDIA = frozenset({"Image", "Audio"})
MOST_KEPT = 2**21  # hashes of a table, beyond which they stand for others
MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio (Knuth, 6.4)
EXAMPLES = 10

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Finding = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """One split; `features` are (name, type) pairs as the viewer tells them.

    `parts` stay open, since a job can open what it is given but once.
    """

    config: str
    split: str
    rows: int
    size_bytes: int
    features: tuple[tuple[str, dict[str, Any]], ...]
    parts: tuple[IO[bytes], ...]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.features]

    def of_type(self, *types: str) -> list[str]:
        return [name for name, type_ in self.features if type_.get("_type") in types]

    @property
    def media(self) -> list[str]:
        return self.of_type(*MEDIA)

    def classes_of(self, column: str) -> list[str]:
        """Return the names of a column of class labels; none if it is of another type."""
        type_ = dict(self.features)[column]
        return [str(one) for one in type_.get("names", [])]

    def blocks(self, columns: Sequence[str]) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield the number of the first row, and rows, in their order."""
        if not columns:
            return
        each = max(self.size_bytes // max(self.rows, 1), 1)
        size = min(max(BLOCK_BYTES // each, 1), MOST_ROWS)
        at = 0
        for part in self.parts:
            part.seek(0)
            lazy = pl.scan_parquet(part).select(columns)
            for block in lazy.collect_batches(chunk_size=size, maintain_order=True):
                if block.height:
                    yield at, block
                    at += block.height


class Sieve:
    """Hashes of rows; of too many, those that end in so many zeros.

    Equal rows have equal hashes, and so all of them are kept or none: what is counted
    among the kept, times `factor`, is an estimate of the count among all.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.most = most
        self.factor = 1
        self._lots: list[tuple[Hashes, ...]] = []
        self._kept = 0

    def take(self, hashes: Hashes, *beside: NDArray[Any]) -> None:
        """Take (n,) hashes, and arrays of n that stay beside them."""
        mixed = hashes * MIXER
        self._add(tuple(lot.astype(np.uint64) for lot in (mixed, *beside)))
        while self._kept > self.most:
            self.factor *= 2
            lots, self._lots, self._kept = self._lots, [], 0
            for lot in lots:
                self._add(lot)

    def kept(self) -> tuple[Hashes, ...]:
        """Return the kept hashes, and what stays beside them, in the order of rows."""
        if not self._lots:
            return ()
        return tuple(
            np.concatenate([lot[at] for lot in self._lots])
            for at in range(len(self._lots[0]))
        )

    @property
    def has_repeats(self) -> bool:
        lots = self.kept()
        return bool(lots) and len(np.unique(lots[0])) < len(lots[0])

    def _add(self, lot: tuple[Hashes, ...]) -> None:
        shift = np.uint64(64 - self.factor.bit_length() + 1)
        is_in = (
            np.ones(len(lot[0]), dtype=np.bool_)
            if self.factor == 1
            else lot[0] >> shift == 0
        )
        self._lots.append(tuple(array[is_in] for array in lot))
        self._kept += int(is_in.sum())


def hashed(frame: pl.DataFrame) -> Hashes:
    """Return (n,) a number of 64 bits for each row, the same for the same cells."""
    return frame.hash_rows(seed=1).to_numpy()


def as_cells(frame: pl.DataFrame, *, loosely: bool = False) -> pl.DataFrame:
    """Return columns that can be hashed alike in any split, nested ones as JSON.

    Args:
        frame: rows; a column whose nested values hold bytes is left out.
        loosely: letters count whatever their case, and spaces however many.
    """
    return frame.select(
        _as_cell(name, kind, loosely=loosely)
        for name, kind in frame.schema.items()
        if not _has_bytes(kind)
    )


def without_media(frame: pl.DataFrame, media: Sequence[str]) -> pl.DataFrame:
    """Return the frame with the bytes of pictures and sounds in place of their records."""
    return frame.with_columns(
        pl.col(name).struct.field("bytes").alias(name)
        for name in media
        if name in frame.columns
    )


def _as_cell(name: str, kind: pl.DataType, *, loosely: bool) -> pl.Expr:
    column = pl.col(name)
    if kind in (pl.Binary, pl.Boolean):
        return column
    if kind.is_nested():
        column = pl.struct(column).struct.json_encode().alias(name)
    elif kind.is_integer() or kind.is_temporal():
        return column.cast(pl.Int64, strict=False)
    elif kind.is_numeric():
        return column.cast(pl.Float64, strict=False)
    else:
        column = column.cast(pl.String, strict=False)
    if not loosely:
        return column
    return column.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def _has_bytes(kind: pl.DataType) -> bool:
    """Whether nested values hold bytes, which JSON cannot say."""
    if isinstance(kind, pl.Struct):
        return any(
            _has_bytes(field.dtype) or field.dtype == pl.Binary  # type: ignore[arg-type]  # a class or an instance
            for field in kind.fields
        )
    if isinstance(kind, (pl.List, pl.Array)):
        return kind.inner == pl.Binary or _has_bytes(kind.inner)  # type: ignore[arg-type]  # as above
    return False


def finding(
    code: str,
    count: int,
    *,
    of: int,
    rows: Sequence[int] = (),
    is_estimate: bool = False,
    **facts: Any,
) -> Finding:
    """Say what was found: in `count` of `of`, with the numbers of some rows."""
    return {
        "code": code,
        "count": int(count),
        "of": int(of),
        "rows": [int(row) for row in rows[:EXAMPLES]],
        "is_estimate": is_estimate,
        "facts": facts,
    }
