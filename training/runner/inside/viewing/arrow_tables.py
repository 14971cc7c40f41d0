"""Parquet, Arrow and Feather: read column by column as they are, and written anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from training.runner.inside.viewing.features import (
    MOST_COLUMNS,
    Feature,
    distinct,
    is_list,
    plain_type,
    special_in,
    special_seen,
)
from training.runner.inside.viewing.grouping import Given, Group, grouped
from training.runner.inside.viewing.stored import Stored
from training.runner.inside.viewing.unreadable import Unreadable, shown
from training.runner.inside.viewing.writing import Table

BATCH_ROWS = 4_096
FEWEST_ROWS = 16
BATCH_BYTES = 32 << 20
PAGE_BUFFER = 1 << 20
MOST_THRIFT_BYTES = 256 << 20
MAGIC = b"ARROW1"
BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, IndexError)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file that says its columns before its rows."""

    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]


def parquet_tables(given: Given) -> Iterator[Table]:
    """Yield the tables of Parquet files.

    Raises:
        Unreadable: a file is damaged, or not what it says.
    """
    return _tables(given, _open_parquet)


def arrow_tables(given: Given) -> Iterator[Table]:
    """Yield the tables of Arrow's files and streams.

    Raises:
        Unreadable: a file is damaged, or not what it says.
    """
    return _tables(given, _open_arrow)


def _tables(given: Given, opening: Callable[[Stored], _Opened]) -> Iterator[Table]:
    opened = {file.path: _opened(file, opening) for file in given.files}
    names = {path: distinct(one.schema.names) for path, one in opened.items()}
    for group in grouped(given, lambda file: names[file.path]):
        schema = _united(group, {one: opened[one].schema for one in opened}, names)
        special = _special(group, opened, schema)
        yield Table(
            group.config,
            group.split,
            schema,
            _blocks(group, opened, names, schema),
            special,
        )


def _opened(file: Stored, opening: Callable[[Stored], _Opened]) -> _Opened:
    try:
        found = opening(file)
    except BROKEN as wrong:
        raise _damaged(file, wrong) from wrong
    if len(found.schema) > MOST_COLUMNS:
        raise file.fault(
            "too_many_columns",
            f"has {len(found.schema):,} columns, and {MOST_COLUMNS:,} is the most. Turn "
            "it, so that what are columns now become rows.",
        )
    if not len(found.schema):
        raise file.fault("no_table", "has no column. Leave it out of the dataset.")
    return found


def _damaged(file: Stored, wrong: BaseException) -> Unreadable:
    return file.fault(
        "damaged_file",
        f"cannot be read: {shown(wrong)}. It is damaged, cut off, or of another kind; "
        "write it again.",
    )


def _open_parquet(file: Stored) -> _Opened:
    with _parquet(file) as parquet:
        schema = parquet.schema_arrow

    def batches() -> Iterator[pa.RecordBatch]:
        with _parquet(file) as parquet:
            for number in range(parquet.num_row_groups):
                group = parquet.metadata.row_group(number)
                a_row = group.total_byte_size // max(group.num_rows, 1) + 1
                rows = min(max(BATCH_BYTES // a_row, FEWEST_ROWS), BATCH_ROWS)
                yield from parquet.iter_batches(
                    rows, row_groups=[number], use_threads=False
                )

    return _Opened(schema, batches)


def _parquet(file: Stored) -> pq.ParquetFile:
    return pq.ParquetFile(
        file.open_random(),
        buffer_size=PAGE_BUFFER,
        pre_buffer=False,
        thrift_string_size_limit=MOST_THRIFT_BYTES,
        thrift_container_size_limit=MOST_THRIFT_BYTES,
    )


def _open_arrow(file: Stored) -> _Opened:
    with file.open_random() as source:
        is_file = source.read(len(MAGIC)) == MAGIC

    def batches() -> Iterator[pa.RecordBatch]:
        with file.open_random() as source:
            if not is_file:
                yield from pa.ipc.open_stream(source)
                return
            reader = pa.ipc.open_file(source)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)

    with file.open_random() as source:
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        return _Opened(reader.schema, batches)


def _united(
    group: Group, schemas: dict[str, pa.Schema], names: dict[str, list[str]]
) -> pa.Schema:
    """Return the columns of files that are one table, with types that fit all.

    Raises:
        Unreadable: a column has types that have no common one.
    """
    first = group.files[0]
    known = _plain(schemas[first.path], names[first.path])
    for file in group.files[1:]:
        other = _plain(schemas[file.path], names[file.path])
        try:
            known = pa.unify_schemas([known, other], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as wrong:
            raise file.fault(
                "different_types",
                f"has other types than {first.path}: {shown(wrong)}. Write both with the "
                "same types.",
            ) from wrong
    return pa.schema([known.field(name) for name in group.columns])


def _plain(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    return pa.schema(
        (name, _written(field.type)) for name, field in zip(names, schema, strict=True)
    )


def _written(given: pa.DataType) -> pa.DataType:
    """Return what a type is written as; what Parquet cannot hold becomes text."""
    known = plain_type(given)
    return known if _is_storable(known) else pa.string()


def _is_storable(given: pa.DataType) -> bool:
    if pa.types.is_struct(given):
        return given.num_fields > 0 and all(_is_storable(one.type) for one in given)
    if is_list(given):
        return _is_storable(given.value_type)
    return not (pa.types.is_union(given) or pa.types.is_interval(given))


def _special(
    group: Group, opened: dict[str, _Opened], schema: pa.Schema
) -> dict[str, Feature]:
    found: dict[str, Feature] = {}
    for file in group.files:
        one = opened[file.path]
        found = special_in(one.schema)
        unseen = [f.name for f in one.schema if pa.types.is_struct(f.type)]
        if not found and unseen:
            try:
                first = next((each for each in one.batches() if len(each)), None)
            except BROKEN as wrong:
                raise _damaged(file, wrong) from wrong
            found = {} if first is None else special_seen(first)
        if found:
            break
    return {name: it for name, it in found.items() if name in schema.names}


def _blocks(
    group: Group,
    opened: dict[str, _Opened],
    names: dict[str, list[str]],
    schema: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    for file in group.files:
        try:
            for batch in opened[file.path].batches():
                batch.validate(full=True)
                named = dict(zip(names[file.path], batch.columns, strict=True))
                yield pa.RecordBatch.from_arrays(
                    [_cast(named[field.name], field.type) for field in schema],
                    schema=schema,
                )
        except BROKEN as wrong:
            raise _damaged(file, wrong) from wrong


def _cast(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if column.type == wanted:
        return column
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    try:
        return pc.cast(column, wanted)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        told: list[Any] = column.to_pylist()
    if pa.types.is_string(wanted):
        return pa.array([None if each is None else str(each) for each in told], wanted)
    if (
        pa.types.is_list(wanted)
        and told
        and isinstance(next(filter(None, told), [0]), list)
    ):
        told = [_pairs(each) for each in told]
    return pa.array(told, wanted)


def _pairs(told: Any) -> Any:
    """Return a map, which Python has as pairs, as a list of keys with values."""
    if told and isinstance(told[0], tuple):
        return [{"key": key, "value": value} for key, value in told]
    return told
