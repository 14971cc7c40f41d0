"""A plain file as clients of Xet take it: blocks of chunks that are sent as they are.

What was uploaded as xorbs is kept as plain files, so a download need not know of them:
the file itself is cut into blocks of up to 64 MiB, and these into chunks of 128 KiB.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from marketplace.storage.xet.xorbs import CHUNK_BYTES, HEADER_BYTES, stored_header

CHUNKS = 512
BLOCK_BYTES = CHUNKS * CHUNK_BYTES
RECORD_BYTES = HEADER_BYTES + CHUNK_BYTES


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a file, by the file's digest, its length and the block's number."""

    sha256: str
    file_bytes: int
    number: int

    @property
    def name(self) -> str:
        """Return a hash to call it by; no other block has the same."""
        return hashlib.sha256(f"{self.sha256}:{self.number}".encode()).hexdigest()

    @property
    def start(self) -> int:
        return self.number * BLOCK_BYTES

    @property
    def plain_bytes(self) -> int:
        return min(BLOCK_BYTES, self.file_bytes - self.start)

    @property
    def chunk_count(self) -> int:
        return -(-self.plain_bytes // CHUNK_BYTES)

    @property
    def sent_bytes(self) -> int:
        return self.plain_bytes + self.chunk_count * HEADER_BYTES

    def read(self, file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `stop` of the block, as it is sent.

        Args:
            file: the whole plain file, seekable.
            start: in the block as sent, headers of chunks included.
            stop: the end, exclusive.
        """
        first = start // RECORD_BYTES
        file.seek(self.start + first * CHUNK_BYTES)
        for number in range(first, -(-stop // RECORD_BYTES)):
            size = min(CHUNK_BYTES, self.plain_bytes - number * CHUNK_BYTES)
            record = stored_header(size) + file.read(size)
            at = number * RECORD_BYTES
            yield record[max(start - at, 0) : stop - at]


@dataclass(frozen=True, slots=True)
class Term:
    """Chunks `first` up to but without `end` of a block, and where they are in it."""

    block: Block
    first: int
    end: int

    @property
    def plain_bytes(self) -> int:
        end = min(self.end * CHUNK_BYTES, self.block.plain_bytes)
        return end - self.first * CHUNK_BYTES

    @property
    def sent(self) -> tuple[int, int]:
        """Return the first and the last byte of them in the block as it is sent."""
        start = self.first * RECORD_BYTES
        chunks = self.end - self.first
        return start, start + self.plain_bytes + chunks * HEADER_BYTES - 1


def terms_of(sha256: str, file_bytes: int, *, start: int, stop: int) -> list[Term]:
    """Return the chunks that a range of a file lies in.

    Args:
        sha256: of the file.
        file_bytes: its length.
        start: of the range, less than `stop`.
        stop: the end of the range, exclusive; no more than the length.
    """
    terms = []
    for number in range(start // BLOCK_BYTES, -(-stop // BLOCK_BYTES)):
        block = Block(sha256, file_bytes, number)
        first = max(start - block.start, 0) // CHUNK_BYTES
        wanted = min(stop - block.start, block.plain_bytes)
        terms.append(Term(block, first, -(-wanted // CHUNK_BYTES)))
    return terms
