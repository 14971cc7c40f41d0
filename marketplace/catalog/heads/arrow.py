"""The schema of an Arrow file or stream: columns, and how many rows come in batches.

FlatBuffers, as far as Arrow's messages use them (https://github.com/apache/arrow,
format/Schema.fbs, Message.fbs and File.fbs). Feather is such a file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from marketplace.catalog.heads.facts import (
    MOST_ROWS,
    Head,
    NotReadable,
    counted,
    text,
)

MAGIC = b"ARROW1"
GOES_ON = 0xFFFFFFFF  # before the length of a message
LARGEST = 4 * 2**20  # of a footer or message
MOST_BATCHES = 32  # whose rows are counted, each by a read
MOST_FIELDS = 50_000
DEEPEST = 16
SCHEMA, RECORD_BATCH = 1, 3  # of the union MessageHeader
BLOCK = 24  # bytes of where a batch lies in a file
INTEGER, REAL, LIST, STRUCT = 2, 3, "list", "record"
TYPES = {  # of the union Type, without numbers
    1: "nothing",
    4: "bytes",
    5: "text",
    6: "yes or no",
    7: "decimal",
    8: "date",
    9: "time",
    10: "moment",
    11: "interval",
    12: LIST,
    13: STRUCT,
    14: "one of several types",
    15: "bytes of a fixed length",
    16: LIST,
    17: "map",
    18: "duration",
    19: "bytes",
    20: "text",
    21: LIST,
    22: "runs",
    23: "bytes",
    24: "text",
    25: LIST,
    26: LIST,
}
REALS = ("float16", "float32", "float64")
COLUMNS = ("Column", "Type", "Values")


def read_arrow(file: BinaryIO, size_bytes: int) -> Head:
    """Read the schema of an Arrow file or stream, and count its rows if batches are few.

    Args:
        file: a seekable one, at its beginning.
        size_bytes: of the whole file.

    Raises:
        NotReadable: it is neither, or its schema is too large.

    Cost: two reads, and one for each of at most `MOST_BATCHES`; 4 MiB at most each.
    """
    source = _Source(file, size_bytes)
    try:
        if source.bytes(0, len(MAGIC)) == MAGIC:
            return _of_file(source)
        return _of_stream(source)
    except (struct.error, IndexError, OverflowError) as fault:
        raise NotReadable("It does not say what an Arrow file says.") from fault


def _of_file(source: "_Source") -> Head:
    tail = source.bytes(source.size - 10, 10)
    if tail[4:] != MAGIC:
        raise NotReadable("It does not end as an Arrow file does.")
    (length,) = struct.unpack("<i", tail[:4])
    footer = _root(source.bytes(source.size - 10 - length, length))
    schema = footer.table(1)
    blocks = footer.vector(3, BLOCK)
    rows: int | None = None
    if len(blocks) <= MOST_BATCHES:
        places = [footer.number("<q", at) for at in blocks]
        batches = [source.message(place)[0].table(2) for place in places]
        rows = sum(each.value(0, "<q") for each in batches)
    return _told(schema, "Arrow file", counted(len(blocks)), rows)


def _of_stream(source: "_Source") -> Head:
    first, place = source.message(0)
    if first.value(1, "<B") != SCHEMA:
        raise NotReadable("It is neither an Arrow file nor a stream.")
    batches, rows = 0, 0
    while batches < MOST_BATCHES and place + 8 <= source.size:
        if source.is_end(place):
            place = source.size
            break
        message, place = source.message(place)
        if message.value(1, "<B") == RECORD_BATCH:
            batches += 1
            rows += message.table(2).value(0, "<q")
    is_whole = place + 8 > source.size
    said = counted(batches) if is_whole else f"more than {counted(batches)}"
    return _told(first.table(2), "Arrow stream", said, rows if is_whole else None)


def _told(schema: "_Table", kind: str, batches: str, rows: int | None) -> Head:
    leaves = list(islice(_leaves(schema, "", 0), MOST_FIELDS + 1))
    if len(leaves) > MOST_FIELDS:
        raise NotReadable("It says too much to read here.")
    facts = [
        ("Kind", kind),
        *([("Rows", counted(rows))] if rows is not None else []),
        ("Columns", counted(len(leaves))),
        ("Batches", batches),
    ]
    return Head(facts, "Columns", COLUMNS, leaves[:MOST_ROWS], len(leaves))


def _leaves(table: "_Table", above: str, depth: int) -> Iterator[tuple[str, str, str]]:
    """Yield the columns of a schema, those of records by the names that lead to them."""
    if depth > DEEPEST:
        raise NotReadable("Its schema is nested too deeply.")
    children = 1 if depth == 0 else 5
    for at in table.vector(children, 4):
        field = _Table(table.data, at + table.number("<I", at))
        name = f"{above}{text(field.text(0))}"
        told = _type(field)
        if told == STRUCT and field.vector(5, 4):
            yield from _leaves(field, f"{name}.", depth + 1)
            continue
        yield name, told, "may be missing" if field.value(1, "<B") else ""


def _type(field: "_Table", depth: int = 0) -> str:
    if depth > DEEPEST:
        raise NotReadable("Its schema is nested too deeply.")
    kind = field.value(2, "<B")
    if kind == INTEGER:
        told = field.table(3)
        signed = "int" if told.value(1, "<B") else "uint"
        said = f"{signed}{told.value(0, '<i')}"
    elif kind == REAL:
        said = REALS[field.table(3).value(0, "<h")]
    else:
        said = TYPES.get(kind, "of an unknown type")
    if said == LIST:
        inner = [
            _type(_Table(field.data, at + field.number("<I", at)), depth + 1)
            for at in field.vector(5, 4)[:1]
        ]
        return " of ".join([LIST, *inner])
    return f"{said}, by a dictionary" if field.has(4) else said


@dataclass(frozen=True, slots=True)
class _Source:
    """A stranger's file, of which no more is read than it has."""

    file: BinaryIO
    size: int

    def bytes(self, place: int, length: int) -> bytes:
        if not 0 <= length <= LARGEST or not 0 <= place <= self.size - length:
            raise NotReadable("A length in it is none.")
        self.file.seek(place)
        return self.file.read(length)

    def is_end(self, place: int) -> bool:
        return self.bytes(place, 8) == struct.pack("<II", GOES_ON, 0)

    def message(self, place: int) -> "tuple[_Table, int]":
        """Return a message and where the one after its body begins."""
        mark, length = struct.unpack("<II", self.bytes(place, 8))
        if mark != GOES_ON:
            raise NotReadable("It is neither an Arrow file nor a stream.")
        found = _root(self.bytes(place + 8, length))
        body = found.value(3, "<q")
        if not 0 <= body <= self.size:
            raise NotReadable("A length in it is none.")
        return found, place + 8 + length + body


def _root(data: bytes) -> "_Table":
    (at,) = struct.unpack_from("<I", data)
    return _Table(data, at)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a FlatBuffer: fields by number, each where the table says."""

    data: bytes
    at: int

    def number(self, form: str, at: int) -> int:
        """Return a number that lies somewhere in the buffer."""
        if at < 0:
            raise IndexError(at)  # struct would count from the end
        found: int = struct.unpack_from(form, self.data, at)[0]
        return found

    def has(self, field: int) -> bool:
        return self._place(field) > 0

    def value(self, field: int, form: str) -> int:
        """Return a number in a field; 0 where it is not said."""
        place = self._place(field)
        return self.number(form, place) if place else 0

    def table(self, field: int) -> "_Table":
        return _Table(self.data, self._led(field))

    def text(self, field: int) -> bytes:
        if not self.has(field):
            return b""
        at = self._led(field)
        return self.data[at + 4 : at + 4 + self.number("<I", at)]

    def vector(self, field: int, size: int) -> list[int]:
        """Return where the elements of a vector lie, each of `size` bytes."""
        if not self.has(field):
            return []
        at = self._led(field)
        count = self.number("<I", at)
        if count > MOST_FIELDS or at + 4 + count * size > len(self.data):
            raise NotReadable("It says too much to read here.")
        return list(range(at + 4, at + 4 + count * size, size))

    def _led(self, field: int) -> int:
        place = self._place(field)
        if not place:
            raise IndexError(field)
        return place + self.number("<I", place)

    def _place(self, field: int) -> int:
        """Return where a field's value lies; 0 if the table does not have it."""
        marks = self.at - self.number("<i", self.at)
        slot = 4 + 2 * field
        if slot + 2 > self.number("<H", marks):
            return 0
        offset = self.number("<H", marks + slot)
        return self.at + offset if offset else 0
