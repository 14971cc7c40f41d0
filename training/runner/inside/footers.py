"""Reads from a Parquet file's footer how much its columns unpack to, before they are.

The footer is Thrift's compact protocol: see parquet-format's README and parquet.thrift.
"""

from collections import Counter
from typing import Any

MAGIC = b"PAR1"
LENGTH_BYTES = 4
MOST_FOOTER_BYTES = 16 * 2**20
DEEPEST = 16
# fields of parquet.thrift that are read, by their numbers
ROW_GROUPS, COLUMNS, META_DATA, PATH, UNPACKED = 4, 1, 3, 3, 6
TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
WHOLE_NUMBERS = frozenset({I16, I32, I64})
LONG_LIST = 15
LONGEST_NUMBER = 70  # bits of the longest varint


class BadFooter(ValueError):
    """The bytes are no footer."""


def unpacked_bytes(data: bytes) -> Counter[str]:
    """Return what each top-level column of a Parquet file unpacks to, as it says itself.

    Args:
        data: the file.

    Raises:
        BadFooter: it has no footer that can be read.
    """
    end = len(data) - LENGTH_BYTES - len(MAGIC)
    size = int.from_bytes(data[end : end + LENGTH_BYTES], "little") if end > 0 else 0
    if not 0 < size <= min(end, MOST_FOOTER_BYTES) or not data.endswith(MAGIC):
        raise BadFooter("its footer is cut off")
    sizes: Counter[str] = Counter()
    try:
        footer = _Reader(data[end - size : end]).struct(0)
        for group in footer[ROW_GROUPS]:
            for column in group[COLUMNS]:
                told = column[META_DATA]
                sizes[told[PATH][0].decode()] += max(int(told[UNPACKED]), 0)
    except (LookupError, TypeError, AttributeError, UnicodeDecodeError) as bad:
        raise BadFooter("its footer does not say how long its columns are") from bad
    return sizes


class _Reader:
    """Values of the compact protocol, one after the other; believes no length."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if count < 0 or len(taken) < count:
            raise BadFooter("its footer ends too soon")
        self._at += count
        return taken

    def _varint(self) -> int:
        number = 0
        for shift in range(0, LONGEST_NUMBER, 7):
            (byte,) = self._take(1)
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise BadFooter("its footer has a number without end")

    def _whole(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)

    def struct(self, depth: int) -> dict[int, Any]:
        """Return a struct's fields by their numbers."""
        if depth > DEEPEST:
            raise BadFooter("its footer is nested too deep")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._take(1)[0]:
            step, kind = head >> 4, head & 0xF
            number = number + step if step else self._whole()
            fields[number] = kind == TRUE if kind <= FALSE else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in WHOLE_NUMBERS:
            return self._whole()
        if kind == BINARY:
            return self._take(self._varint())
        if kind in {LIST, SET}:
            return self._list(depth + 1)
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind in {TRUE, FALSE, BYTE}:
            return self._take(1)[0]
        if kind == DOUBLE:
            return self._take(8)
        raise BadFooter("its footer holds what Parquet does not write")

    def _list(self, depth: int) -> list[Any]:
        (head,) = self._take(1)
        count, kind = head >> 4, head & 0xF
        if count == LONG_LIST:
            count = self._varint()
        if depth > DEEPEST or count > len(self._data) - self._at:
            raise BadFooter("its footer has a list that is too long")
        return [self._value(kind, depth) for _ in range(count)]
