"""What is known of a xorb's chunks, packed into 36 bytes for each."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from marketplace.storage.xet.hashes import HASH_BYTES, range_hash
from marketplace.storage.xet.xorbs import Chunk

RECORD = struct.Struct("<32sI")


def packed(chunks: Iterable[Chunk]) -> bytes:
    """Return the chunks as `Table.read` takes them."""
    return b"".join(RECORD.pack(chunk.hash, chunk.plain_bytes) for chunk in chunks)


@dataclass(frozen=True, slots=True)
class Table:
    """The chunks of a xorb by number: their hashes, and where they start.

    `starts` has one more entry, where the last chunk ends.
    """

    hashes: bytes
    starts: list[int]

    @classmethod
    def read(cls, data: bytes) -> Self:
        hashes, sizes = zip(*RECORD.iter_unpack(data), strict=True)
        return cls(b"".join(hashes), [0, *accumulate(sizes)])

    def __len__(self) -> int:
        return len(self.starts) - 1

    def hash(self, number: int) -> bytes:
        return self.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]

    def check(self, first: int, end: int) -> bytes:
        """Return the hash over the hashes of some chunks."""
        return range_hash(self.hashes[first * HASH_BYTES : end * HASH_BYTES])

    def plain_bytes(self, first: int, end: int) -> int:
        return self.starts[end] - self.starts[first]
