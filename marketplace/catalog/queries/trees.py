"""Versions and what they hold: refs, commits, folders, files."""

import re
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from marketplace.catalog.models import Commit, EntryKind, Ref, Repository, TreeEntry
from marketplace.catalog.models.commits import MAIN, OID, RefKind
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.paths import split
from marketplace.catalog.trees import NoSuchFile
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order

COMMITS_ORDER = Order(("position",), descending=True)
TREE_ORDER = Order(("kind", "name"))
FILES_ORDER = Order(("folder", "name"))
TAGS_ORDER = Order(("name",))


class RevisionNotFound(DomainError):
    code = "revision_not_found"
    status = 404


class FolderNotFound(DomainError):
    code = "folder_not_found"
    status = 404


def head_of(repository: Repository) -> Commit | None:
    """Return the newest commit, or None while there is none."""
    return _commit_of_ref(repository, MAIN)


def commit_at(repository: Repository, revision: str = MAIN) -> Commit:
    """Return the commit that a branch, a tag or a commit's 40 hex digits name.

    Raises:
        RevisionNotFound: it names none.
    """
    found = None
    if re.fullmatch(OID[1:-1], revision):
        found = Commit.objects.filter(repository=repository, oid=revision).first()
    elif "\0" not in revision:
        found = _commit_of_ref(repository, revision)
    if found is None:
        raise RevisionNotFound(
            f"revision: {repository} has no “{revision[:100]}”. Give “{MAIN}”, a tag, or "
            "the 40 digits of a commit."
            if revision != MAIN
            else f"revision: {repository} has no files yet."
        )
    return found


def _commit_of_ref(repository: Repository, name: str) -> Commit | None:
    return Commit.objects.filter(refs__repository=repository, refs__name=name).first()


def commits_of(
    repository: Repository, *, until: Commit, path: str = ""
) -> QuerySet[Commit]:
    """Return the commits up to `until`, or those of them that changed `path`."""
    commits = repository.commits.filter(position__lte=until.position)
    if not path:
        return commits
    folder, name = split(path)
    entries = repository.entries.filter(folder=folder, name=name)
    return commits.filter(
        Q(position__in=entries.values("since"))
        | Q(position__in=entries.exclude(until=None).values("until"))
    )


def tree_of(
    repository: Repository, *, revision: Commit | str = MAIN, under: str = ""
) -> TreeEntryQuerySet:
    """Return what is right inside the folder `under`, at one version.

    Raises:
        RevisionNotFound: see `commit_at`.
        FolderNotFound: the version has no such folder.
    """
    commit = _resolved(repository, revision)
    entries = repository.entries.at(commit.position)
    if under:
        folder = _entry(entries, under)
        if folder is None or folder.is_file:
            raise FolderNotFound(f"path: there is no folder “{under}” in this version.")
    return entries.inside(under)


def files_of(
    repository: Repository, *, revision: Commit | str = MAIN, under: str = ""
) -> TreeEntryQuerySet:
    """Return every file below the folder `under`, at one version, with its blob."""
    commit = _resolved(repository, revision)
    files = repository.entries.at(commit.position).below(under)
    return files.filter(kind=EntryKind.FILE).select_related("blob")


def entry_at(
    repository: Repository, *, revision: Commit | str = MAIN, path: str
) -> TreeEntry | None:
    """Return the file or folder at a path of one version, or None."""
    commit = _resolved(repository, revision)
    return _entry(repository.entries.at(commit.position), path)


def file_at(
    repository: Repository, *, revision: Commit | str = MAIN, path: str
) -> TreeEntry:
    """Return the file at a path of one version, with its blob.

    Raises:
        RevisionNotFound: see `commit_at`.
        NoSuchFile: the version has no such file.
    """
    entry = entry_at(repository, revision=revision, path=path)
    if entry is None or not entry.is_file:
        raise NoSuchFile(f"path: there is no file “{path[:200]}” in this version.")
    return entry


def changes_of(commit: Commit) -> QuerySet[TreeEntry]:
    """Return the files a commit put (`since`) and took away or replaced (`until`)."""
    return TreeEntry.objects.filter(
        Q(since=commit.position) | Q(until=commit.position),
        repository=commit.repository_id,
        kind=EntryKind.FILE,
    )


def last_changes(
    repository: Repository, entries: Iterable[TreeEntry]
) -> dict[int, Commit]:
    """Return the commits that last changed these entries, by `since`."""
    positions = {entry.since for entry in entries}
    commits = repository.commits.filter(position__in=positions)
    return {commit.position: commit for commit in commits}


def tags_of(repository: Repository) -> QuerySet[Ref]:
    return repository.refs.filter(kind=RefKind.TAG).select_related("commit")


def _resolved(repository: Repository, revision: Commit | str) -> Commit:
    if isinstance(revision, Commit):
        return revision
    return commit_at(repository, revision)


def _entry(entries: TreeEntryQuerySet, path: str) -> TreeEntry | None:
    if "\0" in path:
        return None
    folder, name = split(path)
    if not name:
        return None
    return entries.filter(folder=folder, name=name).select_related("blob").first()
