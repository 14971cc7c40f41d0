"""Where backups are kept: a folder, or a bucket of any S3."""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast
from urllib.parse import urlsplit

from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import CHUNK_BYTES
from marketplace.storage.s3_client import Bucket
from marketplace.storage.s3_reader import S3Reader

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILE_MODE, FOLDER_MODE = 0o600, 0o700  # a dump has what people told this site alone


class WrongBytes(DomainError):
    """What was read is not what its digest says."""

    code = "wrong_bytes"


class Readable(Protocol):
    """Bytes from where they are to their end: fewer than asked for are the last."""

    def read(self, size: int = ..., /) -> bytes: ...


class Place(Protocol):
    """Files by names with slashes. Nothing partial is ever seen under a name."""

    def files(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Return names that begin with a folder's (ending in a slash), and their bytes."""

    def open(self, name: str) -> BinaryIO:
        """Return a reader.

        Raises:
            FileNotFoundError: there is no such file.
        """

    def write(self, name: str, source: Readable) -> None:
        """Keep all that `source` yields, durably, in place of what was there."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""


class Hashing:
    """What `source` yields, hashed and counted on its way.

    Args:
        source: read to its end.
        expected_sha256: 64 hex digits; other content fails at its end, before whoever
            keeps it has given it a name.
    """

    def __init__(self, source: Readable, *, expected_sha256: str = "") -> None:
        self.source, self.expected = source, expected_sha256
        self.digest, self.size_bytes = hashlib.sha256(), 0

    def read(self, size: int = CHUNK_BYTES, /) -> bytes:
        data = self.source.read(size)
        self.digest.update(data)
        self.size_bytes += len(data)
        is_end = size < 0 or len(data) < size
        if is_end and self.expected and self.sha256 != self.expected:
            raise WrongBytes(f"{self.expected} reads as {self.sha256}.")
        return data

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()


class Folder:
    """Files below `root`, which only this account may read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self, prefix: str) -> Iterator[tuple[str, int]]:
        for path in (self.root / prefix).rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                yield str(path.relative_to(self.root)), path.stat().st_size

    def open(self, name: str) -> BinaryIO:
        return (self.root / name).open("rb")

    def write(self, name: str, source: Readable) -> None:
        final = self.root / name
        final.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(prefix=".", dir=final.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                while data := source.read(CHUNK_BYTES):
                    file.write(data)
                file.flush()
                os.fchmod(file.fileno(), FILE_MODE)
                os.fsync(file.fileno())
            Path(aside).replace(final)
        finally:
            Path(aside).unlink(missing_ok=True)
        _sync(final.parent)

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)
        with suppress(OSError):  # others are in there
            (self.root / name).parent.rmdir()


class S3Bucket:
    """Objects of one bucket; `url` is written as STORAGE_URL is."""

    def __init__(self, url: str) -> None:
        bucket = Bucket.from_url(url)
        self.bucket = bucket.name
        self.client: S3Client = bucket.client(bucket.endpoint)

    def files(self, prefix: str) -> Iterator[tuple[str, int]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for found in page.get("Contents", []):
                yield found["Key"], found["Size"]

    def open(self, name: str) -> BinaryIO:
        for found, size in self.files(name):
            if found == name:
                raw = S3Reader(self.client, bucket=self.bucket, key=name, size=size)
                return io.BufferedReader(raw, CHUNK_BYTES)
        raise FileNotFoundError(name)

    def write(self, name: str, source: Readable) -> None:
        self.client.upload_fileobj(cast("BinaryIO", source), self.bucket, name)

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=name)


def place_at(where: str) -> Place:
    """Return the place that an operator names: `s3://…`, or a path."""
    if urlsplit(where).scheme == "s3":
        return S3Bucket(where)
    return Folder(Path(where).expanduser().resolve())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
