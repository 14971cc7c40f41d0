"""A site's own files: found by the digests that the contest tells, and described."""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20
SPLIT, PRIVATE = "split", "private"


class NotHere(Exception):
    """No file of this site is the one that the contest was opened with."""


class Labels:
    """The CSV files below a folder. A digest is computed once, until its file changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests: dict[tuple[Path, int, int], str] = {}

    def find(self, sha256: str, *, what: str) -> Path:
        """Return the file with a digest, so that what is scored by is what was told.

        Args:
            sha256: in hexadecimal.
            what: the file is, in words.

        Raises:
            NotHere: there is none.
        """
        for path in self._files():
            if self._digest(path) == sha256:
                return path
        raise NotHere(
            f"No CSV file in {self._folder} has the SHA-256 that the contest tells of the "
            f"{what}: {sha256}. Put the file there that it was opened with, or have the "
            "host restate the site."
        )

    def described(self, *, split: str = SPLIT) -> Iterator[str]:
        """Yield what a host is to be told of each file, a line for each.

        Args:
            split: the column that says of labels which are private.
        """
        for path in self._files():
            with path.open(newline="", encoding="utf-8-sig") as file:
                rows = csv.DictReader(file)
                said = [(row.get(split) or "").strip().casefold() for row in rows]
            private = said.count(PRIVATE)
            yield (
                f"{path.name}: SHA-256 {self._digest(path)}, {len(said)} rows, "
                f"{private} of them private"
            )

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.rglob("*.csv") if path.is_file())

    def _digest(self, path: Path) -> str:
        facts = path.stat()
        key = (path, facts.st_mtime_ns, facts.st_size)
        if key not in self._digests:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
            self._digests[key] = digest.hexdigest()
        return self._digests[key]
