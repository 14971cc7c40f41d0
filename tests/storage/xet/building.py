"""Xorbs and shards as a client makes them, and as one that is wrong or hostile does."""

import hashlib
import struct
from dataclasses import dataclass, field

import lz4.frame

from marketplace.storage.xet.hashes import (
    Tree,
    chunk_hash,
    client_hex,
    file_hash,
    from_client_hex,
    range_hash,
)
from marketplace.storage.xet.shards import BOOKEND, TAG

STORED, LZ4, BG4_LZ4 = 0, 1, 2
FILE_FLAGS = 0xC0000000


def root_of(leaves) -> bytes:
    tree = Tree()
    for leaf, size in leaves:
        tree.add(leaf, size)
    return tree.root()


def leaves_of(chunks):
    return [(chunk_hash(chunk), len(chunk)) for chunk in chunks]


def chunk_record(data: bytes, scheme=STORED, payload: bytes | None = None) -> bytes:
    if payload is None:
        grouped = b"".join(data[group::4] for group in range(4))
        plain = grouped if scheme == BG4_LZ4 else data
        payload = plain if scheme == STORED else frame(plain)
    return (
        struct.pack("<I", len(payload) << 8)
        + bytes([scheme])
        + len(data).to_bytes(3, "little")
        + payload
    )


def frame(data: bytes) -> bytes:
    return lz4.frame.compress(data, store_size=False, block_linked=False)


@dataclass
class BuiltXorb:
    """Chunks in a body; `schemes` says how each is packed, all stored if not given."""

    chunks: list[bytes]
    schemes: list[int] = field(default_factory=list)

    @property
    def hash(self) -> str:
        return client_hex(root_of(leaves_of(self.chunks)))

    @property
    def body(self) -> bytes:
        schemes = self.schemes or [STORED] * len(self.chunks)
        return b"".join(map(chunk_record, self.chunks, schemes))

    def term(self, first=0, end=None):
        return BuiltTerm(self, first, len(self.chunks) if end is None else end)


@dataclass
class BuiltTerm:
    """Chunks of a xorb; what is given besides is written in place of what is true."""

    xorb: BuiltXorb
    first: int
    end: int
    plain_bytes: int | None = None
    check: bytes | None = None
    names: str | None = None

    @property
    def chunks(self):
        return self.xorb.chunks[self.first : self.end]

    def entry(self) -> bytes:
        claimed = self.plain_bytes
        if claimed is None:
            claimed = sum(map(len, self.chunks))
        name = from_client_hex(self.names or self.xorb.hash)
        return struct.pack("<32sIIII", name, 0, claimed, self.first, self.end)

    def verification(self) -> bytes:
        joined = b"".join(chunk_hash(chunk) for chunk in self.chunks)
        return (self.check or range_hash(joined)) + bytes(16)


@dataclass
class BuiltFile:
    terms: list[BuiltTerm]
    sha256: bytes | None = None
    hash: str | None = None
    flags: int = FILE_FLAGS
    count: int | None = None

    @property
    def content(self) -> bytes:
        return b"".join(chunk for term in self.terms for chunk in term.chunks)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def true_hash(self) -> str:
        chunks = [chunk for term in self.terms for chunk in term.chunks]
        return client_hex(file_hash(root_of(leaves_of(chunks))))

    def block(self) -> bytes:
        count = len(self.terms) if self.count is None else self.count
        parts = [
            struct.pack(
                "<32sII8x",
                from_client_hex(self.hash or self.true_hash),
                self.flags,
                count,
            )
        ]
        parts += [term.entry() for term in self.terms]
        if self.flags >> 31:
            parts += [term.verification() for term in self.terms]
        if self.flags >> 30 & 1:
            parts.append((self.sha256 or from_client_hex(self.digest)) + bytes(16))
        return b"".join(parts)


def xorb_block(xorb: BuiltXorb, **wrong) -> bytes:
    """Return what a shard says of a xorb; `starts` and `hashes` may be wrong."""
    leaves = leaves_of(xorb.chunks)
    total = sum(size for _, size in leaves)
    parts = [
        struct.pack(
            "<32sIIII",
            from_client_hex(xorb.hash),
            wrong.get("flags", 0),
            len(leaves),
            total,
            0,
        )
    ]
    start = wrong.get("start", 0)
    for leaf, size in leaves:
        parts.append(
            struct.pack("<32sIIII", wrong.get("hash", leaf), start, size, 0, 0)
        )
        start += size
    return b"".join(parts)


def build_shard(
    files=(), xorbs=(), *, tag=TAG, version=2, footer=0, blocks=(), tail=b""
) -> bytes:
    return b"".join(
        [
            struct.pack("<32sQQ", tag, version, footer),
            *(file.block() for file in files),
            BOOKEND,
            *(xorb_block(xorb) for xorb in xorbs),
            *blocks,
            BOOKEND,
            tail,
        ]
    )
