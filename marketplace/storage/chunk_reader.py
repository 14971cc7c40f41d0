"""Chunks of xorbs, read from wherever their bytes are by now, and checked."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, Self

from marketplace.kit.errors import DomainError
from marketplace.storage.queries import current_store
from marketplace.storage.xet.hashes import chunk_hash
from marketplace.storage.xet.sources import Source
from marketplace.storage.xet.xorbs import HEADER_BYTES, BadXorb, Header, Scheme, unpack

MOST_OPEN = 8


class ChunksLost(DomainError):
    """Bytes that should be in the store are not, or not as they were; sent again soon."""

    code = "chunks_lost"
    status = 503

    def __init__(self, message: str, *, sha256: str) -> None:
        super().__init__(message)
        self.sha256 = sha256


class ChunkReader:
    """Reads chunks, and keeps the last few files open; use it as a context."""

    def __init__(self) -> None:
        self.opened: OrderedDict[str, BinaryIO] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as closing:
            for file in self.opened.values():
                closing.callback(file.close)
            self.opened.clear()

    def read(self, source: Source, chunks: range) -> Iterator[bytes]:
        """Yield the plain bytes of some chunks of a xorb, each of them checked.

        Raises:
            ChunksLost: the store no longer has them as they were.
        """
        for number in chunks:
            place = _place_of(source, number)
            try:
                payload = self._read(place)
                data = unpack(place.header, payload, number=number)
            except (OSError, BadXorb) as fault:
                raise _lost(source, place) from fault
            if chunk_hash(data) != source.table.hash(number):
                raise _lost(source, place)
            yield data

    def _read(self, place: "_Place") -> bytes:
        if place.sha256 not in self.opened:
            self.opened[place.sha256] = current_store().open(place.sha256)
            if len(self.opened) > MOST_OPEN:
                self.opened.popitem(last=False)[1].close()
        self.opened.move_to_end(place.sha256)
        file = self.opened[place.sha256]
        if file.tell() != place.start:
            file.seek(place.start)
        return file.read(place.header.packed_bytes)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a chunk is: `start` of what the header describes, in a blob."""

    sha256: str
    start: int
    header: Header


def _place_of(source: Source, number: int) -> _Place:
    table = source.table
    if source.body is not None:
        start = table.offsets[number] + HEADER_BYTES
        return _Place(source.body, start, table.header(number))
    at = bisect_right(source.segments, number, key=lambda one: one.first) - 1
    segment = source.segments[at]  # a source that is held leaves out no chunk
    start = segment.offset + table.plain_bytes(segment.first, number)
    size = table.plain_bytes(number, number + 1)
    return _Place(segment.sha256, start, Header(Scheme.STORED, size, size))


def _lost(source: Source, place: _Place) -> ChunksLost:
    return ChunksLost(
        f"Part of xorb {source.xorb} cannot be read from the store just now. Run the "
        "upload again.",
        sha256=place.sha256,
    )
