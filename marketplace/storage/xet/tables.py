"""What is known of a xorb's chunks, packed into 41 bytes for each."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from marketplace.storage.xet.hashes import HASH_BYTES, range_hash
from marketplace.storage.xet.xorbs import HEADER_BYTES, Chunk, Header, Scheme

RECORD = struct.Struct("<32sIIB")


def packed(chunks: Iterable[Chunk]) -> bytes:
    """Return the chunks as `Table.read` takes them."""
    return b"".join(
        RECORD.pack(
            chunk.hash,
            chunk.header.plain_bytes,
            chunk.header.packed_bytes,
            chunk.header.scheme,
        )
        for chunk in chunks
    )


@dataclass(frozen=True, slots=True)
class Table:
    """The chunks of a xorb by number: hashes, where they start plain and in the body.

    `starts` and `offsets` have one more entry, where the last chunk ends.
    """

    hashes: bytes
    starts: list[int]
    offsets: list[int]
    schemes: bytes

    @classmethod
    def read(cls, data: bytes) -> Self:
        hashes, plain, inside, schemes = zip(*RECORD.iter_unpack(data), strict=True)
        return cls(
            b"".join(hashes),
            [0, *accumulate(plain)],
            [0, *accumulate(length + HEADER_BYTES for length in inside)],
            bytes(schemes),
        )

    def __len__(self) -> int:
        return len(self.schemes)

    def hash(self, number: int) -> bytes:
        return self.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]

    def check(self, first: int, end: int) -> bytes:
        """Return the hash over the hashes of some chunks."""
        return range_hash(self.hashes[first * HASH_BYTES : end * HASH_BYTES])

    def plain_bytes(self, first: int, end: int) -> int:
        return self.starts[end] - self.starts[first]

    def header(self, number: int) -> Header:
        """Return what stands before a chunk in the body."""
        inside = self.offsets[number + 1] - self.offsets[number] - HEADER_BYTES
        plain = self.plain_bytes(number, number + 1)
        return Header(Scheme(self.schemes[number]), inside, plain)
