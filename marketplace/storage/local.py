"""Blobs as files below one folder: written aside, made durable, then renamed."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from marketplace.kit.signing import sign_url
from marketplace.storage.blobs import (
    HashedFile,
    Part,
    Served,
    Staged,
    chunks_of,
    hashed_copy,
    require_digest,
    require_length,
    require_parts,
    said_when_full,
    sweep_files,
)
from marketplace.storage.files import URL_PREFIX, path_of

FILE_MODE, FOLDER_MODE = 0o640, 0o750


@dataclass(frozen=True)
class LocalStore:
    """Files in `root`/ab/cd/<sha256>; the file process serves them at `files_url`."""

    root: Path
    incoming: Path
    uploads: Path
    quarantine: Path
    files_url: str
    key: str
    url_lives: timedelta

    @classmethod
    def configured(
        cls, *, url: str, data_dir: Path, files_url: str, key: str, url_lives: timedelta
    ) -> "LocalStore":
        del url  # says nothing for files
        return cls(
            root=data_dir / "blobs",
            incoming=data_dir / "incoming",  # beside `blobs`, so that a rename can do
            uploads=data_dir / "uploads",
            quarantine=data_dir / "quarantine",
            files_url=files_url.rstrip("/"),
            key=key,
            url_lives=url_lives,
        )

    def path(self, sha256: str) -> Path:
        return path_of(self.root, sha256)

    def put(self, content: HashedFile) -> None:
        final = self.path(content.sha256)
        final.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        _place(content, final)
        for folder in (final.parent, final.parent.parent, self.root):
            _fsync_folder(folder)

    def open(self, sha256: str) -> BinaryIO:
        return self.path(sha256).open("rb")

    def size(self, sha256: str) -> int:
        return self.path(sha256).stat().st_size

    def delete(self, sha256: str) -> None:
        self.path(sha256).unlink()

    def stored(self) -> Iterator[tuple[str, datetime]]:
        for path in self.root.glob("??/??/*"):
            with suppress(FileNotFoundError):  # removed meanwhile
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)

    def set_aside(self, sha256: str) -> None:
        self.quarantine.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self.path(sha256).replace(self.quarantine / sha256)

    @contextmanager
    def on_disk(self, sha256: str) -> Iterator[Path]:
        path = self.path(sha256)
        path.stat()
        yield path

    def download_url(
        self, sha256: str, *, served: Served, method: str, now: datetime
    ) -> str:
        del method  # one address does for GET and HEAD
        parameters = {
            "type": served.content_type,
            "disposition": served.content_disposition,
        }
        return self.files_url + sign_url(
            URL_PREFIX + sha256,
            parameters=parameters,
            key=self.key,
            expires=int((now + self.url_lives).timestamp()),
        )

    def begin(self, name: str) -> str:
        with said_when_full():
            (self.uploads / name).mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return ""

    def part_url(self, staged: Staged, part: Part, *, lives: timedelta) -> None:
        del staged, part, lives

    def put_part(self, staged: Staged, part: Part, *, source: BinaryIO) -> None:
        folder = self.uploads / staged.name
        with hashed_copy(
            chunks_of(source), folder=self.incoming, limit_bytes=part.size_bytes
        ) as content:
            require_length(content, part=part)
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            _place(content, folder / str(part.number))
            _fsync_folder(folder)

    def parts(self, staged: Staged) -> list[Part]:
        files = (self.uploads / staged.name).glob("*")
        return sorted(
            (Part(int(file.name), file.stat().st_size) for file in files),
            key=lambda part: part.number,
        )

    def finish(self, staged: Staged, *, parts: Sequence[Part]) -> None:
        require_parts(self.parts(staged), of=parts)
        with hashed_copy(
            self._content(staged, parts),
            folder=self.incoming,
            limit_bytes=staged.size_bytes,
        ) as content:
            require_digest(content.sha256, expected_sha256=staged.sha256)
            self.put(content)

    def _content(self, staged: Staged, parts: Sequence[Part]) -> Iterator[bytes]:
        for part in parts:
            with (self.uploads / staged.name / str(part.number)).open("rb") as file:
                yield from chunks_of(file)

    def abort(self, staged: Staged) -> None:
        shutil.rmtree(self.uploads / staged.name, ignore_errors=True)

    def sweep(self, *, before: datetime) -> int:
        folders = (self.incoming, self.uploads)
        return sum(sweep_files(folder, before=before) for folder in folders)


def _place(content: HashedFile, final: Path) -> None:
    """Give whole content its name: whoever sees the name sees all of it, for good."""
    os.fchmod(content.file.fileno(), FILE_MODE)
    os.fsync(content.file.fileno())
    content.path.replace(final)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
