"""Contents taken out of a repository for good: of every version, not the newest alone."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.catalog.changes import DeleteFile
from marketplace.catalog.models import EntryKind, RefKind, Repository
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries.lines import needed_entries
from marketplace.catalog.services.bases import base_of
from marketplace.catalog.services.commits import commit_files
from marketplace.catalog.services.lines import squash_branch
from marketplace.catalog.services.repositories import lock_writable
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError

NAMED_AT_MOST = 3


class StillShown(DomainError):
    code = "still_shown"


@transaction.atomic
def erase_contents(
    actor: User,
    *,
    repository: Repository,
    digests: Collection[str],
    erased_at: datetime,
) -> int:
    """Take contents out of all versions of a repository; their room is given back.

    A version is never changed. So a branch that has such a file is committed to without
    it, and a branch that ever had one is squashed: its earlier versions are forgotten.

    Args:
        actor: who may change the repository.
        repository: whose versions.
        digests: SHA-256s; what the repository does not have is erased already.
        erased_at: now.

    Returns:
        How many contents there were.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        StillShown: a tag or a proposal has one; says which. Nothing is erased.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    wanted = set(digests)
    found = set(_holding(repository, wanted).values_list("blob_id", flat=True))
    if not found:
        return 0
    branches = repository.refs.filter(kind=RefKind.BRANCH, commit__isnull=False)
    for name in sorted(branches.values_list("name", flat=True)):
        _erase_in(actor, repository, name, found, at=erased_at)
    if _holding(repository, found).exists():
        raise StillShown(
            f"{_showing(repository, found)} of {repository} shows a file that you want "
            "to erase. Delete the tag, or merge or close the pull request, first."
        )
    record_act(
        actor,
        "erase_contents",
        repository,
        at=erased_at,
        digests=" ".join(sorted(found)),
    )
    return len(found)


def _erase_in(
    actor: User, repository: Repository, name: str, digests: set[str], *, at: datetime
) -> None:
    base = base_of(repository, name)
    held = base.entries().filter(kind=EntryKind.FILE, blob__in=digests)
    paths = [entry.path for entry in held.only("folder", "name")]
    if paths:
        commit_files(
            actor,
            repository=repository,
            changes=[DeleteFile(path) for path in paths],
            message=f"Erase {len(paths)} files",
            committed_at=at,
            ref=name,
        )
        base = base_of(repository, name)
    if base.commit is None:
        return
    lines = {line for line, _ in base.commit.layers}
    once = repository.entries.filter(line__in=lines, blob__in=digests)
    if once.exists():
        message = f"Squash the history of {name}, to erase files from it"
        squash_branch(
            actor, repository=repository, name=name, message=message, squashed_at=at
        )


def _holding(repository: Repository, digests: Collection[str]) -> TreeEntryQuerySet:
    return needed_entries([repository]).filter(blob__in=digests)


def _showing(repository: Repository, digests: Collection[str]) -> str:
    """Name the refs that still show one of the contents."""
    refs = repository.refs.filter(commit__isnull=False).select_related("commit")
    names = [
        ref.name
        for ref in refs.order_by("name")
        if ref.commit is not None
        and repository.entries.at(ref.commit).filter(blob__in=digests).exists()
    ]
    named = " and ".join(f"“{name}”" for name in names[:NAMED_AT_MOST])
    return named or "A proposal"
