"""What one may do with bytes: keep them, send them in parts, verify them."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import BinaryIO

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, Sum

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import (
    DigestMismatch,
    Incomplete,
    Part,
    TooLarge,
    chunks_of,
    digest_of,
    hashed_copy,
    require_digest,
)
from marketplace.storage.models import Blob, Upload, UploadState
from marketplace.storage.queries import current_store, parts_of, staged

log = structlog.get_logger(__name__)

VERIFY_BYTES = 32 * 2**30
VERIFY_COUNT = 1000
WRITERS = 16
PART_BYTES = 32 * 2**20
MOST_PARTS = 1000
UPLOADS_LIVE = timedelta(days=1)
VERIFIED_EVERY = timedelta(days=28)  # two days short of the thirty we promise


class UploadClosed(DomainError):
    code = "upload_closed"


class NoSuchPart(DomainError):
    code = "not_found"
    status = 404


class UploadsFull(DomainError):
    code = "uploads_full"


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
                f"Expected {expected_bytes:,} bytes, received {content.size_bytes:,}. "
                "Send the file again."
            )
        if expected_sha256 is not None:
            require_digest(content.sha256, expected_sha256=expected_sha256)
        store.put(content)
        return _record(content.sha256, content.size_bytes, at=stored_at)


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
    with transaction.atomic():
        for digest, data in sorted(fresh.items()):
            known[digest] = _record(digest, len(data), at=stored_at)
    return [known[digest] for digest in digests]


def _record(sha256: str, size_bytes: int, *, at: datetime) -> Blob:
    """Write the row of bytes that are safe; fresh bytes end a quarantine."""
    blob, is_new = Blob.objects.get_or_create(
        sha256=sha256,
        defaults={"size_bytes": size_bytes, "stored_at": at, "verified_at": at},
    )
    if not is_new and blob.quarantined_at is not None:
        blob.quarantined_at, blob.verified_at = None, at
        blob.save(update_fields=["quarantined_at", "verified_at"])
    return blob


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


@transaction.atomic
def start_upload(
    actor: User,
    *,
    sha256: str,
    size_bytes: int,
    limit_bytes: int,
    open_limit_bytes: int,
    started_at: datetime,
) -> Upload:
    """Open an upload by parts for content that its sender has already hashed.

    Content we have is sent all the same: knowing a digest is not having the bytes.

    Args:
        actor: who will own it.
        sha256: of the whole, 64 lower-case hex digits.
        size_bytes: of the whole, at least 1.
        limit_bytes: the most one content may be.
        open_limit_bytes: the most that one person may have under way in all.
        started_at: now; the upload lives a day from then.

    Raises:
        TooLarge: it is over the limit.
        UploadsFull: with it, `actor` would have too much under way.
    """
    if size_bytes > limit_bytes:
        raise TooLarge(
            f"size_bytes: {size_bytes:,} is over the limit of {limit_bytes:,} bytes."
        )
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # one start at a time
    open_now = Upload.objects.filter(owner=actor, state=UploadState.OPEN)
    under_way = open_now.aggregate(sum=Sum("size_bytes"))["sum"] or 0
    if under_way + size_bytes > open_limit_bytes:
        raise UploadsFull(
            f"You have {under_way:,} bytes under way, of {open_limit_bytes:,} allowed. "
            "Complete or abort an upload first."
        )
    upload = Upload(
        owner=actor,
        sha256=sha256,
        size_bytes=size_bytes,
        part_size_bytes=_part_size(size_bytes),
        created_at=started_at,
    )
    upload.store_id = current_store().begin(str(upload.pk))
    upload.save(force_insert=True)
    return upload


def _part_size(size_bytes: int) -> int:
    """Return 32 MiB, or what makes at most a thousand parts, in whole MiB."""
    return max(PART_BYTES, -(-size_bytes // MOST_PARTS // 2**20) * 2**20)


def put_part(actor: User, *, upload: Upload, number: int, source: BinaryIO) -> Part:
    """Keep one part that came by our own API; sent again, it replaces the first.

    Args:
        actor: the owner.
        upload: still open.
        number: from 1.
        source: exactly as long as that part is.

    Raises:
        PermissionDenied: another's upload.
        UploadClosed: it is completed or aborted.
        NoSuchPart: the upload has no part of that number.
        Incomplete, TooLarge: `source` is shorter or longer.
    """
    _require_open(actor, upload)
    if not 1 <= number <= upload.part_count:
        raise NoSuchPart(f"The parts of this upload are 1 to {upload.part_count}.")
    part = Part(number, upload.part_bytes(number))
    current_store().put_part(staged(upload), part, source=source)
    return part


def complete_upload(actor: User, *, upload: Upload, completed_at: datetime) -> Blob:
    """Make the parts one blob, read again and verified. Repeating gives the same blob.

    Raises:
        PermissionDenied: another's upload.
        UploadClosed: it was aborted.
        PartsMissing: some parts have not arrived.
        DigestMismatch: the whole is not what was announced; the upload is aborted.

    Cost: reads and writes all of it once more.
    """
    if upload.owner_id == actor.pk and upload.state == UploadState.COMPLETED:
        return Blob.objects.get(pk=upload.sha256)
    _require_open(actor, upload)
    store = current_store()
    try:
        store.finish(staged(upload), parts=parts_of(upload))
    except DigestMismatch:
        abort_upload(actor, upload=upload)
        raise
    with transaction.atomic():
        blob = _record(upload.sha256, upload.size_bytes, at=completed_at)
        open_still = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN)
        if open_still.update(state=UploadState.COMPLETED, completed_at=completed_at):
            record_act(actor, "complete_upload", upload, at=completed_at)
    upload.refresh_from_db(fields=["state", "completed_at"])
    if upload.state != UploadState.COMPLETED:
        raise UploadClosed("This upload was aborted. Start another.")
    store.abort(staged(upload))
    return blob


def abort_upload(actor: User, *, upload: Upload) -> None:
    """Give an upload up and free its parts. A completed one stays as it is.

    Raises:
        PermissionDenied: another's upload.
        UploadClosed: it is completed.
    """
    if upload.owner_id != actor.pk:
        raise PermissionDenied
    _close(upload)
    upload.refresh_from_db(fields=["state"])
    if upload.state == UploadState.COMPLETED:
        raise UploadClosed("This upload is completed; there is nothing to abort.")


def collect_abandoned(*, now: datetime) -> int:
    """Abort uploads older than a day, and remove what killed writers left behind.

    Returns:
        How many uploads and leftovers there were.
    """
    before = now - UPLOADS_LIVE
    old = Upload.objects.filter(state=UploadState.OPEN, created_at__lt=before)
    for upload in old:
        _close(upload)
    return len(old) + current_store().sweep(before=before)


def _close(upload: Upload) -> None:
    open_still = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN)
    if open_still.update(state=UploadState.ABORTED):
        current_store().abort(staged(upload))


def _require_open(actor: User, upload: Upload) -> None:
    if upload.owner_id != actor.pk:
        raise PermissionDenied
    if upload.state != UploadState.OPEN:
        raise UploadClosed(
            f"This upload is {upload.get_state_display().lower()}. Start another."
        )
