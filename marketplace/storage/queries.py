"""How other rooms read bytes and find what was uploaded."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404

from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import BlobStore, Part, Staged, store_of
from marketplace.storage.models import (
    Blob,
    Possession,
    Upload,
    UploadState,
    XetCache,
    Xorb,
    XorbSegment,
    XorbSender,
)
from marketplace.storage.xet.sources import Segment, Source
from marketplace.storage.xet.tables import Table

PART_URLS_LIVE = timedelta(hours=1)


class BlobUnavailable(DomainError):
    """The row is there and its bytes are not, or may not be trusted."""

    code = "blob_unavailable"


UNAVAILABLE = (
    "The bytes of {} cannot be read just now, and the operator has been told. "
    "Sending the file again restores it."
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies in the store: each content once, whoever has it.

    `unneeded_bytes` are of content that nothing needs any more, which is collected soon;
    what is in quarantine is not what its digest says.
    """

    count: int
    size_bytes: int
    unneeded_bytes: int
    quarantined: int


def stored() -> Stored:
    """Return how much is stored. Cost: one query, which reads a row for each content."""
    told = Blob.objects.aggregate(
        contents=Count("pk"),
        total=Sum("size_bytes", default=0),
        unneeded=Sum("size_bytes", filter=Q(condemned_at__isnull=False), default=0),
        quarantined=Count("pk", filter=Q(quarantined_at__isnull=False)),
    )
    return Stored(
        told["contents"], told["total"], told["unneeded"], told["quarantined"]
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


def open_upload(
    user: User, *, sha256: str, size_bytes: int, since: datetime
) -> Upload | None:
    """Return one's own upload of that content, if one started `since` takes parts still.

    Whoever asks again for where to send it goes on with that one.
    """
    mine = Upload.objects.filter(owner=user, state=UploadState.OPEN, sha256=sha256)
    started = mine.filter(size_bytes=size_bytes, created_at__gte=since)
    return started.order_by("-created_at").first()


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


def possessed(
    user: User, digests: Iterable[str], *, since: datetime | None = None
) -> dict[str, Blob]:
    """Return those of the blobs whose bytes `user` once sent, or `since`, by digest.

    What is in quarantine or condemned is left out: its bytes are to be sent again.
    """
    named = set(digests)
    sent = Possession.objects.filter(user=user, blob__in=named)
    uploaded = Upload.objects.filter(
        owner=user, state=UploadState.COMPLETED, sha256__in=named
    )
    if since is not None:
        sent = sent.filter(proved_at__gte=since)
        uploaded = uploaded.filter(completed_at__gte=since)
    found = Blob.objects.filter(quarantined_at=None, condemned_at=None).filter(
        Q(pk__in=sent.values("blob")) | Q(pk__in=uploaded.values("sha256"))
    )
    return {blob.pk: blob for blob in found}


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


def arrived_parts(upload: Upload) -> set[Part]:
    """Return the parts of an open upload that have come, each as long as it came."""
    return set(current_store().parts(staged(upload)))


def plan_of(upload: Upload) -> list[PartPlan]:
    """Return what is still to be sent and where to; nothing once it is closed."""
    if upload.state != UploadState.OPEN:
        return []
    store, known = current_store(), staged(upload)
    arrived = arrived_parts(upload)
    return [
        PartPlan(
            part.number,
            part.size_bytes,
            part in arrived,
            store.part_url(known, part, lives=PART_URLS_LIVE),
        )
        for part in parts_of(upload)
    ]


def sources_of(
    user: User,
    xorbs: Iterable[str],
    *,
    readable: Callable[[set[str]], set[str]],
    sent_since: datetime | None = None,
) -> dict[str, Source]:
    """Return those of the xorbs that are here, by hash, and what `user` may use of them.

    What is in quarantine counts as absent.

    Args:
        user: who wants files made of them.
        xorbs: hashes, as clients write them.
        readable: asked which of some blobs they may take, for xorbs they did not send.
        sent_since: what they sent before counts as not sent by them.

    Cost: three queries, and what `readable` takes.
    """
    names = set(xorbs)
    rows = Xorb.objects.filter(pk__in=names).select_related("body")
    sent = XorbSender.objects.filter(user=user, xorb__in=names)
    if sent_since is not None:
        sent = sent.filter(sent_at__gte=sent_since)
    own = set(sent.values_list("xorb_id", flat=True))
    segments = segments_of(names)
    others = {one.sha256 for name in names - own for one in segments[name]}
    taken = readable(others) if others else set()
    return {
        row.pk: Source(
            xorb=row.pk,
            table=Table.read(bytes(row.chunks)),
            body=row.body_id if row.body and row.body.quarantined_at is None else None,
            segments=segments[row.pk],
            is_own=row.pk in own,
            readable=taken,
        )
        for row in rows
    }


def segments_of(xorbs: set[str]) -> defaultdict[str, list[Segment]]:
    """Return by xorb where its chunks lie in blobs that can be read, in order."""
    found: defaultdict[str, list[Segment]] = defaultdict(list)
    rows = XorbSegment.objects.filter(xorb__in=xorbs, blob__quarantined_at=None)
    told = rows.order_by("xorb", "first").values_list(
        "xorb_id", "first", "end", "blob_id", "offset"
    )
    for xorb, first, end, sha256, offset in told:
        found[xorb].append(Segment(first, end, sha256, offset))
    return found


def pinned_by_xorbs() -> QuerySet[Blob]:
    """Return the blobs that must stay, since chunks that clients count on are in them."""
    bodies = Xorb.objects.filter(body__isnull=False).values("body")
    segments = XorbSegment.objects.values("blob")
    return Blob.objects.filter(Q(pk__in=bodies) | Q(pk__in=segments))


def cache_generation(user: User) -> int:
    """Return which of a person's client caches counts."""
    cache = XetCache.objects.filter(user=user).values_list("generation", flat=True)
    return cache.first() or 1


def blob_of_xet_file(hash: str) -> Blob | None:  # noqa: A002  the protocol's word
    """Return the content that a file's hash stands for, if it is known and whole."""
    return Blob.objects.filter(xet_files=hash, quarantined_at=None).first()
