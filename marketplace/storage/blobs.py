"""The blob store as the rooms see it, and how content is hashed on its way in."""

import errno
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self
from urllib.parse import urlsplit

from django.utils.module_loading import import_string
from django.utils.translation import gettext

from marketplace.kit.errors import DomainError

CHUNK_BYTES = 1 << 20
FLUSH_BYTES = 8 << 20
SHA256 = re.compile(r"[0-9a-f]{64}")
STORES = {  # by name, so that a process without S3 never imports boto3
    "": "marketplace.storage.local.LocalStore",
    "s3": "marketplace.storage.s3.S3Store",
}


class TooLarge(DomainError):
    code = "too_large"
    status = 413


class DigestMismatch(DomainError):
    code = "digest_mismatch"
    status = 400


class Incomplete(DomainError):
    code = "incomplete"
    status = 400


class PartsMissing(DomainError):
    code = "parts_missing"


class StorageFull(DomainError):
    code = "storage_full"
    status = 507


class StoreSilent(OSError):
    """The store does not answer as it should just now; the same may be asked again."""


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class HashedFile:
    """Content in a temporary file of ours, whole, with its digest."""

    file: BinaryIO
    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Served:
    """The headers under which a blob leaves; both are clean ASCII."""

    content_type: str
    content_disposition: str


@dataclass(frozen=True, slots=True)
class Staged:
    """One upload by parts, as a store knows it."""

    name: str
    store_id: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    size_bytes: int


class BlobStore(Protocol):
    """Bytes by SHA-256. Nothing partial is ever visible under a digest.

    Every method that names a digest raises FileNotFoundError if it is not in the store.
    """

    incoming: Path

    def put(self, content: HashedFile) -> None:
        """Keep `content` under its digest, durably; it may be there already."""

    def open(self, sha256: str) -> BinaryIO:
        """Return a seekable reader, positioned at the start."""

    def size(self, sha256: str) -> int: ...

    def delete(self, sha256: str) -> None: ...

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Return the digest of everything here, and since when it is."""

    def set_aside(self, sha256: str) -> None:
        """Move damaged content out of reach, but keep it for the operator."""

    def on_disk(self, sha256: str) -> AbstractContextManager[Path]:
        """Lend the content as a file; a copy, where it is not one already."""

    def download_url(
        self, sha256: str, *, served: Served, method: str, now: datetime
    ) -> str:
        """Return an address that opens this content alone, for a short while."""

    def begin(self, name: str) -> str:
        """Open an upload by parts; return what the store calls it."""

    def part_url(self, staged: Staged, part: Part, *, lives: timedelta) -> str | None:
        """Return where to PUT a part, or None if it comes by our own API."""

    def put_part(self, staged: Staged, part: Part, *, source: BinaryIO) -> None:
        """Keep one part durably; a part sent again replaces the first.

        Raises:
            Incomplete, TooLarge: `source` is not as long as the part should be.
        """

    def parts(self, staged: Staged) -> list[Part]: ...

    def finish(self, staged: Staged, *, parts: Sequence[Part]) -> None:
        """Make the parts one blob, verified; repeat it freely until `abort` tidies up.

        Raises:
            PartsMissing: some of `parts` have not arrived.
            DigestMismatch: they are something else; nothing is kept under the digest.
        """

    def abort(self, staged: Staged) -> None:
        """Forget the upload and its parts, if they are there."""

    def sweep(self, *, before: datetime) -> int:
        """Remove what killed writers left before a time; return how many things."""


def store_of(environment: Any) -> BlobStore:
    """Return this process's store for an installation, made once: S3 takes 0.2 s."""
    return _store(
        environment.storage_url,
        environment.data_dir,
        environment.files_url,
        environment.resolved_secret_key,
        environment.signed_url_seconds,
    )


@lru_cache(maxsize=4)
def _store(
    url: str, data_dir: Path, files_url: str, key: str, seconds: int
) -> BlobStore:
    store: BlobStore = import_string(STORES[urlsplit(url).scheme]).configured(
        url=url,
        data_dir=data_dir.resolve(),
        files_url=files_url,
        key=key,
        url_lives=timedelta(seconds=seconds),
    )
    return store


def chunks_of(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def digest_of(source: BinaryIO) -> str:
    digest = hashlib.sha256()
    for chunk in chunks_of(source):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def said_when_full() -> Iterator[None]:
    """Say of a disk that takes no more what it is: no fault of the site's.

    Raises:
        StorageFull: in place of the OSError.
    """
    try:
        yield
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        raise StorageFull(
            gettext(
                "This site has no room left for that content, and kept none of it. "
                "Tell the "
                "operator, and send it again later."
            )
        ) from fault


@contextmanager
def hashed_copy(
    chunks: Iterable[bytes | memoryview], *, folder: Path, limit_bytes: int
) -> Iterator[HashedFile]:
    """Write content to a temporary file in `folder` while hashing it; then remove it.

    Large content is hashed by a thread while it is written and the next of it is made.

    Raises:
        TooLarge: there is more than `limit_bytes`; reading stops there.
        StorageFull: the disk takes no more, in here or while the caller places it.
    """
    with (
        said_when_full(),
        _temporary(folder) as (descriptor, name),
        os.fdopen(descriptor, "w+b") as file,
    ):
        with _HashedAside() as digest:
            size = flushed = 0
            for piece in _pieces(chunks):
                size += len(piece)
                if size > limit_bytes:
                    raise TooLarge(
                        gettext(
                            "The content is over the limit of %(limit_bytes)s bytes."
                        )
                        % {"limit_bytes": f"{limit_bytes:,}"}
                    )
                digest.update(piece)
                file.write(piece)
                flushed = _flushed(descriptor, size, after=flushed)
        file.flush()
        file.seek(0)
        yield HashedFile(file, Path(name), digest.hexdigest(), size)


def _flushed(descriptor: int, size: int, *, after: int) -> int:
    """Have the system begin to write out what came `after` that, if it is much.

    It does not wait for it. So little is left for whoever then asks for it to be on the
    disk, where the system by itself would begin half a minute later.
    """
    if size - after < FLUSH_BYTES:
        return after
    if sys.platform == "linux":
        os.posix_fadvise(descriptor, after, size - after, os.POSIX_FADV_DONTNEED)
    return size


def _pieces(chunks: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Join what comes in small chunks; only the last piece is under a megabyte."""
    gathered: list[bytes | memoryview] = []
    left = CHUNK_BYTES
    for chunk in chunks:
        gathered.append(chunk)
        left -= len(chunk)
        if left <= 0:
            yield b"".join(gathered)
            gathered, left = [], CHUNK_BYTES
    if gathered:
        yield b"".join(gathered)


class _HashedAside:
    """SHA-256 of pieces, which a thread makes of large ones; what is small takes none."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.aside = ThreadPoolExecutor(1)
        self.last: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.aside.shutdown()

    def update(self, piece: bytes) -> None:
        if self.last is not None:
            self.last.result()
        if len(piece) < CHUNK_BYTES:
            self.digest.update(piece)
        else:
            self.last = self.aside.submit(self.digest.update, piece)

    def hexdigest(self) -> str:
        """Return the digest of all pieces, once this is closed."""
        return self.digest.hexdigest()


@contextmanager
def _temporary(folder: Path) -> Iterator[tuple[int, str]]:
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        yield descriptor, name
    finally:
        with suppress(FileNotFoundError):  # a store may have moved it into place
            Path(name).unlink()


def require_digest(sha256: str, *, expected_sha256: str) -> None:
    """Return if the content is what was announced.

    Raises:
        DigestMismatch: it is not; the message gives both digests.
    """
    if sha256 != expected_sha256:
        raise DigestMismatch(
            gettext(
                "sha256: expected %(expected_sha256)s, received %(sha256)s. Send the "
                "file again."
            )
            % {"expected_sha256": expected_sha256, "sha256": sha256}
        )


def sweep_files(folder: Path, *, before: datetime) -> int:
    """Remove the files and folders in `folder` older than a time; return how many."""
    old = [
        path for path in folder.glob("*") if path.stat().st_mtime < before.timestamp()
    ]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def require_parts(arrived: Iterable[Part], *, of: Sequence[Part]) -> None:
    """Return if every part is there at its full length.

    Raises:
        PartsMissing: some are not; the message names the first ten.
    """
    there = set(arrived)
    missing = [part.number for part in of if part not in there]
    if missing:
        named = ", ".join(map(str, missing[:10])) + (", …" if missing[10:] else "")
        raise PartsMissing(
            gettext("Send the missing parts first: %(named)s.") % {"named": named}
        )


def require_length(content: HashedFile, *, part: Part) -> None:
    """Return if the content is as long as its part should be.

    Raises:
        Incomplete: it is not.
    """
    if content.size_bytes != part.size_bytes:
        raise Incomplete(
            gettext(
                "Part %(part_number)s should have %(size_bytes)s bytes and "
                "%(size_bytes_2)s arrived. Send it again."
            )
            % {
                "part_number": part.number,
                "size_bytes": f"{part.size_bytes:,}",
                "size_bytes_2": f"{content.size_bytes:,}",
            }
        )
