"""Types of columns of plain values, learnt from all of a file before any is written."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from training.runner.inside.viewing.features import MOST_COLUMNS, plain_type
from training.runner.inside.viewing.unreadable import Unreadable
from training.runner.inside.viewing.writing import Table

NO_TYPE = (
    *(pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError),
    *(OverflowError, UnicodeEncodeError),
)
MOST_FIELDS = 1_000
DEEPEST = 30
BLOCK_ROWS = 5_000
BLOCK_BYTES = 16 << 20

Columns = Mapping[str, Sequence[Any]]


Block = tuple[Columns, int]  # values by column, and how many rows there are


class _Mixed(Exception):
    """Two types that have none in common but text."""


class Inferred:
    """The columns of a table and their types, as far as it was read.

    A column whose values have no type in common is text: what is text stays as it is, the
    rest is written as JSON.
    """

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType | None] = {}

    def learn(self, columns: Columns) -> None:
        """Take a block of values into account.

        Raises:
            Unreadable: there are more columns than a table may have.
        """
        for name, values in columns.items():
            known = self._types.get(name, pa.null())
            if known is None:
                continue
            try:
                self._types[name] = _united(known, _type_of(values))
            except (_Mixed, *NO_TYPE):
                self._types[name] = None
        if len(self._types) > MOST_COLUMNS:
            raise Unreadable(
                "too_many_columns",
                f"The table has more than {MOST_COLUMNS:,} columns. Turn it, so that what "
                "are columns now become rows.",
            )

    @property
    def schema(self) -> pa.Schema:
        return pa.schema((name, _written(known)) for name, known in self._types.items())

    def batch(self, columns: Columns, rows: int) -> pa.RecordBatch:
        """Return a block of values as `schema` has them; what is not there is null."""
        schema = self.schema
        arrays = []
        for field in schema:
            values = columns.get(field.name)
            if values is None:
                arrays.append(pa.nulls(rows, field.type))
            else:
                arrays.append(self._array(field, values))
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _array(self, field: pa.Field, values: Sequence[Any]) -> pa.Array:
        if self._types[field.name] is None or not _is_sound(self._types[field.name]):
            return pa.array([as_text(value) for value in values], pa.string())
        try:
            return pa.array(values, field.type)
        except NO_TYPE:
            if not pa.types.is_floating(field.type):
                raise
        return pa.array(
            [None if value is None else float(value) for value in values], field.type
        )


def read_twice(config: str, split: str, blocks: Callable[[], Iterator[Block]]) -> Table:
    """Return a table of plain values, whose types are learnt from all of them first.

    Args:
        config: of the table.
        split: of it.
        blocks: yields the same values whenever it is called.
    """
    inferred = Inferred()
    for columns, _ in blocks():
        inferred.learn(columns)
    batches = (inferred.batch(columns, rows) for columns, rows in blocks())
    return Table(config, split, inferred.schema, batches)


def in_blocks(rows: Iterable[tuple[Mapping[str, Any], int]]) -> Iterator[Block]:
    """Yield rows, each with its size in bytes, as blocks of columns."""
    held: list[Mapping[str, Any]] = []
    size = 0
    for row, row_bytes in rows:
        held.append(row)
        size += row_bytes
        if len(held) >= BLOCK_ROWS or size >= BLOCK_BYTES:
            yield transposed(held), len(held)
            held, size = [], 0
    if held:
        yield transposed(held), len(held)


def as_text(value: Any) -> str | None:
    """Return a value of a column that is text, because its values are not of one type."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, bytes):
        return value.hex()
    try:
        told = orjson.dumps(value, default=str).decode()
    except TypeError:  # a number beyond 64 bits, or half a character
        told = json.dumps(value, default=str)
    return told[1:-1] if told.startswith('"') else told  # of a date, and the like


def transposed(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns, in the order in which their names come first."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _type_of(values: Sequence[Any]) -> pa.DataType:
    found = pa.array(values).type
    if pa.types.is_binary(found) and any(isinstance(value, str) for value in values):
        raise _Mixed
    return found


def _written(known: pa.DataType | None) -> pa.DataType:
    return plain_type(known) if known is not None and _is_sound(known) else pa.string()


def _is_sound(given: pa.DataType | None, deep: int = 0) -> bool:
    """Whether a type can be written: a struct has fields, and not by the thousand."""
    if given is None or deep > DEEPEST:
        return False
    if pa.types.is_struct(given):
        return 0 < given.num_fields <= MOST_FIELDS and all(
            _is_sound(one.type, deep + 1) for one in given
        )
    if pa.types.is_list(given):
        return _is_sound(given.value_type, deep + 1)
    return True


def _united(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Return the type that has the values of both.

    Raises:
        _Mixed: there is none.
    """
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if _is_number(one) and _is_number(other):
        is_real = pa.types.is_floating(one) or pa.types.is_floating(other)
        return pa.float64() if is_real else pa.int64()
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        return _united_structs(one, other)
    if pa.types.is_list(one) and pa.types.is_list(other):
        return pa.list_(_united(one.value_type, other.value_type))
    raise _Mixed


def _united_structs(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    fields = {each.name: each.type for each in one}
    for each in other:
        fields[each.name] = _united(fields.get(each.name, pa.null()), each.type)
    return pa.struct(fields.items())


def _is_number(given: pa.DataType) -> bool:
    return bool(pa.types.is_integer(given) or pa.types.is_floating(given))
