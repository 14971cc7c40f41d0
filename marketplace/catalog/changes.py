"""What a commit asks for: files to put and to take away."""

from dataclasses import dataclass

from marketplace.storage.models import Blob


@dataclass(frozen=True, slots=True)
class AddFile:
    """Put `blob` at `path`, new or in place of what is there.

    `git_oid` is Git's id of the content (40 hex), where whoever received the bytes
    reckoned it; empty for large files.
    """

    path: str
    blob: Blob
    git_oid: str = ""


@dataclass(frozen=True, slots=True)
class DeleteFile:
    path: str


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    """Take away every file below `path`."""

    path: str


Change = AddFile | DeleteFile | DeleteFolder
