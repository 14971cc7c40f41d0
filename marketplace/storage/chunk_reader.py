"""Chunks of xorbs, read from wherever their bytes are by now."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, Self

from django.utils.translation import gettext

from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import CHUNK_BYTES
from marketplace.storage.queries import current_store
from marketplace.storage.xet.hashes import chunk_hash
from marketplace.storage.xet.sources import Source

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
        """Yield what some chunks of a xorb hold, in pieces; `check` tells if it is true.

        Raises:
            ChunksLost: the store does not have that many bytes there.
        """
        table, number = source.table, chunks.start
        while number < chunks.stop:
            segment = source.segment_of(number)
            end = min(segment.end, chunks.stop)
            start = segment.offset + table.plain_bytes(segment.first, number)
            left = table.plain_bytes(number, end)
            while left:
                piece = self._read(
                    source, segment.sha256, start, min(left, CHUNK_BYTES)
                )
                yield piece
                start, left = start + len(piece), left - len(piece)
            number = end

    def check(self, source: Source, chunks: range) -> None:
        """Return if the chunks are as they were when they were taken.

        Raises:
            ChunksLost: the store no longer has them so.
        """
        for number in chunks:
            data = b"".join(self.read(source, range(number, number + 1)))
            if chunk_hash(data) != source.table.hash(number):
                raise _lost(source, source.segment_of(number).sha256)

    def require_body(self, source: Source, sha256: str) -> None:
        """Return if the body of a xorb is in the store, as long as it should be.

        Raises:
            ChunksLost: it is not.
        """
        try:
            size = current_store().size(sha256)
        except OSError as fault:
            raise _lost(source, sha256) from fault
        if size != source.table.starts[-1]:
            raise _lost(source, sha256)

    def _read(self, source: Source, sha256: str, start: int, count: int) -> bytes:
        try:
            file = self._opened(sha256)
            if file.tell() != start:
                file.seek(start)
            piece = file.read(count)
        except OSError as fault:
            raise _lost(source, sha256) from fault
        if len(piece) != count:
            raise _lost(source, sha256)
        return piece

    def _opened(self, sha256: str) -> BinaryIO:
        if sha256 not in self.opened:
            self.opened[sha256] = current_store().open(sha256)
            if len(self.opened) > MOST_OPEN:
                self.opened.popitem(last=False)[1].close()
        self.opened.move_to_end(sha256)
        return self.opened[sha256]


def _lost(source: Source, sha256: str) -> ChunksLost:
    return ChunksLost(
        gettext(
            "Part of xorb %(xorb)s cannot be read from the store just now. Run the "
            "upload again."
        )
        % {"xorb": source.xorb},
        sha256=sha256,
    )
