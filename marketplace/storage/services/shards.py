"""Shards on their way in: files made of chunks that were sent before, all or none."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.storage.blobs import (
    Incomplete,
    TooLarge,
    chunks_of,
    hashed_copy,
    require_digest,
)
from marketplace.storage.chunk_reader import ChunkReader, ChunksLost
from marketplace.storage.models import Blob, XetFile, Xorb, XorbSegment
from marketplace.storage.queries import current_store, segments_of
from marketplace.storage.services.blobs import (
    pardon,
    record_blob,
    store_many,
    verify_blob,
)
from marketplace.storage.services.chunks import (
    Library,
    UnknownChunks,
    is_all_of_one,
)
from marketplace.storage.services.possession import note_possession
from marketplace.storage.services.uploads import UploadsFull
from marketplace.storage.services.xorbs import renew_cache
from marketplace.storage.xet.shards import BODY_BYTES, ShardFile, ShardXorb, read_shard
from marketplace.storage.xet.sources import Cover, Segment

FILES_AT_ONCE = 256
XORBS_AT_ONCE = 200
SMALL_BYTES = 128 * 2**10  # files that are written side by side, from memory


def register_shard(  # noqa: PLR0913  what it may use and how much, each by name
    actor: User,
    *,
    source: BinaryIO,
    length: int,
    readable: Callable[[set[str]], set[str]],
    sent_since: datetime | None = None,
    at: datetime,
    limit_bytes: int,
    total_limit_bytes: int,
    room_bytes: int,
) -> int:
    """Make the files of a shard out of chunks, so that `actor` may commit them.

    Nothing of it counts unless all of it is true. A shard sent again is as good as once.

    Args:
        actor: who sends it.
        source: the body, read once.
        length: how long the body is said to be, in bytes.
        readable: asked which of some blobs `actor` may take, where chunks are named
            that others have sent.
        sent_since: of what they sent before they may use what is readable alone; None
            lets them use all they ever sent.
        at: now.
        limit_bytes: the most one file may be.
        total_limit_bytes: the most that the files of one shard may be together.
        room_bytes: the most that those of them may be which are not here yet.

    Returns:
        How many of the files were not known before.

    Raises:
        TooLarge, Incomplete: the body or a file is too long, or the body cut off.
        UploadsFull: the new files are more than `room_bytes`.
        BadShard: it is not a shard.
        UnknownChunks: it names what `actor` has not sent and may not read. Their next
            upload sends everything.
        WrongTerms: it says of its chunks what is not so.
        DigestMismatch: a file has another SHA-256.
        ChunksLost: the store could not be read just now.
        StorageFull: the disk takes no more.

    Cost: reads, hashes and writes each new file once.
    """
    if length > BODY_BYTES:
        raise TooLarge(
            gettext("A shard has at most %(body_bytes)s bytes, and not %(length)s.")
            % {"body_bytes": f"{BODY_BYTES:,}", "length": f"{length:,}"}
        )
    with hashed_copy(
        chunks_of(source), folder=current_store().incoming, limit_bytes=length
    ) as body:
        if body.size_bytes != length:
            raise Incomplete(
                gettext(
                    "Expected %(length)s bytes, received %(size_bytes)s. Send the "
                    "shard again."
                )
                % {"length": f"{length:,}", "size_bytes": f"{body.size_bytes:,}"}
            )
        shard = _Shard(body.file, length)
        _require_sizes(shard, each=limit_bytes, total=total_limit_bytes)
        library = Library(actor, readable=readable, sent_since=sent_since, at=at)
        try:
            _check(shard, library)
            with ChunkReader() as reader:
                made = _Maker(library, reader, at=at, room_bytes=room_bytes)
                made.make_all(shard.files())
        except UnknownChunks:
            renew_cache(actor)
            raise
        except ChunksLost as loss:
            damaged = Blob.objects.filter(pk=loss.sha256).first()
            if damaged is not None and not verify_blob(damaged, verified_at=at):
                renew_cache(actor)
            raise
    _enter(actor, made, at=at)
    return len(made.fresh)


@dataclass(frozen=True, slots=True)
class _Shard:
    file: BinaryIO
    length: int

    def parts(self) -> Iterator[ShardFile | ShardXorb]:
        return read_shard(self.file, length=self.length)

    def files(self) -> Iterator[ShardFile]:
        return (part for part in self.parts() if isinstance(part, ShardFile))


def _require_sizes(shard: _Shard, *, each: int, total: int) -> None:
    """Compare what the shard claims with the limits, before anything is read for it."""
    sum_bytes = 0
    for file in shard.files():
        size = file.size_bytes()
        sum_bytes += size
        if size > each:
            raise TooLarge(
                gettext(
                    "The file of SHA-256 %(sha256)s has %(size)s bytes; the limit is "
                    "%(each)s."
                )
                % {"sha256": file.sha256, "size": f"{size:,}", "each": f"{each:,}"}
            )
    if sum_bytes > total:
        raise TooLarge(
            gettext(
                "The files of this upload have %(sum_bytes)s bytes; the limit is "
                "%(total)s. Upload fewer at once."
            )
            % {"sum_bytes": f"{sum_bytes:,}", "total": f"{total:,}"}
        )


def _check(shard: _Shard, library: Library) -> None:
    for part in shard.parts():
        if isinstance(part, ShardFile):
            library.check_file(part)
        else:
            library.check_xorb(part)


class _Maker:
    """Makes the files of one shard: each is compared with its digest, then written."""

    def __init__(
        self, library: Library, reader: ChunkReader, *, at: datetime, room_bytes: int
    ) -> None:
        self.library, self.reader, self.at = library, reader, at
        self.room_bytes = room_bytes
        self.known: set[str] = set()
        self.fresh: dict[str, str] = {}
        self.size_bytes = 0
        self.covers: dict[str, Cover] = {}

    def make_all(self, files: Iterator[ShardFile]) -> None:
        while some := list(islice(files, FILES_AT_ONCE)):
            known = _known(some) | self.fresh
            small = []
            for file in some:
                if file.hash in known:
                    require_digest(known[file.hash], expected_sha256=file.sha256)
                    self.known.add(file.sha256)
                    continue
                self._count(file)
                if self._is_body(file):
                    self._note(file)
                elif file.size_bytes() > SMALL_BYTES:
                    self._make(file)
                else:
                    small.append(file)
            if small:
                self._make_small(small)

    def _count(self, file: ShardFile) -> None:
        self.size_bytes += file.size_bytes()
        if self.size_bytes > self.room_bytes:
            raise UploadsFull(
                gettext(
                    "The new files of this upload have more than %(room_bytes)s "
                    "bytes, which is all that you may send before you commit some of "
                    "it."
                )
                % {"room_bytes": f"{self.room_bytes:,}"}
            )

    def _is_body(self, file: ShardFile) -> bool:
        """Whether the file is all of a xorb, whose bytes then are its own already."""
        if file.term_count != 1:
            return False
        [(term, source)] = self.library.terms_of(file)
        if source.body is None or not is_all_of_one(file, term, source):
            return False
        require_digest(source.body, expected_sha256=file.sha256)
        self.reader.require_body(source, source.body)
        return True

    def _make(self, file: ShardFile) -> None:
        store, size = current_store(), file.size_bytes()
        with hashed_copy(
            self._content(file), folder=store.incoming, limit_bytes=size
        ) as content:
            self._require_digest(content.sha256, file)
            pardon([content.sha256])
            store.put(content)
            record_blob(content.sha256, size, at=self.at)
        self._note(file)

    def _make_small(self, files: list[ShardFile]) -> None:
        contents = [b"".join(self._content(file)) for file in files]
        for file, content in zip(files, contents, strict=True):
            self._require_digest(hashlib.sha256(content).hexdigest(), file)
        store_many(contents, stored_at=self.at)
        for file in files:
            self._note(file)

    def _require_digest(self, sha256: str, file: ShardFile) -> None:
        """Return if what was read for a file is that file.

        Raises:
            ChunksLost: it is not, and the store is at fault.
            DigestMismatch: it is not, and the shard says what is not so.
        """
        if sha256 != file.sha256:
            for term, source in self.library.terms_of(file):
                self.reader.check(source, range(term.first, term.end))
        require_digest(sha256, expected_sha256=file.sha256)

    def _content(self, file: ShardFile) -> Iterator[bytes]:
        for term, source in self.library.terms_of(file):
            yield from self.reader.read(source, range(term.first, term.end))

    def _note(self, file: ShardFile) -> None:
        """Remember where in the file which chunks are."""
        self.fresh[file.hash] = file.sha256
        offset = 0
        for term, source in self.library.terms_of(file):
            if source.body is not None:
                if term.xorb not in self.covers:
                    self.covers[term.xorb] = Cover(source.table, source.segments)
                segment = Segment(term.first, term.end, file.sha256, offset)
                self.covers[term.xorb].add(segment)
            offset += term.plain_bytes


def _known(files: list[ShardFile]) -> dict[str, str]:
    names = [file.hash for file in files]
    rows = XetFile.objects.filter(
        pk__in=names, blob__quarantined_at=None, blob__condemned_at=None
    )
    return dict(rows.values_list("hash", "blob_id"))


@transaction.atomic
def _enter(actor: User, made: _Maker, *, at: datetime) -> None:
    """Write down what was made, all at once."""
    names = iter(sorted(name for name, cover in made.covers.items() if cover.fresh))
    while some := list(islice(names, XORBS_AT_ONCE)):
        _cover(some, made.covers)
    XetFile.objects.bulk_create(
        (XetFile(hash=name, blob_id=made.fresh[name]) for name in sorted(made.fresh)),
        ignore_conflicts=True,
    )
    blobs = made.known.union(made.fresh.values())
    note_possession(actor, blobs=blobs, proved_at=at)
    if made.fresh:
        record_act(
            actor,
            "register_shard",
            actor,
            at=at,
            files=len(made.fresh),
            size_bytes=made.size_bytes,
        )


def _cover(names: list[str], covers: dict[str, Cover]) -> None:
    """Write down where the chunks of some xorbs are, unless another shard just did."""
    rows = Xorb.objects.select_for_update().filter(pk__in=names, body__isnull=False)
    held = list(rows.order_by("pk").values_list("pk", flat=True))
    XorbSegment.objects.filter(
        xorb__in=held, blob__quarantined_at__isnull=False
    ).delete()
    there, fresh, whole = segments_of(set(held)), [], []
    for name in held:
        cover = Cover(covers[name].table, there[name])
        for segment in covers[name].fresh:
            cover.add(segment)
        fresh += [
            XorbSegment(
                xorb_id=name,
                first=segment.first,
                end=segment.end,
                blob_id=segment.sha256,
                offset=segment.offset,
            )
            for segment in cover.fresh
        ]
        if cover.is_whole:
            whole.append(name)
    XorbSegment.objects.bulk_create(fresh)
    Xorb.objects.filter(pk__in=whole).update(is_covered=True)
