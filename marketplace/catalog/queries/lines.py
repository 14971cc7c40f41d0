"""Lines of commits: which are closed, what versions on them are needed still."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.accounts.models import Namespace
from marketplace.catalog.models import (
    ClosedLine,
    Commit,
    EntryKind,
    Ref,
    RefKind,
    Repository,
    TreeEntry,
)
from marketplace.catalog.models.trees import TreeEntryQuerySet

Versions = dict[UUID, set[tuple[int, int]]]


def needed_on_closed(repositories: Iterable[Repository]) -> Versions:
    """Return the versions on closed lines that something still shows, by repository.

    A tag, or a branch without commits of its own, shows the version it points at; an
    open line shows those that it lies over. Versions that somebody ordered are kept.

    Returns:
        Line and position of each.

    Cost: two queries.
    """
    closed = defaultdict(set)
    lines = ClosedLine.objects.filter(repository__in=list(repositories))
    for repository_id, line in lines.values_list("repository_id", "line"):
        closed[repository_id].add(line)
    shown = Commit.objects.filter(
        Q(refs__isnull=False) | Q(kept__isnull=False), repository__in=closed
    )
    needed: Versions = defaultdict(set)
    for commit in shown.distinct():
        on_closed = closed[commit.repository_id]
        needed[commit.repository_id].update(
            layer for layer in commit.layers if layer[0] in on_closed
        )
    return needed


def needed_entries(repositories: Iterable[Repository]) -> TreeEntryQuerySet:
    """Return the entries that some known version of these repositories shows.

    All the others are on closed lines and may be deleted: see `forgotten_entries`.
    """
    those = list(repositories)
    shown = Q(~Exists(_closed())) | _at_versions(needed_on_closed(those))
    return TreeEntry.objects.filter(shown, repository__in=those)


def forgotten_entries(repository: Repository) -> TreeEntryQuerySet:
    """Return the entries that no known version of a repository shows."""
    closed = repository.closed_lines.values("line")
    needed = _at_versions(needed_on_closed([repository]))
    return repository.entries.filter(~needed, line__in=closed)


def charged_to(namespace: Namespace) -> TreeEntryQuerySet:
    """Return the files of a namespace's repositories that count against its quota.

    What is proposed counts against who committed it, until it is merged: a stranger must
    not fill the quota. See `proposed_by`.
    """
    own = namespace.repositories.filter(deleted_at__isnull=True)
    return needed_entries(own).filter(~_on_proposal(), kind=EntryKind.FILE)


def proposed_by(namespace: Namespace) -> TreeEntryQuerySet:
    """Return the files that a person committed to proposals, to whatever repository."""
    begun: dict[tuple[UUID, int], list[int]] = defaultdict(list)
    proposed = Commit.objects.filter(
        _on_proposal(), author=namespace.user, repository__deleted_at__isnull=True
    )
    for repository_id, line, position in proposed.values_list(
        "repository_id", "line", "position"
    ):
        begun[repository_id, line].append(position)
    by_them = Q(pk__in=[])
    for (repository_id, line), positions in begun.items():
        by_them |= Q(repository=repository_id, line=line, since__in=positions)
    return TreeEntry.objects.filter(by_them, kind=EntryKind.FILE)


def _on_proposal() -> Exists:
    """Whether an entry or a commit of an outer query is on a proposal's line."""
    proposals = Ref.objects.filter(kind=RefKind.PROPOSAL, line__isnull=False)
    return Exists(
        proposals.filter(repository=OuterRef("repository"), line=OuterRef("line"))
    )


def _closed() -> QuerySet[ClosedLine]:
    """Return the closed line that an entry of an outer query is on."""
    return ClosedLine.objects.filter(
        repository=OuterRef("repository"), line=OuterRef("line")
    )


def _at_versions(versions: Versions) -> Q:
    shown = Q(pk__in=[])
    for repository_id, layers in versions.items():
        for line, position in layers:
            ends_later = Q(until__isnull=True) | Q(until__gt=position)
            shown |= ends_later & Q(
                repository=repository_id, line=line, since__lte=position
            )
    return shown
