"""What versions hold: folders, files, and what a commit changed."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from marketplace.catalog.models import (
    Commit,
    EntryKind,
    Repository,
    Shadow,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.paths import is_storable, normal, split
from marketplace.catalog.queries.revisions import commit_at
from marketplace.catalog.trees import NoSuchFile
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order

TREE_ORDER = Order(("kind", "name"))
FILES_ORDER = Order(("folder", "name"))


class FolderNotFound(DomainError):
    code = "folder_not_found"
    status = 404


def tree_of(
    repository: Repository, *, revision: Commit | str = MAIN, under: str = ""
) -> TreeEntryQuerySet:
    """Return what is right inside the folder `under`, at one version.

    Raises:
        RevisionNotFound: see `commit_at`.
        FolderNotFound: the version has no such folder.
    """
    commit = _resolved(repository, revision)
    entries = repository.entries.at(commit)
    under = normal(under)
    if under:
        folder = _entry(entries, under)
        if folder is None or folder.is_file:
            raise FolderNotFound(
                gettext("path: there is no folder “%(under)s” in this version.")
                % {"under": under}
            )
    return entries.inside(under).defer("tally")


def files_of(
    repository: Repository, *, revision: Commit | str = MAIN, under: str = ""
) -> TreeEntryQuerySet:
    """Return every file below the folder `under`, at one version, with its blob."""
    commit = _resolved(repository, revision)
    if not is_storable(under):
        return repository.entries.none()
    files = repository.entries.at(commit).below(normal(under))
    return files.filter(kind=EntryKind.FILE).select_related("blob")


def entry_at(
    repository: Repository, *, revision: Commit | str = MAIN, path: str
) -> TreeEntry | None:
    """Return the file or folder at a path of one version, or None."""
    commit = _resolved(repository, revision)
    return _entry(repository.entries.at(commit), path)


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
        raise NoSuchFile(
            gettext("path: there is no file “%(path)s” in this version.")
            % {"path": path[:200]}
        )
    return entry


def there_by(entries: TreeEntryQuerySet, moment: datetime) -> TreeEntryQuerySet:
    """Return those entries that some version made by a moment has on its line."""
    has_no_end = Value(2**31 - 1)
    versions = Commit.objects.filter(
        repository=OuterRef("repository"),
        line=OuterRef("line"),
        position__gte=OuterRef("since"),
        position__lt=Coalesce(OuterRef("until"), has_no_end),
        committed_at__lte=moment,
    )
    return entries.filter(Exists(versions))


def changes_of(commit: Commit) -> QuerySet[TreeEntry]:
    """Return the files a commit put and those it took away or replaced.

    What it put is of its own line, `since` its own position; all others ended.
    """
    line, position = commit.line, commit.position
    changed = Q(line=line, since=position) | Q(line=line, until=position)
    if commit.under:
        hidden = Shadow.objects.filter(
            repository=commit.repository_id, line=line, since=position
        )
        changed |= Q(pk__in=hidden.values("entry"))
    return TreeEntry.objects.filter(
        changed, repository=commit.repository_id, kind=EntryKind.FILE
    )


def last_changes(
    repository: Repository, entries: Iterable[TreeEntry]
) -> dict[int, Commit]:
    """Return the commits that last changed these entries, by the entries' `pk`.

    What came with a commit that is forgotten by now is left out.

    Cost: one query.
    """
    begun = {entry.pk: (entry.line, entry.since) for entry in entries}
    positions: dict[int, set[int]] = {}
    for line, since in begun.values():
        positions.setdefault(line, set()).add(since)
    wanted = Q(pk__in=[])
    for line, those in positions.items():
        wanted |= Q(line=line, position__in=those)
    commits = repository.commits.known().filter(wanted).select_related("author")
    made = {(commit.line, commit.position): commit for commit in commits}
    return {pk: made[place] for pk, place in begun.items() if place in made}


def _resolved(repository: Repository, revision: Commit | str) -> Commit:
    if isinstance(revision, Commit):
        return revision
    return commit_at(repository, revision)


def _entry(entries: TreeEntryQuerySet, path: str) -> TreeEntry | None:
    if not is_storable(path):
        return None
    folder, name = split(normal(path))
    if not name:
        return None
    named = entries.filter(folder=folder, name=name).select_related("blob")
    named = named.defer("tally")
    return named.order_by("-line", "-since").first()  # the newest is found first
