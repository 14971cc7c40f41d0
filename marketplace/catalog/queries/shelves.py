"""Many repositories at once, each with its newest version: for lists that tell a lot."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from marketplace.accounts.models import Namespace
from marketplace.catalog.models import (
    Commit,
    EntryKind,
    Readme,
    Ref,
    Repository,
    TreeEntry,
    Visibility,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries.parameters import ENDING, Parameters, parameters_by


@dataclass(slots=True)
class Shelved:
    """A repository with its newest commit and its card as data.

    Files and parameters are there if asked for.
    """

    repository: Repository
    commit: Commit | None
    card: dict[str, Any] = field(default_factory=dict)
    files: list[TreeEntry] = field(default_factory=list)
    parameters: Parameters | None = None


def shelf_of(
    ids: Sequence[UUID], *, with_files: bool = False, with_parameters: bool = False
) -> list[Shelved]:
    """Return the repositories of these ids, in their order; whoever asks may see them.

    Cost: three queries, one for the files, and two for the parameters, however many
    there are.
    """
    found = Repository.objects.select_related("namespace", "work").in_bulk(ids)
    heads = {
        ref.repository_id: ref.commit
        for ref in Ref.objects.filter(
            repository__in=found, name=MAIN, commit__isnull=False
        ).select_related("commit")
        if ref.commit
    }
    cards = dict(Readme.objects.filter(pk__in=found).values_list("pk", "card"))
    files = _files_of(list(heads.values())) if with_files else {}
    counted: dict[UUID, Parameters] = {}
    if with_parameters:
        weights = Q(folder="", name__endswith=ENDING)
        counted = parameters_by(_files_of(list(heads.values()), only=weights))
    return [
        Shelved(
            found[pk],
            heads.get(pk),
            cards.get(pk) or {},
            files.get(pk, []),
            counted.get(pk),
        )
        for pk in ids
        if pk in found
    ]


def _files_of(
    commits: list[Commit], *, only: Q | None = None
) -> dict[UUID, list[TreeEntry]]:
    files: dict[UUID, list[TreeEntry]] = defaultdict(list)
    those = Q(kind=EntryKind.FILE) & (only or Q())
    whole = [commit for commit in commits if not commit.under]
    newest = [
        Q(repository=commit.repository_id, line=commit.line, until__isnull=True)
        for commit in whole
    ]
    if newest:
        entries = TreeEntry.objects.filter(reduce(or_, newest), those)
        for entry in entries.order_by("repository", "folder", "name"):
            files[entry.repository_id].append(entry)
    for commit in commits:
        if commit.under:  # `main` was begun from another branch: rare
            entries = TreeEntry.objects.newest(commit).filter(those)
            files[commit.repository_id] = list(entries.order_by("folder", "name"))
    return files


def public_counts(namespace: Namespace) -> dict[str, int]:
    """Return how many public repositories of each kind a namespace has."""
    public = Repository.objects.filter(
        namespace=namespace,
        visibility=Visibility.PUBLIC,
        deleted_at__isnull=True,
        taken_down_at__isnull=True,
    )
    counts = public.order_by().values_list("kind").annotate(Count("pk"))
    return dict(counts)
