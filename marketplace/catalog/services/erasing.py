"""Contents taken out of a repository for good: of every version, not the newest alone."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.changes import AddFile, Change, DeleteFile
from marketplace.catalog.models import Commit, EntryKind, Ref, RefKind, Repository
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries.lines import needed_entries
from marketplace.catalog.queries.proposals import proposal_changes
from marketplace.catalog.services.bases import base_of, named_entries
from marketplace.catalog.services.commits import MOST_CHANGES, commit_files
from marketplace.catalog.services.lines import close_unreached, squash_branch
from marketplace.catalog.services.quotas import release_held
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
    A proposal that lies over them begins anew from its branch, as one commit of what it
    changed, or empty where that does not fit any more.

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
        StillShown: a tag has one; says which. Nothing is erased.
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
    proposals = repository.refs.filter(kind=RefKind.PROPOSAL, commit__isnull=False)
    for proposal in proposals.select_related("commit", "created_by").order_by("pk"):
        if proposal.commit and _ever_had(repository, proposal.commit, found):
            _begin_anew(repository, proposal, found, at=erased_at)
    close_unreached(repository, at=erased_at)
    release_held(repository.namespace)
    if _holding(repository, found).exists():
        raise StillShown(
            gettext(
                "%(repository)s of %(repository_2)s shows a file that you want to "
                "erase. Delete that tag first."
            )
            % {"repository": _showing(repository, found), "repository_2": repository}
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
    if base.commit and _ever_had(repository, base.commit, digests):
        message = f"Squash the history of {name}, to erase files from it"
        squash_branch(
            actor, repository=repository, name=name, message=message, squashed_at=at
        )


def _ever_had(repository: Repository, commit: Commit, digests: set[str]) -> bool:
    """Whether a version, or one that it lies over, had such a file."""
    lines = {line for line, _ in commit.layers}
    return repository.entries.filter(line__in=lines, blob__in=digests).exists()


def _begin_anew(
    repository: Repository, proposal: Ref, digests: set[str], *, at: datetime
) -> None:
    number = int(proposal.name.rpartition("/")[2])
    proposed = proposal_changes(repository, number, most=MOST_CHANGES)
    branch = base_of(repository, proposal.into)
    message = proposal.commit.message if proposal.commit else ""
    repository.refs.filter(pk=proposal.pk).update(commit=branch.commit, line=None)
    there = named_entries(branch.entries(), {change.path for change in proposed})
    changes: list[Change] = []
    for change in proposed:
        if change.after is not None and change.after.blob_id not in digests:
            addition = AddFile(change.path, change.after.content, change.after.oid)
            changes.append(addition)
        elif change.after is None and change.path in there:
            changes.append(DeleteFile(change.path))
    if not changes or proposal.created_by is None:
        return
    with suppress(DomainError, PermissionDenied), transaction.atomic():
        commit_files(
            proposal.created_by,
            repository=repository,
            changes=changes,
            message=message,
            committed_at=at,
            ref=proposal.name,
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
    return named or "A version"
