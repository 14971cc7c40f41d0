"""Lines of commits: which are closed, what versions on them are needed still."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

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
    open line shows those that it lies over.

    Returns:
        Line and position of each.

    Cost: two queries.
    """
    closed = defaultdict(set)
    lines = ClosedLine.objects.filter(repository__in=list(repositories))
    for repository_id, line in lines.values_list("repository_id", "line"):
        closed[repository_id].add(line)
    refs = Ref.objects.filter(repository__in=closed, commit__isnull=False)
    needed: Versions = defaultdict(set)
    for ref in refs.select_related("commit"):
        if ref.commit is not None:
            needed[ref.repository_id].update(
                layer
                for layer in ref.commit.layers
                if layer[0] in closed[ref.repository_id]
            )
    return needed


def needed_entries(repositories: Iterable[Repository]) -> TreeEntryQuerySet:
    """Return the entries that some known version of these repositories shows.

    All the others are on closed lines and may be deleted.
    """
    those = list(repositories)
    closed = ClosedLine.objects.filter(
        repository=OuterRef("repository"), line=OuterRef("line")
    )
    shown = Q(~Exists(closed))
    for repository_id, versions in needed_on_closed(those).items():
        for line, position in versions:
            ends_later = Q(until__isnull=True) | Q(until__gt=position)
            shown |= ends_later & Q(
                repository=repository_id, line=line, since__lte=position
            )
    return TreeEntry.objects.filter(shown, repository__in=those)


def charged_to(namespace: Namespace) -> TreeEntryQuerySet:
    """Return the files whose bytes count against a namespace's quota.

    They are those of its repositories, deleted ones aside. What is proposed counts
    against who committed it, until it is merged: a stranger must not fill the quota.
    """
    own = namespace.repositories.filter(deleted_at__isnull=True)
    proposals = Ref.objects.filter(kind=RefKind.PROPOSAL, line__isnull=False)
    on_proposal = Exists(
        proposals.filter(repository=OuterRef("repository"), line=OuterRef("line"))
    )
    charged = Q(pk__in=needed_entries(own).filter(~on_proposal).values("pk"))
    begun: dict[tuple[UUID, int], list[int]] = defaultdict(list)
    proposed = Commit.objects.filter(
        on_proposal, author=namespace.user, repository__deleted_at__isnull=True
    )
    for repository_id, line, position in proposed.values_list(
        "repository_id", "line", "position"
    ):
        begun[repository_id, line].append(position)
    for (repository_id, line), positions in begun.items():
        charged |= Q(repository=repository_id, line=line, since__in=positions)
    return TreeEntry.objects.filter(charged, kind=EntryKind.FILE)
