"""Folders of pictures and sounds: a row a file, its bytes as they are, never decoded."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from training.runner.inside.viewing import csv_tables, json_tables
from training.runner.inside.viewing.arrow_tables import parquet_tables
from training.runner.inside.viewing.features import (
    AUDIO,
    IMAGE,
    MEDIUM,
    Feature,
    class_label,
)
from training.runner.inside.viewing.grouping import Given
from training.runner.inside.viewing.stored import Stored
from training.runner.inside.viewing.unreadable import Unreadable
from training.runner.inside.viewing.writing import Table

MOST_VALUE_BYTES = 128 << 20  # of one file; a larger one is named, and not copied
BLOCK_BYTES = 32 << 20
BLOCK_ROWS = 1_000
NAME = "file_name"
COLUMNS = {"images": ("image", IMAGE), "audio": ("audio", AUDIO)}


def medium(path: str, size: int, content: bytes | None) -> dict[str, Any]:
    """Return a picture or a sound as a value, without its bytes if it is too large."""
    fits = content is not None and size <= MOST_VALUE_BYTES
    return {"bytes": content if fits else None, "path": PurePosixPath(path).name}


def tables(given: Given) -> Iterator[Table]:
    """Yield the table of a folder of media, with what metadata say of each file.

    Raises:
        Unreadable: the metadata cannot be read, or lack the column `file_name`.
    """
    name, feature = COLUMNS[given.form]
    said = _Said(given)
    fields = [pa.field(name, MEDIUM)]
    special: dict[str, Feature] = {name: feature}
    if given.labels:
        fields.append(pa.field("label", pa.int64()))
        special["label"] = class_label(given.labels)
    fields += [each for each in said.fields if each.name not in special]
    schema = pa.schema(fields)
    blocks = _blocks(given, said, schema)
    yield Table(given.config, given.split, schema, blocks, special)


def _blocks(given: Given, said: "_Said", schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    held: list[dict[str, Any]] = []
    size = 0
    for file in given.files:
        row = {**said.of(file.path), schema.names[0]: _read(file)}
        if given.labels:
            folder = PurePosixPath(file.path).parent.name
            known = folder in given.labels
            row["label"] = given.labels.index(folder) if known else None
        held.append(row)
        size += min(file.size, MOST_VALUE_BYTES)
        if len(held) >= BLOCK_ROWS or size >= BLOCK_BYTES:
            yield pa.RecordBatch.from_pylist(held, schema)
            held, size = [], 0
    if held:
        yield pa.RecordBatch.from_pylist(held, schema)


def _read(file: Stored) -> dict[str, Any]:
    if file.size > MOST_VALUE_BYTES:
        return medium(file.path, file.size, None)
    with file.open() as source:
        return medium(file.path, file.size, source.read())


class _Said:
    """What tables called metadata say of files, by the path from where each lies."""

    def __init__(self, given: Given) -> None:
        self._rows: dict[str, tuple[pa.RecordBatch, int]] = {}
        fields: dict[str, pa.Field] = {}
        for file in given.metadata:
            for table in _tables_of(file, given):
                if NAME not in table.schema.names:
                    raise _nameless(file)
                for each in table.schema:
                    fields.setdefault(each.name, each)
                folder = PurePosixPath(file.path).parent
                for block in table.blocks:
                    self._learn(folder, block)
        fields.pop(NAME, None)
        self.fields = list(fields.values())

    def _learn(self, folder: PurePosixPath, block: pa.RecordBatch) -> None:
        for place, name in enumerate(block.column(NAME).to_pylist()):
            if name is not None:
                self._rows.setdefault(str(folder / str(name)), (block, place))

    def of(self, path: str) -> dict[str, Any]:
        if path not in self._rows:
            return {}
        block, place = self._rows[path]
        return {
            each.name: block.column(each.name)[place].as_py()
            for each in self.fields
            if each.name in block.schema.names
        }


def _tables_of(file: Stored, given: Given) -> Iterator[Table]:
    own = Given(given.config, given.split, "", [file], is_guessed=False)
    name = file.path.lower()
    if name.endswith(".csv"):
        return csv_tables.tables(own)
    return parquet_tables(own) if name.endswith(".parquet") else json_tables.tables(own)


def _nameless(file: Stored) -> Unreadable:
    return file.fault(
        "no_file_name",
        f"has no column “{NAME}”. Add it, with the path of the file that each row is of.",
    )
