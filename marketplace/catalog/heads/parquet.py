"""The footer of a Parquet file: columns, rows, groups, how it is packed.

Thrift's compact protocol, as far as footers use it
(https://github.com/apache/parquet-format, parquet.thrift).
"""

import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from marketplace.catalog.heads.facts import (
    MOST_ROWS,
    Head,
    NotReadable,
    counted,
    text,
)

LARGEST_FOOTER = 4 * 2**20
MOST_VALUES = 300_000  # of a footer: some tenths of a second
DEEPEST = 16
STRUCT = 12  # types of Thrift; others below
MAGIC = b"PAR1"
TYPES = (
    *("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE"),
    *("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"),
)
CODECS = ["none", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4-raw"]
PRESENCE = ("", "may be missing", "repeated")
LOGICAL = {  # fields of the union LogicalType
    1: "text",
    2: "map",
    3: "list",
    4: "choice",
    5: "decimal",
    6: "date",
    7: "time",
    8: "moment",
    10: "integer",
    12: "JSON",
    13: "BSON",
    14: "UUID",
}
COLUMNS = ("Column", "Type", "Means", "Values")


def read_parquet(file: BinaryIO, size_bytes: int) -> Head:
    """Read the schema and the counts of a Parquet file.

    Args:
        file: a seekable one.
        size_bytes: of the whole file.

    Raises:
        NotReadable: it is no Parquet file, or its footer is too large.

    Cost: two reads, 4 MiB at most.
    """
    file.seek(max(size_bytes - 8, 0))
    tail = file.read(8)
    if len(tail) < 8 or tail[4:] != MAGIC:
        raise NotReadable("It does not end as a Parquet file does.")
    length = struct.unpack("<I", tail[:4])[0]
    if not 0 < length <= min(LARGEST_FOOTER, size_bytes - 12):
        raise NotReadable("Its footer is too large to read here.")
    file.seek(size_bytes - 8 - length)
    footer = _Reader(file.read(length)).struct()
    try:
        return _told(footer)
    except (TypeError, AttributeError, KeyError, IndexError) as fault:
        raise NotReadable("Its footer does not say what a footer says.") from fault


def _told(footer: dict[int, Any]) -> Head:
    schema, groups = footer[2], footer.get(4, [])
    leaves = _paths(schema)
    codecs = {
        CODECS[chunk[3].get(4, 0)]
        for group in groups[:10]
        for chunk in group[1]
        if chunk[3].get(4, 0) < len(CODECS)
    }
    facts = [
        ("Rows", counted(footer[3])),
        ("Columns", counted(len(leaves))),
        ("Row groups", counted(len(groups))),
        ("Packed by", ", ".join(sorted(codecs)) or "nothing"),
        ("Written by", text(footer.get(6, b"")) or "not said"),
    ]
    rows = [
        (text(path), _type(each), _meaning(each), PRESENCE[min(each.get(3, 0), 2)])
        for path, each in leaves[:MOST_ROWS]
    ]
    return Head(facts, "Columns", COLUMNS, rows, len(leaves))


def _paths(schema: list[dict[int, Any]]) -> list[tuple[bytes, dict[int, Any]]]:
    """Return each column by the names that lead to it; the first element is the root."""
    found: list[tuple[bytes, dict[int, Any]]] = []
    open_groups: list[tuple[bytes, int]] = []
    for each in schema[1:]:
        while open_groups and open_groups[-1][1] == 0:
            open_groups.pop()
        if open_groups:
            name, left = open_groups[-1]
            open_groups[-1] = (name, left - 1)
        names = [name for name, _ in open_groups[-DEEPEST:]]
        children = each.get(5, 0)
        if children:
            open_groups.append((each[4], children))
        else:
            found.append((b".".join([*names, each[4]]), each))
    return found


def _type(element: dict[int, Any]) -> str:
    return TYPES[element[1]]


def _meaning(element: dict[int, Any]) -> str:
    logical = element.get(10)
    if logical:
        return LOGICAL.get(next(iter(logical)), "")
    return "text" if element.get(6) == 0 else ""


@dataclass(slots=True)
class _Reader:
    """Reads values of Thrift's compact protocol from bytes of a stranger."""

    data: bytes
    at: int = 0
    read: int = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Return a struct by its fields' numbers."""
        if depth > DEEPEST:
            raise NotReadable("Its footer is nested too deeply.")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._signed()
            fields[number] = self._value(kind, depth, is_field=True)
        return fields

    def _value(self, kind: int, depth: int, *, is_field: bool = False) -> Any:
        self.read += 1
        if self.read > MOST_VALUES:
            raise NotReadable("Its footer says too much to read here.")
        if kind in (1, 2):
            return kind == 1 if is_field else self._byte() == 1
        if kind in (9, 10):
            return self._list(depth)
        if kind == STRUCT:
            return self.struct(depth + 1)
        plain = {3: self._byte, 7: self._double, 8: self._text}
        plain |= dict.fromkeys((4, 5, 6), self._signed)
        if kind not in plain:
            raise NotReadable("Its footer has a value of an unknown type.")
        return plain[kind]()

    def _double(self) -> float:
        found: float = struct.unpack("<d", self._bytes(8))[0]
        return found

    def _text(self) -> bytes:
        return self._bytes(self._varint())

    def _list(self, depth: int) -> list[Any]:
        if depth > DEEPEST:
            raise NotReadable("Its footer is nested too deeply.")
        head = self._byte()
        size = head >> 4
        size = self._varint() if size == 15 else size
        if size > len(self.data) - self.at:
            raise NotReadable("Its footer is cut off.")
        return [self._value(head & 15, depth + 1) for _ in range(size)]

    def _byte(self) -> int:
        if self.at >= len(self.data):
            raise NotReadable("Its footer is cut off.")
        self.at += 1
        return self.data[self.at - 1]

    def _bytes(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise NotReadable("Its footer is cut off.")
        self.at += size
        return self.data[self.at - size : self.at]

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number
            if shift > 63:
                raise NotReadable("Its footer has a number that is too long.")

    def _signed(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)
