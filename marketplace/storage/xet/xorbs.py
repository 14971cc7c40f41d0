"""Xorbs: some megabytes of chunks back to back, each after a header of eight bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

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


class BadXorb(Malformed):
    code = "bad_xorb"


class Scheme(IntEnum):
    STORED = 0
    LZ4 = 1
    BG4_LZ4 = 2


SCHEMES = frozenset(Scheme)


@dataclass(frozen=True, slots=True)
class Header:
    """What precedes a chunk: how it is packed, and its length in bytes so and plain."""

    scheme: Scheme
    packed_bytes: int
    plain_bytes: int


@dataclass(frozen=True, slots=True)
class Chunk:
    hash: bytes
    header: Header


def verified_chunks(
    body: BinaryIO, *, length: int, claimed: str
) -> tuple[list[Chunk], int]:
    """Read a xorb's body chunk by chunk; return its chunks and where the last one ends.

    Args:
        body: positioned at its start; one chunk is in memory at a time.
        length: in bytes.
        claimed: the hash that the sender gives, as clients write it.

    Raises:
        BadXorb: something in it is not as it must be, or it has another hash.
    """
    if length > BODY_BYTES:
        raise BadXorb(f"A xorb has at most {BODY_BYTES:,} bytes, this one {length:,}.")
    chunks, tree, plain_bytes = [], Tree(), 0
    reader = _Reader(body, left=length)
    for number, (header, payload) in enumerate(reader.chunks()):
        plain_bytes += header.plain_bytes
        if number == MOST_CHUNKS:
            raise BadXorb(f"A xorb has at most {MOST_CHUNKS:,} chunks.")
        if plain_bytes > XORB_BYTES:
            raise BadXorb(f"The chunks of a xorb have at most {XORB_BYTES:,} bytes.")
        found = chunk_hash(unpack(header, payload, number=number))
        chunks.append(Chunk(found, header))
        tree.add(found, header.plain_bytes)
    if not chunks:
        raise BadXorb("The body has no chunk.")
    root = client_hex(tree.root())
    if root != claimed:
        raise BadXorb(
            f"The body is that of xorb {root}, not of {claimed}. Send it again."
        )
    return chunks, length - reader.left


class _Reader:
    """A body of known length, read from front to back."""

    def __init__(self, body: BinaryIO, *, left: int) -> None:
        self.body, self.left = body, left

    def chunks(self) -> Iterator[tuple[Header, bytes]]:
        number = 0
        while self.left:
            head = self._take(min(HEADER_BYTES, self.left), number=number)
            if head.startswith(FOOTER):
                self.left += len(head)
                return
            header = _header(head, number=number)
            yield header, self._take(header.packed_bytes, number=number)
            number += 1

    def _take(self, count: int, *, number: int) -> bytes:
        taken = self.body.read(count) if count <= self.left else b""
        if len(taken) != count:
            raise BadXorb(f"The body ends within chunk {number}.")
        self.left -= count
        return taken


def _header(head: bytes, *, number: int) -> Header:
    if len(head) != HEADER_BYTES:
        raise BadXorb(f"The body ends within the header of chunk {number}.")
    if head[0] != 0:
        raise BadXorb(f"Chunk {number} has version {head[0]}; only 0 is known.")
    if head[4] not in SCHEMES:
        raise BadXorb(f"Chunk {number} is packed in a way {head[4]} that is not known.")
    header = Header(
        Scheme(head[4]),
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


def unpack(header: Header, payload: bytes, *, number: int) -> bytes:
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
