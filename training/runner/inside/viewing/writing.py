"""Writes a table as Parquet parts, block after block, however long it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from training.runner.inside.viewing.features import (
    Feature,
    features_of,
    with_features,
)
from training.runner.inside.viewing.frames import framed_event, framed_pieces

Give = Callable[[bytes | memoryview], None]

GROUP_ROWS = 100_000
GROUP_BYTES = 32 << 20
PART_ROWS = 1_000_000
PART_BYTES = 250 << 20
SMALL_WRITES = 1 << 20


@dataclass(frozen=True, slots=True)
class Table:
    """One table to write: what it is called, its columns, and its rows in blocks.

    The blocks have the types of `schema`, which are those of `features.plain_type`.
    """

    config: str
    split: str
    schema: pa.Schema
    blocks: Iterable[pa.RecordBatch]
    special: Mapping[str, Feature] = field(default_factory=dict)


class _Part:
    """The file being written, piece by piece into frames."""

    closed = False

    def __init__(self, give: Give, lock: Lock) -> None:
        self._give, self._lock = give, lock
        self.size_bytes = 0

    def write(self, content: Any) -> int:
        size = len(content)
        self.size_bytes += size
        with self._lock:
            for piece in framed_pieces(content):
                self._give(piece)
        return size

    def flush(self) -> None:
        """Hold nothing back."""

    def close(self) -> None:
        """Leave the end to the writer."""


class Writer:
    """Writes tables and tells of each. How far reading is, its own thread may tell."""

    def __init__(self, give: Give) -> None:
        self._give = give
        self._lock = Lock()

    def tell(self, **event: Any) -> None:
        with self._lock:
            self._give(framed_event(event))

    def write(self, table: Table) -> int:
        """Write a table to its end; return how many rows it has."""
        self.tell(event="table", config=table.config, split=table.split)
        schema = with_features(table.schema, table.special)
        groups = _groups(schema, table.blocks)
        rows = bytes_in_memory = number = 0
        group = next(groups, None)
        while group is not None or not number:
            begun = rows
            self.tell(event="part")
            part = _Part(self._give, self._lock)
            with (
                pa.BufferedOutputStream(pa.PythonFile(part, "w"), SMALL_WRITES) as out,
                _parquet(out, schema) as writer,
            ):
                while group is not None:
                    writer.write_table(group, row_group_size=max(len(group), 1))
                    rows += len(group)
                    bytes_in_memory += group.nbytes
                    is_full = rows - begun >= PART_ROWS or part.size_bytes >= PART_BYTES
                    group = next(groups, None)
                    if is_full:
                        break
            number += 1
            self.tell(event="part_ends", rows=rows - begun)
        self.tell(
            event="table_ends",
            rows=rows,
            bytes_in_memory=bytes_in_memory,
            features=features_of(schema, table.special),
        )
        return rows


def _parquet(out: pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        out,
        schema,
        compression="zstd",
        write_page_index=True,
        use_dictionary=True,
        store_schema=True,
        data_page_size=256 << 10,
    )


def _groups(schema: pa.Schema, blocks: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield tables of as many rows as a row group takes; one row may be larger."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for block in blocks:
        step = max(len(block) // (block.nbytes // GROUP_BYTES + 1), 1)
        start = 0
        while start < len(block):
            piece = block.slice(start, min(step, GROUP_ROWS - rows))
            if held and size + piece.nbytes > GROUP_BYTES:
                yield pa.Table.from_batches(held, schema)
                held, rows, size = [], 0, 0
                continue
            held.append(piece)
            start, rows, size = (
                start + len(piece),
                rows + len(piece),
                size + piece.nbytes,
            )
            if rows == GROUP_ROWS:
                yield pa.Table.from_batches(held, schema)
                held, rows, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held, schema)
