"""What one may do with whole contents: keep them, and verify them later."""

import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import BinaryIO

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext

from marketplace.kit.audit import record_act
from marketplace.storage.blobs import (
    Incomplete,
    chunks_of,
    digest_of,
    hashed_copy,
    require_digest,
)
from marketplace.storage.models import Blob
from marketplace.storage.queries import current_store

log = structlog.get_logger(__name__)

VERIFY_BYTES = 32 * 2**30
VERIFY_COUNT = 1000
WRITERS = 16
VERIFIED_EVERY = timedelta(days=28)  # two days short of the thirty we promise
ADD = """
    INSERT INTO storage_blob (sha256, size_bytes, stored_at, verified_at)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT DO NOTHING
    RETURNING *
"""


def store_stream(
    source: BinaryIO,
    *,
    stored_at: datetime,
    limit_bytes: int,
    expected_sha256: str | None = None,
    expected_bytes: int | None = None,
) -> Blob:
    """Keep what `source` yields as a blob; content we have already is not kept twice.

    The bytes are safe before the row is written: no crash leaves a row without bytes.

    Args:
        source: read to its end, never twice.
        stored_at: now.
        limit_bytes: the most it may be.
        expected_sha256: 64 hex digits, if the sender announced them.
        expected_bytes: the length, if announced. Give it for every request body: one
            that is cut off reads just as one that ended.

    Raises:
        TooLarge: it is over the limit.
        Incomplete: it is not as long as announced.
        DigestMismatch: it is not what was announced.
    """
    store = current_store()
    with hashed_copy(
        chunks_of(source), folder=store.incoming, limit_bytes=limit_bytes
    ) as content:
        if expected_bytes is not None and content.size_bytes != expected_bytes:
            raise Incomplete(
                gettext(
                    "Expected %(expected_bytes)s bytes, received %(size_bytes)s. "
                    "Send the file again."
                )
                % {
                    "expected_bytes": f"{expected_bytes:,}",
                    "size_bytes": f"{content.size_bytes:,}",
                }
            )
        if expected_sha256 is not None:
            require_digest(content.sha256, expected_sha256=expected_sha256)
        pardon([content.sha256])
        store.put(content)
        return record_blob(content.sha256, content.size_bytes, at=stored_at)


def store_bytes(data: bytes, *, stored_at: datetime) -> Blob:
    """Keep a small content that we hold already, such as a card."""
    return store_stream(io.BytesIO(data), stored_at=stored_at, limit_bytes=len(data))


def store_many(contents: Sequence[bytes], *, stored_at: datetime) -> list[Blob]:
    """Keep many small contents at once; return their blobs in the same order.

    What is here already is not written again. The rest is written side by side, since
    each file waits twice for the disk (fsync): 1,800 files take a few seconds, not 30.
    """
    store = current_store()
    digests = [digest_of(io.BytesIO(data)) for data in contents]
    pardon(digests)
    known = Blob.objects.filter(quarantined_at=None).in_bulk(digests)
    given = dict(zip(digests, contents, strict=True))
    fresh = {digest: data for digest, data in given.items() if digest not in known}

    def put(data: bytes) -> None:
        with hashed_copy(
            [data], folder=store.incoming, limit_bytes=len(data)
        ) as content:
            store.put(content)

    with ThreadPoolExecutor(max_workers=WRITERS) as writers:
        list(writers.map(put, fresh.values()))
    record_blobs({sha: len(data) for sha, data in fresh.items()}, at=stored_at)
    known |= Blob.objects.in_bulk(fresh)
    return [known[digest] for digest in digests]


def pardon(digests: Iterable[str]) -> None:
    """Save contents from being collected, before their bytes are sent or found here.

    It waits for a collector that is removing one; its bytes are then written anew.
    """
    condemned = Blob.objects.filter(pk__in=set(digests), condemned_at__isnull=False)
    condemned.update(condemned_at=None)


def record_blob(sha256: str, size_bytes: int, *, at: datetime) -> Blob:
    """Write the row of bytes that are safe; fresh bytes end a quarantine.

    Cost: one query for bytes that are new, two for others.
    """
    for added in Blob.objects.raw(ADD, [sha256, size_bytes, at, at]):
        return added
    blob = Blob.objects.get(pk=sha256)
    if blob.quarantined_at is not None:
        blob.quarantined_at, blob.verified_at = None, at
        blob.save(update_fields=["quarantined_at", "verified_at"])
    return blob


@transaction.atomic(savepoint=False)
def record_blobs(sizes: Mapping[str, int], *, at: datetime) -> None:
    """Do for many what `record_blob` does for one, in two queries.

    Args:
        sizes: in bytes, by digest.
        at: now.
    """
    Blob.objects.bulk_create(
        (
            Blob(sha256=digest, size_bytes=size, stored_at=at, verified_at=at)
            for digest, size in sorted(sizes.items())
        ),
        ignore_conflicts=True,
    )
    withheld = Blob.objects.filter(pk__in=sizes, quarantined_at__isnull=False)
    withheld.update(quarantined_at=None, verified_at=at)


def verify_blob(blob: Blob, *, verified_at: datetime) -> bool:
    """Read a blob's bytes again; if they are not its own, withhold them and say so.

    Returns:
        Whether it is whole.

    Cost: reads all of it, about 1.8 GB a second on one core.
    """
    if _reads_whole(blob):
        Blob.objects.filter(pk=blob.pk).update(verified_at=verified_at)
        return True
    with transaction.atomic():
        held = Blob.objects.select_for_update().get(pk=blob.pk)
        if held.quarantined_at is not None:
            return False
        if _reads_whole(held):  # someone sent it again meanwhile, or the disk stuttered
            return True
        held.quarantined_at = verified_at
        held.save(update_fields=["quarantined_at"])
        record_act(None, "quarantine_blob", held, at=verified_at)
    with suppress(FileNotFoundError):
        current_store().set_aside(held.sha256)
    log.error("blob_quarantined", sha256=held.sha256, size_bytes=held.size_bytes)
    return False


def _reads_whole(blob: Blob) -> bool:
    try:
        with current_store().open(blob.sha256) as file:
            return digest_of(file) == blob.sha256
    except OSError:  # absent, or a disk that can no longer read it
        return False


def verify_some(*, now: datetime, limit_bytes: int = VERIFY_BYTES) -> int:
    """Verify what was verified longest ago and is due; return how many were read.

    Run hourly, it reads every blob once in thirty days for up to 23 TB of them.
    """
    due = (
        Blob.objects.filter(quarantined_at=None)
        .filter(Q(verified_at=None) | Q(verified_at__lt=now - VERIFIED_EVERY))
        .order_by(F("verified_at").asc(nulls_first=True))
    )
    count, left_bytes = 0, limit_bytes
    for blob in due[:VERIFY_COUNT]:
        verify_blob(blob, verified_at=now)
        count, left_bytes = count + 1, left_bytes - blob.size_bytes
        if left_bytes <= 0:
            break
    return count
