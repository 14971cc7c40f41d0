"""The JSON of the protocol: what clients read of files and versions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.html import escape

from marketplace.catalog.git_ids import git_oid_of
from marketplace.catalog.models import Commit, TreeEntry

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


def stamp(at: datetime) -> str:
    """Return a time as clients parse it: UTC to the millisecond, with a literal Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def is_large(entry: TreeEntry) -> bool:
    """Whether clients know a file by its SHA-256, as one of Git LFS.

    They know the others by Git's own id, which is kept for what came in as small.
    """
    return not entry.oid


def etag_of(entry: TreeEntry) -> str:
    """Return the entity tag under which clients cache a file, with its quotes."""
    return f'"{entry.blob_id if is_large(entry) else entry.oid}"'


def pointer_to(entry: TreeEntry) -> bytes:
    """Return what Git itself would hold in place of a large file."""
    return POINTER.format(entry.blob_id, entry.size_bytes).encode()


def git_oid(entry: TreeEntry) -> str:
    """Return Git's id of a file: of a large one, that of the pointer to it."""
    return git_oid_of(pointer_to(entry)) if is_large(entry) else entry.oid


def entry_json(
    entry: TreeEntry,
    *,
    changed_by: Commit | None = None,
    security: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one thing of a tree; the last two are of an expanded list."""
    if not entry.is_file:
        told = {"type": "directory", "oid": entry.oid, "size": 0, "path": entry.path}
    else:
        told = {
            "type": "file",
            "oid": git_oid(entry),
            "size": entry.size_bytes,
            "path": entry.path,
        }
        if is_large(entry):
            told["lfs"] = {"oid": entry.blob_id, **_measures(entry)}
        if security:
            told["securityFileStatus"] = dict(security)
    if changed_by is not None:
        told["lastCommit"] = {
            "id": changed_by.oid,
            "title": changed_by.title,
            "date": stamp(changed_by.committed_at),
        }
    return told


def sibling_json(entry: TreeEntry, *, with_blobs: bool) -> dict[str, Any]:
    """Return one file as repository information lists it."""
    told: dict[str, Any] = {"rfilename": entry.path}
    if with_blobs:
        told |= {"size": entry.size_bytes, "blobId": git_oid(entry)}
        if is_large(entry):
            told["lfs"] = {"sha256": entry.blob_id, **_measures(entry)}
    return told


def commit_json(commit: Commit, *, formatted: bool) -> dict[str, Any]:
    """Return one version; `formatted` adds its words as HTML, as clients may ask."""
    body = commit.message.partition("\n")[2].strip()
    told: dict[str, Any] = {
        "id": commit.oid,
        "title": commit.title,
        "message": body,
        "authors": [{"user": commit.author.username}],
        "date": stamp(commit.committed_at),
    }
    if formatted:
        told["formatted"] = {"title": escape(commit.title), "message": escape(body)}
    return told


def _measures(entry: TreeEntry) -> dict[str, int]:
    return {"size": entry.size_bytes, "pointerSize": len(pointer_to(entry))}
