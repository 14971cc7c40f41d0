"""Writes Parquet as it goes, in bounded memory and with the standard library alone.

Flat tables of optional columns, plain values, gzip, one page a chunk: the part of the
format that every reader knows (https://parquet.apache.org/docs/file-format/). The web
process imports no library of arrays, so it writes this itself.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import islice
from typing import Any

MAGIC = b"PAR1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROWS_A_GROUP = 5_000
CREATED_BY = "stoa"
PLAIN, RLE = 0, 3
GZIP = 2
OPTIONAL = 1
TRUE, I32, I64, BINARY, LIST, STRUCT = (
    1,
    5,
    6,
    8,
    9,
    12,
)  # types of Thrift's compact protocol


class Type(Enum):
    """What a column holds: its physical type, and how that is to be understood."""

    BOOLEAN = (0, None)
    INTEGER = (2, None)
    NUMBER = (5, None)
    TEXT = (6, 0)  # UTF8
    MOMENT = (2, 10)  # TIMESTAMP_MICROS, in UTC


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name; any of its values may be missing (None)."""

    name: str
    type: Type


@dataclass(slots=True)
class _Chunk:
    column: Column
    offset: int
    plain_bytes: int
    packed_bytes: int
    count: int


@dataclass(slots=True)
class _Group:
    rows: int
    chunks: list[_Chunk] = field(default_factory=list)


def parquet_of(
    columns: Sequence[Column], rows: Iterable[Sequence[Any]]
) -> Iterator[bytes]:
    """Yield a Parquet file piece by piece.

    Args:
        columns: of the table.
        rows: each with a value for every column, None where it is missing; moments have
            a time zone. They are read once, and no more than `ROWS_A_GROUP` are held.
    """
    yield MAGIC
    offset = len(MAGIC)
    groups = []
    left = iter(rows)
    while batch := list(islice(left, ROWS_A_GROUP)):
        group = _Group(len(batch))
        for number, column in enumerate(columns):
            page, plain_bytes = _page(column.type, [row[number] for row in batch])
            group.chunks.append(
                _Chunk(column, offset, plain_bytes, len(page), len(batch))
            )
            offset += len(page)
            yield page
        groups.append(group)
    footer = _footer(columns, groups)
    yield footer + struct.pack("<I", len(footer)) + MAGIC


def _page(kind: Type, values: Sequence[Any]) -> tuple[bytes, int]:
    """Return a page with its header, and how long both are before packing."""
    there = [value for value in values if value is not None]
    levels = _bits([value is not None for value in values])
    groups = (len(values) + 7) // 8
    levels = _varint(groups << 1 | 1) + levels
    plain = struct.pack("<I", len(levels)) + levels + PLAIN_VALUES[kind](there)
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(plain) + packer.flush()
    about = _struct({1: _i32(len(values)), 2: _i32(PLAIN), 3: _i32(RLE), 4: _i32(RLE)})
    header = _fields(
        {
            1: _i32(0),
            2: _i32(len(plain)),
            3: _i32(len(packed)),
            5: about,
        }
    )
    return header + packed, len(header) + len(plain)


def _bits(flags: Sequence[bool]) -> bytes:
    """Pack flags eight to a byte, the first lowest."""
    packed = bytearray((len(flags) + 7) // 8)
    for number, flag in enumerate(flags):
        packed[number >> 3] |= flag << (number & 7)
    return bytes(packed)


def _texts(values: Sequence[str]) -> bytes:
    told = (value.encode() for value in values)
    return b"".join(struct.pack("<I", len(each)) + each for each in told)


def _moments(values: Sequence[datetime]) -> bytes:
    whole = [(value - EPOCH) // timedelta(microseconds=1) for value in values]
    return struct.pack(f"<{len(whole)}q", *whole)


PLAIN_VALUES: dict[Type, Callable[[Sequence[Any]], bytes]] = {
    Type.BOOLEAN: _bits,
    Type.INTEGER: lambda values: struct.pack(f"<{len(values)}q", *values),
    Type.NUMBER: lambda values: struct.pack(f"<{len(values)}d", *values),
    Type.TEXT: _texts,
    Type.MOMENT: _moments,
}


def _footer(columns: Sequence[Column], groups: Sequence[_Group]) -> bytes:
    root = _struct({4: _text("table"), 5: _i32(len(columns))})
    schema = [root, *(_element(each) for each in columns)]
    return _fields(
        {
            1: _i32(1),
            2: _list(STRUCT, schema),
            3: _i64(sum(group.rows for group in groups)),
            4: _list(STRUCT, [_group(each) for each in groups]),
            6: _text(CREATED_BY),
        }
    )


def _element(column: Column) -> "_Told":
    physical, converted = column.type.value
    told = {1: _i32(physical), 3: _i32(OPTIONAL), 4: _text(column.name)}
    if converted is not None:
        told[6] = _i32(converted)
    if column.type is Type.MOMENT:  # the older field alone says no time zone
        unit = _struct({2: _struct({})})
        told[10] = _struct({8: _struct({1: _Told(TRUE, b""), 2: unit})})
    return _struct(told)


def _group(group: _Group) -> "_Told":
    return _struct(
        {
            1: _list(STRUCT, [_chunk(each) for each in group.chunks]),
            2: _i64(sum(each.plain_bytes for each in group.chunks)),
            3: _i64(group.rows),
        }
    )


def _chunk(chunk: _Chunk) -> "_Told":
    encodings = _list(I32, [_i32(PLAIN), _i32(RLE)])
    about = _struct(
        {
            1: _i32(chunk.column.type.value[0]),
            2: encodings,
            3: _list(BINARY, [_text(chunk.column.name)]),
            4: _i32(GZIP),
            5: _i64(chunk.count),
            6: _i64(chunk.plain_bytes),
            7: _i64(chunk.packed_bytes),
            9: _i64(chunk.offset),
        }
    )
    return _struct({2: _i64(chunk.offset), 3: about})


@dataclass(frozen=True, slots=True)
class _Told:
    """A value as Thrift's compact protocol writes it, with its type there."""

    type: int
    content: bytes


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _i32(number: int) -> _Told:
    return _Told(I32, _varint(number << 1))  # none is below 0


def _i64(number: int) -> _Told:
    return _Told(I64, _varint(number << 1))


def _text(text: str) -> _Told:
    told = text.encode()
    return _Told(BINARY, _varint(len(told)) + told)


def _list(kind: int, members: Sequence[_Told]) -> _Told:
    size = len(members)
    head = bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind])
    more = b"" if size < 15 else _varint(size)
    return _Told(LIST, head + more + b"".join(each.content for each in members))


def _struct(members: dict[int, _Told]) -> _Told:
    return _Told(STRUCT, _fields(members))


def _fields(members: dict[int, _Told]) -> bytes:
    """Write fields by their numbers, which rise by 15 at most."""
    parts, last = [], 0
    for number, told in members.items():
        parts.append(bytes([(number - last) << 4 | told.type]) + told.content)
        last = number
    return b"".join(parts) + b"\0"
