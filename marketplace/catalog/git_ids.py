"""Git's own ids of contents: by them Hugging Face's clients know small files."""

import hashlib
from typing import Protocol

HASHED_BYTES = 10 * 2**20  # what is longer is known by its SHA-256 alone


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def git_oid_of(content: bytes) -> str:
    """Return Git's id of a content: what `git hash-object` prints."""
    digest = hashlib.sha1(_header(len(content)), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


class GitHashing:
    """A source read once, whose Git id is known then if it is short enough to have one.

    Args:
        source: what is read.
        size_bytes: how long it is; what is shorter or longer must be refused elsewhere.
    """

    def __init__(self, source: Source, *, size_bytes: int) -> None:
        self.source = source
        self.is_short = size_bytes <= HASHED_BYTES
        self.hash = hashlib.sha1(_header(size_bytes), usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        chunk = self.source.read(size)
        if self.is_short:
            self.hash.update(chunk)
        return chunk

    @property
    def oid(self) -> str:
        """The id once all is read, nothing if it is too long."""
        return self.hash.hexdigest() if self.is_short else ""


def _header(size_bytes: int) -> bytes:
    return f"blob {size_bytes}\0".encode()
