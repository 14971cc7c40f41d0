"""Shards: which files there are, of which chunks of which xorbs; records of 48 bytes.

A shard is read from its spool as often as needed, record by record: it may list a
million chunks, and what is in memory at once is never more than one file's terms.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from marketplace.kit.errors import Malformed
from marketplace.storage.xet.hashes import client_hex

RECORD_BYTES = 48
BODY_BYTES = 72 * 2**20
TAG = bytes.fromhex("48465265706f4d6574614461746100556967456a7b815783a5bdd95ccdd14aa9")
VERSION = 2
BOOKEND = b"\xff" * 32 + bytes(16)
HAS_CHECKS, HAS_SHA256 = 1 << 31, 1 << 30
HEADER = struct.Struct("<32sQQ")
FILE = struct.Struct("<32sII8x")
TERM = struct.Struct("<32sIIII")
XORB = struct.Struct("<32sIIII")
ENTRY = struct.Struct("<32sIII4x")
CHECK = struct.Struct("<32s16x")


class BadShard(Malformed):
    code = "bad_shard"


@dataclass(frozen=True, slots=True)
class Term:
    """Chunks `first` up to but without `end` of a xorb, and the hash over theirs."""

    xorb: str
    first: int
    end: int
    plain_bytes: int
    check: bytes


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A file by its digest, which is to be true, and its terms in order."""

    hash: str
    sha256: str
    entries: bytes
    checks: bytes

    @property
    def term_count(self) -> int:
        return len(self.entries) // RECORD_BYTES

    def terms(self) -> Iterator[Term]:
        entries, checks = TERM.iter_unpack(self.entries), CHECK.iter_unpack(self.checks)
        pairs = zip(entries, checks, strict=True)
        for (xorb, _, plain_bytes, first, end), (check,) in pairs:
            yield Term(client_hex(xorb), first, end, plain_bytes, check)

    def size_bytes(self) -> int:
        """Add up what the terms claim."""
        return sum(entry[2] for entry in TERM.iter_unpack(self.entries))

    def xorbs(self) -> set[str]:
        return {client_hex(entry[0]) for entry in TERM.iter_unpack(self.entries)}


@dataclass(frozen=True, slots=True)
class ShardXorb:
    """A xorb that was sent for this shard, and what the sender says is in it."""

    hash: str
    entries: bytes

    def chunks(self) -> Iterator[tuple[bytes, int, int]]:
        """Yield of each chunk: hash, where it starts among the plain bytes, length."""
        for entry in ENTRY.iter_unpack(self.entries):
            yield entry[0], entry[1], entry[2]


def read_shard(body: BinaryIO, *, length: int) -> Iterator[ShardFile | ShardXorb]:
    """Yield the files, then the xorbs of a shard; all of it is read from its start.

    Args:
        body: seekable.
        length: in bytes.

    Raises:
        BadShard: it is not laid out as a shard; what came before is not to be used.
    """
    if length > BODY_BYTES:
        raise BadShard(f"A shard has at most {BODY_BYTES:,} bytes.")
    if length % RECORD_BYTES:
        raise BadShard(
            f"A shard is made of records of {RECORD_BYTES} bytes; {length:,} bytes are "
            "no whole number of them."
        )
    body.seek(0)
    records = _Records(body, left=length // RECORD_BYTES)
    _read_header(records.take("the header"))
    yield from _files(records)
    yield from _xorbs(records)
    if records.left:
        raise BadShard(f"{records.left:,} records follow the end of the shard.")


class _Records:
    def __init__(self, body: BinaryIO, *, left: int) -> None:
        self.body, self.left = body, left

    def take(self, what: str, *, count: int = 1) -> bytes:
        if count > self.left:
            raise BadShard(
                f"The shard ends before {what}: that takes {count:,} records, and "
                f"{self.left:,} are left."
            )
        taken = self.body.read(count * RECORD_BYTES)
        if len(taken) != count * RECORD_BYTES:
            raise BadShard(f"The shard ends before {what}.")
        self.left -= count
        return taken


def _read_header(record: bytes) -> None:
    tag, version, footer_bytes = HEADER.unpack(record)
    if tag != TAG or version != VERSION:
        raise BadShard("This is not a shard of version 2.")
    if footer_bytes:
        raise BadShard("A shard is uploaded without a footer.")


def _files(records: _Records) -> Iterator[ShardFile]:
    number = 0
    while (record := records.take("the end of its files")) != BOOKEND:
        raw, flags, count = FILE.unpack(record)
        name = f"file {number}"
        if flags != HAS_CHECKS | HAS_SHA256:
            raise BadShard(
                f"The flags of {name} are {flags:#x}; a file is listed with its checks "
                "and its SHA-256, and with nothing else."
            )
        entries = records.take(f"the terms of {name}", count=count)
        checks = records.take(f"the checks of {name}", count=count)
        (sha256,) = CHECK.unpack(records.take(f"the SHA-256 of {name}"))
        yield ShardFile(client_hex(raw), client_hex(sha256), entries, checks)
        number += 1


def _xorbs(records: _Records) -> Iterator[ShardXorb]:
    number = 0
    while (record := records.take("the end of its xorbs")) != BOOKEND:
        raw, flags, count, _, _ = XORB.unpack(record)
        if flags:
            raise BadShard(f"The flags of xorb {number} are {flags:#x}; 0 is known.")
        entries = records.take(f"the chunks of xorb {number}", count=count)
        yield ShardXorb(client_hex(raw), entries)
        number += 1
