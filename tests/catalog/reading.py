"""Reads a whole version back, as a dict that a test can compare."""

from marketplace.catalog import queries
from marketplace.storage.queries import open_blob


def files_in(repository, revision="main") -> dict[str, bytes]:
    return {
        entry.path: content_of(entry)
        for entry in queries.files_of(repository, revision=revision)
    }


def content_of(entry) -> bytes:
    with open_blob(entry.blob_id) as file:
        return file.read()


def tree_in(repository, revision="main") -> dict[str, tuple[str, int]]:
    """Every folder of a version, by path: how many files and bytes lie below it."""
    commit = queries.commit_at(repository, revision)
    folders = repository.entries.at(commit).filter(kind="DIRECTORY")
    return {entry.path: (entry.file_count, entry.size_bytes) for entry in folders}
