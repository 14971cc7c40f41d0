"""Xorbs: some megabytes of chunks back to back, each after a header of eight bytes."""

from collections.abc import Iterator
from enum import IntEnum
from typing import BinaryIO, NamedTuple, TypeAlias

import lz4.frame

from marketplace.kit.errors import Malformed
from marketplace.storage.xet.hashes import Tree, chunk_hash, client_hex

HEADER_BYTES = 8
CHUNK_BYTES = 128 * 2**10
XORB_BYTES = 64 * 2**20
MOST_CHUNKS = 8192
BODY_BYTES = XORB_BYTES + MOST_CHUNKS * HEADER_BYTES
FOOTER = b"XETBLOB"  # older clients end a body with an index of their own
BG4_GROUPS = 4
BLOCK_BYTES = 2**18
Data: TypeAlias = bytes | memoryview


class BadXorb(Malformed):
    code = "bad_xorb"


class Scheme(IntEnum):
    STORED = 0
    LZ4 = 1
    BG4_LZ4 = 2


SCHEMES = {int(scheme): scheme for scheme in Scheme}


class Header(NamedTuple):
    """What precedes a chunk: how it is packed, and its length in bytes so and plain."""

    scheme: Scheme
    packed_bytes: int
    plain_bytes: int


class Chunk(NamedTuple):
    hash: bytes
    plain_bytes: int


class Body:
    """A xorb's body, checked while it is read; `chunks` are those that were read so far.

    Args:
        source: positioned at its start; what is yielded of it is all that is kept.
        length: how long it is said to be, in bytes.
        claimed: the hash that the sender gives, as clients write it.
    """

    def __init__(self, source: BinaryIO, *, length: int, claimed: str) -> None:
        self.reader = _Reader(source, left=length)
        self.length, self.claimed = length, claimed
        self.chunks: list[Chunk] = []

    def plain(self) -> Iterator[Data]:
        """Yield what each chunk holds; only after the last one is it known to be true.

        Raises:
            BadXorb: something in it is not as it must be, or it has another hash.
        """
        if self.length > BODY_BYTES:
            raise BadXorb(
                f"A xorb has at most {BODY_BYTES:,} bytes, this one {self.length:,}."
            )
        tree, plain_bytes = Tree(), 0
        for number, (header, payload) in enumerate(self.reader.chunks()):
            plain_bytes += header.plain_bytes
            if number == MOST_CHUNKS:
                raise BadXorb(f"A xorb has at most {MOST_CHUNKS:,} chunks.")
            if plain_bytes > XORB_BYTES:
                raise BadXorb(
                    f"The chunks of a xorb have at most {XORB_BYTES:,} bytes."
                )
            data = unpack(header, payload, number=number)
            found = chunk_hash(data)
            self.chunks.append(Chunk(found, header.plain_bytes))
            tree.add(found, header.plain_bytes)
            yield data
        if not self.chunks:
            raise BadXorb("The body has no chunk.")
        root = client_hex(tree.root())
        if root != self.claimed:
            raise BadXorb(
                f"The body is that of xorb {root}, not of {self.claimed}. Send it again."
            )

    def drained(self) -> int:
        """Read on to the end, or past where it should be; return how many bytes came."""
        while self.reader.received_bytes <= self.length and self.reader.reads_on():
            pass
        return self.reader.received_bytes


class _Reader:
    """A body of known length, read from front to back, a block at a time.

    What it gives are views of a block as far as can be: most chunks are never copied.
    """

    def __init__(self, source: BinaryIO, *, left: int) -> None:
        self.source, self.left = source, left
        self.block, self.at = memoryview(b""), 0
        self.received_bytes = 0

    def chunks(self) -> Iterator[tuple[Header, Data]]:
        number = 0
        while self.left:
            head = bytes(self._take(min(HEADER_BYTES, self.left), number=number))
            if head.startswith(FOOTER):
                return
            header = _header(head, number=number)
            yield header, self._take(header.packed_bytes, number=number)
            number += 1

    def reads_on(self) -> bool:
        """Go on to the next block; say whether there was one."""
        self.block, self.at = memoryview(self.source.read(BLOCK_BYTES)), 0
        self.received_bytes += len(self.block)
        return len(self.block) > 0

    def _take(self, count: int, *, number: int) -> Data:
        end = self.at + count
        if count <= self.left and end <= len(self.block):
            taken = self.block[self.at : end]
            self.at = end
            self.left -= count
            return taken
        return self._joined(count, number=number)

    def _joined(self, count: int, *, number: int) -> bytes:
        parts, missing = [], count
        while missing:
            is_there = count <= self.left and (
                self.at < len(self.block) or self.reads_on()
            )
            if not is_there:
                raise BadXorb(f"The body ends within chunk {number}.")
            parts.append(self.block[self.at : self.at + missing])
            self.at += len(parts[-1])
            missing -= len(parts[-1])
        self.left -= count
        return b"".join(parts)


def _header(head: bytes, *, number: int) -> Header:
    if len(head) != HEADER_BYTES:
        raise BadXorb(f"The body ends within the header of chunk {number}.")
    if head[0] != 0:
        raise BadXorb(f"Chunk {number} has version {head[0]}; only 0 is known.")
    if head[4] not in SCHEMES:
        raise BadXorb(f"Chunk {number} is packed in a way {head[4]} that is not known.")
    header = Header(
        SCHEMES[head[4]],
        packed_bytes=int.from_bytes(head[1:4], "little"),
        plain_bytes=int.from_bytes(head[5:8], "little"),
    )
    if not 1 <= header.plain_bytes <= CHUNK_BYTES:
        raise BadXorb(
            f"Chunk {number} says it has {header.plain_bytes:,} bytes; it may have 1 to "
            f"{CHUNK_BYTES:,}."
        )
    is_smaller = header.packed_bytes < header.plain_bytes
    is_equal = header.packed_bytes == header.plain_bytes
    if not (is_equal if header.scheme == Scheme.STORED else is_smaller):
        raise BadXorb(
            f"Chunk {number} is packed into {header.packed_bytes:,} bytes, which does "
            f"not go with the {header.plain_bytes:,} it has."
        )
    return header


def unpack(header: Header, payload: Data, *, number: int) -> Data:
    """Return a chunk's plain bytes; never more of them than its header says.

    Raises:
        BadXorb: the payload is not what the header says; chunk `number` is named.
    """
    if header.scheme == Scheme.STORED:
        return payload
    frame = lz4.frame.LZ4FrameDecompressor()
    try:
        plain = frame.decompress(payload, max_length=header.plain_bytes + 1)
    except RuntimeError as fault:
        raise BadXorb(f"Chunk {number} is not a frame of LZ4: {fault}") from fault
    if len(plain) != header.plain_bytes or not frame.eof or frame.unused_data:
        raise BadXorb(
            f"Chunk {number} does not unpack to the {header.plain_bytes:,} bytes that "
            "its header says."
        )
    return _regrouped(plain) if header.scheme == Scheme.BG4_LZ4 else plain


def _regrouped(grouped: bytes) -> bytes:
    """Undo the sorting of bytes by their position modulo four."""
    plain, start, count = bytearray(len(grouped)), 0, len(grouped)
    for group in range(BG4_GROUPS):
        length = (count - group + BG4_GROUPS - 1) // BG4_GROUPS
        plain[group::BG4_GROUPS] = grouped[start : start + length]
        start += length
    return bytes(plain)


def stored_header(plain_bytes: int) -> bytes:
    """Return the header of a chunk that is sent as it is."""
    length = plain_bytes.to_bytes(3, "little")
    return b"\0" + length + bytes([Scheme.STORED]) + length
