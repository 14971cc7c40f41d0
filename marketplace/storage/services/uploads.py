"""Contents that come whole, or by parts: start, send, complete or give up an upload."""

from datetime import datetime, timedelta
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import DigestMismatch, Part, TooLarge
from marketplace.storage.models import Blob, Upload, UploadState
from marketplace.storage.queries import current_store, parts_of, staged
from marketplace.storage.services.blobs import pardon, record_blob, store_stream
from marketplace.storage.services.possession import note_possession

PART_BYTES = 32 * 2**20
MOST_PARTS = 1000
UPLOADS_LIVE = timedelta(days=1)


class UploadClosed(DomainError):
    code = "upload_closed"


class NoSuchPart(DomainError):
    code = "not_found"
    status = 404


class UploadsFull(DomainError):
    code = "uploads_full"


def receive_content(
    actor: User,
    *,
    source: BinaryIO,
    sha256: str,
    size_bytes: int,
    limit_bytes: int,
    received_at: datetime,
) -> Blob:
    """Keep content that `actor` sends whole, and remember that they had it.

    Args:
        actor: who sends it.
        source: the bytes, read once.
        sha256: what they must hash to, 64 lower-case hex digits.
        size_bytes: how many they must be.
        limit_bytes: the most one content may be.
        received_at: now.

    Raises:
        TooLarge, Incomplete, DigestMismatch, StorageFull: see `store_stream`.
    """
    blob = store_stream(
        source,
        stored_at=received_at,
        limit_bytes=min(limit_bytes, size_bytes),
        expected_sha256=sha256,
        expected_bytes=size_bytes,
    )
    note_possession(actor, blobs=[blob], proved_at=received_at)
    return blob


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
        StorageFull: the disk takes no more.
    """
    if size_bytes > limit_bytes:
        raise TooLarge(
            gettext(
                "size_bytes: %(size_bytes)s is over the limit of %(limit_bytes)s bytes."
            )
            % {"size_bytes": f"{size_bytes:,}", "limit_bytes": f"{limit_bytes:,}"}
        )
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # one start at a time
    open_now = Upload.objects.filter(owner=actor, state=UploadState.OPEN)
    under_way = open_now.aggregate(sum=Sum("size_bytes"))["sum"] or 0
    if under_way + size_bytes > open_limit_bytes:
        raise UploadsFull(
            gettext(
                "You have %(under_way)s bytes under way, of %(open_limit_bytes)s "
                "allowed. Complete or abort an upload first."
            )
            % {
                "under_way": f"{under_way:,}",
                "open_limit_bytes": f"{open_limit_bytes:,}",
            }
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
        raise NoSuchPart(
            gettext("The parts of this upload are 1 to %(part_count)s.")
            % {"part_count": upload.part_count}
        )
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
    pardon([upload.sha256])
    try:
        store.finish(staged(upload), parts=parts_of(upload))
    except DigestMismatch:
        abort_upload(actor, upload=upload)
        raise
    with transaction.atomic():
        blob = record_blob(upload.sha256, upload.size_bytes, at=completed_at)
        open_still = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN)
        if open_still.update(state=UploadState.COMPLETED, completed_at=completed_at):
            record_act(actor, "complete_upload", upload, at=completed_at)
    upload.refresh_from_db(fields=["state", "completed_at"])
    if upload.state != UploadState.COMPLETED:
        raise UploadClosed(gettext("This upload was aborted. Start another."))
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
        raise UploadClosed(
            gettext("This upload is completed; there is nothing to abort.")
        )


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
            gettext("This upload is %(lower)s. Start another.")
            % {"lower": upload.get_state_display().lower()}
        )
