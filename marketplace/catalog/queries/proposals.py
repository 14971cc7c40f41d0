"""What a proposal is made of: its commits, and the files it would change."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from marketplace.catalog.models import (
    Commit,
    EntryKind,
    Ref,
    RefKind,
    Repository,
    Shadow,
    TreeEntry,
)
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.paths import split
from marketplace.catalog.queries.trees import FILES_ORDER


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A file where the proposal left its branch, and as it proposes; None if not there."""

    path: str
    before: TreeEntry | None
    after: TreeEntry | None


def proposal_commits(repository: Repository, number: int) -> QuerySet[Commit]:
    """Return the commits that were made on a proposal, oldest first."""
    lines = _proposal(repository, number).values("line")
    return repository.commits.filter(line__in=lines).order_by("position")


def proposal_changes(
    repository: Repository, number: int, *, most: int
) -> list[ProposedChange]:
    """Return the first files that a proposal changes, with their blobs, by path.

    They are compared with the version that it left its branch from.

    Args:
        repository: one that the reader may see.
        number: of the proposal; one that there is not changes nothing.
        most: how many to return.

    Cost: three queries.
    """
    line = _proposal(repository, number).values_list("line", flat=True).first()
    if line is None:
        return []
    files = repository.entries.filter(kind=EntryKind.FILE).select_related("blob")
    hidden = Shadow.objects.filter(repository=repository, line=line)
    before = _by_path(files.filter(pk__in=hidden.values("entry")), most=most)
    after = _by_path(files.filter(line=line, until__isnull=True), most=most)
    paths = sorted(before.keys() | after.keys(), key=_place)
    changes = [
        ProposedChange(path, before.get(path), after.get(path)) for path in paths
    ]
    return [one for one in changes[:most] if _blob(one.before) != _blob(one.after)]


def proposal_conflicts(repository: Repository, number: int, *, most: int) -> list[str]:
    """Return paths that its branch has changed otherwise since the proposal left it.

    Args:
        repository: one that the reader may see.
        number: of a proposal that was not merged yet.
        most: how many of the files that it changes are looked at.

    Cost: five queries.
    """
    changes = proposal_changes(repository, number, most=most)
    into = _proposal(repository, number).values("into")
    head = Commit.objects.filter(
        refs__repository=repository, refs__name__in=into
    ).first()
    if head is None or not changes:
        return []
    wanted = Q(pk__in=[])
    for change in changes:
        folder, name = split(change.path)
        wanted |= Q(folder=folder, name=name)
    entries = repository.entries.at(head).filter(wanted, kind=EntryKind.FILE)
    now = {entry.path: entry for entry in entries}
    return [
        change.path
        for change in changes
        if _blob(now.get(change.path))
        not in {_blob(change.before), _blob(change.after)}
    ]


def _proposal(repository: Repository, number: int) -> QuerySet[Ref]:
    return repository.refs.filter(
        kind=RefKind.PROPOSAL, name=f"refs/pr/{number}", line__isnull=False
    )


def _by_path(entries: TreeEntryQuerySet, *, most: int) -> dict[str, TreeEntry]:
    first = entries.order_by(*FILES_ORDER.clauses())[:most]
    return {entry.path: entry for entry in first}


def _place(path: str) -> tuple[bytes, bytes]:
    """Return what a path sorts by in the database: its folder, its name, as bytes."""
    folder, _, name = path.rpartition("/")
    return folder.encode(), name.encode()


def _blob(entry: TreeEntry | None) -> str | None:
    return entry.blob_id if entry else None
