"""The chain over the audit trail: each seal covers a record and the seal before it.

Acts do not wait for each other: records are written as they come, and one sealer at a
time gives those that are committed the next numbers. A seal's digest is SHA-256 over the
digest before it, a line feed, and the record as `audit.canonical` writes it; the first
follows on sixty-four zeros. So the chain can be checked from an export alone.

Words that were erased are counted, and the count is compared with what the erasures on
record say: see decisions/0003.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from marketplace.kit.audit import canonical, content_of, is_marked, words_of
from marketplace.kit.models import AuditRecord, AuditSeal

SEALER_LOCK = 5_310_774_209_816_640_127  # any number; all sealers share it
BEGINNING = "0" * 64
BATCH = 1000
ERASURE = "erase_account"  # its record says how many words it took out of the trail


class Wrong(StrEnum):
    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not agree: with which record, at which number of the chain if any."""

    wrong: Wrong
    record: UUID | None
    number: int | None
    said: str


@dataclass(slots=True)
class Verification:
    """How far the chain was read; `head` is its last number and digest."""

    sealed: int = 0
    waiting: int = 0
    head_number: int = 0
    head_digest: str = BEGINNING
    is_anchor_met: bool = False
    erased: int = 0
    accounted: int = 0


def digest_of(previous: str, content: dict[str, Any]) -> str:
    """Return the digest of a seal from the one before it and what the record says."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical(content)).hexdigest()


@transaction.atomic
def seal_records(*, sealed_at: datetime) -> int:
    """Give the next records that are committed their numbers; return how many.

    None, while another sealer is at work. What this site did not write is passed over,
    and stays for `verify` to tell of.

    Cost: two queries if nothing waits, five a batch of a thousand.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    waiting = AuditRecord.objects.filter(is_sealed=False).exclude(mark="")
    written = [
        record for record in waiting.order_by("at", "id")[:BATCH] if is_marked(record)
    ]
    if not written:
        return 0
    last = AuditSeal.objects.order_by("-number").first()
    number, digest = (last.number, last.digest) if last else (0, BEGINNING)
    seals = []
    for record in written:
        number, digest = number + 1, digest_of(digest, content_of(record))
        seals.append(
            AuditSeal(
                number=number, record=record.pk, digest=digest, sealed_at=sealed_at
            )
        )
    AuditSeal.objects.bulk_create(seals)
    ids = [record.pk for record in written]
    AuditRecord.objects.filter(pk__in=ids).update(is_sealed=True)
    return len(written)


def verify(
    read: Verification, *, anchor: tuple[int, str] | None = None
) -> Iterator[Finding]:
    """Yield whatever does not agree between the chain and the records.

    Args:
        read: filled in while it goes.
        anchor: number and digest of a seal that was noted elsewhere; a chain that was
            cut short or written anew does not meet it.
    """
    previous, expected = BEGINNING, 1
    for seal, record in sealed():
        if seal.number != expected:
            yield Finding(
                Wrong.REMOVED,
                None,
                expected,
                f"seals {expected} to {seal.number - 1} are missing",
            )
        if record is None:
            said = f"record {seal.record} at {seal.number} was removed"
            yield Finding(Wrong.REMOVED, seal.record, seal.number, said)
        elif digest_of(previous, content_of(record)) != seal.digest:
            said = f"record {record.pk} at {seal.number} was changed, or its seal was"
            yield Finding(Wrong.CHANGED, record.pk, seal.number, said)
        previous, expected = seal.digest, seal.number + 1
        read.sealed += 1
        if record is not None:
            _count_erased(read, record)
        read.head_number, read.head_digest = seal.number, seal.digest
        if anchor == (seal.number, seal.digest):
            read.is_anchor_met = True
    yield from _unsealed(read)
    if anchor is not None and not read.is_anchor_met:
        said = f"the chain has no seal {anchor[0]} with the digest that was noted"
        yield Finding(Wrong.BROKEN, None, anchor[0], said)
    if read.erased != read.accounted:
        said = (
            f"{read.erased} words were erased, and {read.accounted} by a known erasure"
        )
        yield Finding(Wrong.CHANGED, None, None, said)


def _count_erased(read: Verification, record: AuditRecord) -> None:
    read.erased += len(record.erased)
    if record.act == ERASURE:
        read.accounted += int(record.details.get("words", 0))


def sealed() -> Iterator[tuple[AuditSeal, AuditRecord | None]]:
    """Yield each seal in order, with its record if there is one still."""
    after = 0
    while seals := list(
        AuditSeal.objects.filter(number__gt=after).order_by("number")[:BATCH]
    ):
        records = AuditRecord.objects.in_bulk([seal.record for seal in seals])
        for seal in seals:
            yield seal, records.get(seal.record)
        after = seals[-1].number


def export() -> Iterator[bytes]:
    """Yield the trail as JSON Lines: number, digest and record, in the chain's order.

    Each line's digest can be computed from its record and the line before; see
    `digest_of`. `said` has salt and text of each word that stands, for `commitment`.
    """
    for seal, record in sealed():
        row = {
            "number": seal.number,
            "digest": seal.digest,
            "record": content_of(record) if record else None,
            "said": _said(record) if record else {},
        }
        yield canonical(row) + b"\n"


def _said(record: AuditRecord) -> dict[str, list[str]]:
    words = words_of(record)
    return {word: [record.salts.get(word, ""), said] for word, said in words.items()}


def _unsealed(read: Verification) -> Iterator[Finding]:
    """Yield records that are outside the chain and were not written by this site."""
    in_chain = AuditSeal.objects.filter(record=OuterRef("pk"))
    outside = AuditRecord.objects.filter(~Exists(in_chain))
    for record in outside.order_by("at", "id").iterator(chunk_size=BATCH):
        _count_erased(read, record)
        if record.is_sealed or not is_marked(record):
            said = f"record {record.pk} was inserted: this site did not write it so"
            yield Finding(Wrong.INSERTED, record.pk, None, said)
        else:
            read.waiting += 1
