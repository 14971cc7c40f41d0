"""How other rooms read bytes and find what was uploaded."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.http import Http404

from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import BlobStore, Part, Staged, store_of
from marketplace.storage.models import Blob, Upload, UploadState

PART_URLS_LIVE = timedelta(hours=1)


class BlobUnavailable(DomainError):
    """The row is there and its bytes are not, or may not be trusted."""

    code = "blob_unavailable"


UNAVAILABLE = (
    "The bytes of {} cannot be read just now, and the operator has been told. "
    "Sending the file again restores it."
)


def current_store() -> BlobStore:
    return store_of(settings.STOA)


def open_blob(sha256: str) -> BinaryIO:
    """Return a seekable reader of a blob's bytes; close it.

    Raises:
        BlobUnavailable: the store does not have them.
    """
    try:
        return current_store().open(sha256)
    except FileNotFoundError as absence:
        raise BlobUnavailable(UNAVAILABLE.format(sha256)) from absence


@contextmanager
def local_copy(sha256: str) -> Iterator[Path]:
    """Lend a blob as a file to read: the store's own, or a copy that is then removed.

    Raises:
        BlobUnavailable: the store does not have it.
    """
    with ExitStack() as lent:
        try:
            path = lent.enter_context(current_store().on_disk(sha256))
        except FileNotFoundError as absence:
            raise BlobUnavailable(UNAVAILABLE.format(sha256)) from absence
        yield path


def upload_of(user: User, upload_id: uuid.UUID) -> Upload:
    """Return one's own upload.

    Raises:
        Http404: there is none of that id, or it is another's.
    """
    try:
        return Upload.objects.get(pk=upload_id, owner=user)
    except Upload.DoesNotExist as absence:
        raise Http404("You have no such upload.") from absence


def uploaded_blob(user: User, upload_id: uuid.UUID) -> Blob:
    """Return the content of one's own completed upload.

    An upload, not a digest, is the proof that someone has the bytes: a digest may be
    known to people who never had them.

    Raises:
        Http404: there is no such upload of theirs, or it is not completed.
    """
    upload = upload_of(user, upload_id)
    if upload.state != UploadState.COMPLETED:
        raise Http404("Complete the upload first.")
    return Blob.objects.get(pk=upload.sha256)


def staged(upload: Upload) -> Staged:
    return Staged(str(upload.pk), upload.store_id, upload.sha256, upload.size_bytes)


def parts_of(upload: Upload) -> list[Part]:
    """Return the parts an upload is to come in."""
    numbers = range(1, upload.part_count + 1)
    return [Part(number, upload.part_bytes(number)) for number in numbers]


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part as its sender needs to know it; `url` is None for our own API."""

    number: int
    size_bytes: int
    has_arrived: bool
    url: str | None


def plan_of(upload: Upload) -> list[PartPlan]:
    """Return what is still to be sent and where to; nothing once it is closed."""
    if upload.state != UploadState.OPEN:
        return []
    store, known = current_store(), staged(upload)
    arrived = set(store.parts(known))
    return [
        PartPlan(
            part.number,
            part.size_bytes,
            part in arrived,
            store.part_url(known, part, lives=PART_URLS_LIVE),
        )
        for part in parts_of(upload)
    ]
