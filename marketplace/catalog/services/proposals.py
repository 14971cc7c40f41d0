"""Proposals: commits that anybody may make, and a writer may merge."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.cards import README
from marketplace.catalog.merges import Merge, merge_files
from marketplace.catalog.models import (
    Commit,
    EntryKind,
    Ref,
    RefKind,
    Repository,
    Shadow,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import CHANGE, may_see, require
from marketplace.catalog.services.bases import (
    HEADS,
    Base,
    NoSuchBranch,
    base_of,
    live_entries,
    named_entries,
)
from marketplace.catalog.services.cards import card_in
from marketplace.catalog.services.commits import checked_message
from marketplace.catalog.services.repositories import lock_writable
from marketplace.catalog.services.scans import queue_scans
from marketplace.catalog.services.writing import Author, write_version
from marketplace.catalog.trees import PathClash, TreePlan, plan_tree
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError

PATHS_SHOWN = 10


class ProposalTaken(DomainError):
    code = "proposal_taken"


class NothingToMerge(DomainError):
    code = "nothing_to_merge"


class MergeConflict(DomainError):
    """`extra["paths"]` are those changed on both sides to different content."""

    code = "merge_conflict"


@transaction.atomic
def open_proposal(
    actor: User,
    *,
    repository: Repository,
    number: int,
    base: str = MAIN,
    opened_at: datetime,
) -> Ref:
    """Begin a proposal where a branch is now, as `refs/pr/{number}`.

    Args:
        actor: whoever may see the repository; they may commit to it, as may its writers.
            What they commit counts against their own quota until it is merged.
        repository: open to changes.
        number: not used in this repository yet.
        base: the branch to merge it into.
        opened_at: now.

    Raises:
        PermissionDenied: `actor` may not see the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        NoSuchBranch: there is no such branch to merge into.
        ProposalTaken: there is one of this number.
    """
    if not actor.is_active or not may_see(actor, repository):
        raise PermissionDenied("You may not see this repository.")
    lock_writable(repository)
    target = _branch(repository, base)
    name = proposal_name(number)
    if repository.refs.filter(name=name).exists():
        raise ProposalTaken(
            gettext("number: %(repository)s has a proposal %(number)s already.")
            % {"repository": repository, "number": number}
        )
    proposal = Ref.objects.create(
        repository=repository,
        name=name,
        kind=RefKind.PROPOSAL,
        commit=target.commit,
        into=target.ref.name,
        created_by=actor,
        created_at=opened_at,
    )
    record_act(actor, "open_proposal", repository, at=opened_at, proposal=number)
    return proposal


@transaction.atomic
def merge_proposal(
    actor: User,
    *,
    repository: Repository,
    number: int,
    message: str,
    merged_at: datetime,
) -> Commit:
    """Commit on the branch what a proposal changed since it left it, or was last merged.

    A path changed on both sides to different content is a conflict, and then nothing is
    merged. Merging what is merged already is answered with that merge.

    Args:
        actor: a writer of the repository.
        repository: brought up to date with what the merge changed.
        number: of the proposal.
        message: its first line is the title; one is made if it is empty.
        merged_at: now.

    Returns:
        The commit on the branch, with two parents.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        NoSuchBranch: there is no such proposal, or its branch is gone.
        NothingToMerge: the branch has all of it.
        MergeConflict: names the paths.
        BadCard: README.md as proposed cannot be read.
        QuotaExceeded: the repository's namespace would hold more than its quota.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    proposal = base_of(repository, proposal_name(number))
    target = _branch(repository, proposal.ref.into)
    theirs = proposal.commit
    if theirs is None or not proposal.goes_on:
        raise NothingToMerge(
            gettext("Proposal %(number)s has no commits yet.") % {"number": number}
        )
    last = _last_merge(target, theirs)
    if last is not None and last.parents[1] == theirs.oid:
        return last
    plan = _merged_tree(target, proposal, theirs, _common(theirs, last))
    readme = plan.added.get(README)
    touches_card = target.ref.name == MAIN and (readme or README in plan.ended)
    commit = write_version(
        Author(
            actor,
            merged_at,
            checked_message(message) or f"Merge proposal {number}",
        ),
        base=target,
        plan=plan,
        card=card_in(readme.blob if readme else None) if touches_card else None,
        merged=theirs,
    )
    brought = (entry for entry in plan.added.values() if entry.is_file)
    names = {entry.content.pk: entry.name for entry in brought}
    queue_scans(names, queued_at=merged_at)
    record_act(
        actor,
        "merge_proposal",
        repository,
        at=merged_at,
        proposal=number,
        commit=commit.oid,
    )
    return commit


def proposal_name(number: int) -> str:
    return f"refs/pr/{number}"


def _branch(repository: Repository, name: str) -> Base:
    base = base_of(repository, name.removeprefix(HEADS))
    if base.ref.kind != RefKind.BRANCH:
        raise NoSuchBranch(
            gettext("base: %(repository)s has no branch “%(name)s”.")
            % {"repository": repository, "name": name[:100]}
        )
    return base


def _last_merge(target: Base, theirs: Commit) -> Commit | None:
    """Return the newest commit of the branch that took in a commit of their line."""
    if target.commit is None:
        return None
    line = target.repository.commits.filter(line=theirs.line)
    merges = target.repository.commits.before(target.commit).filter(
        parents__1__in=line.values("oid")
    )
    return merges.order_by("-pk").first()


def _common(theirs: Commit, last: Commit | None) -> Commit | None:
    """Return the version both sides come from: last merged, or where theirs began."""
    commits = Commit.objects.filter(repository=theirs.repository_id)
    if last is not None:
        return commits.get(oid=last.parents[1])
    first = commits.get(line=theirs.line, position=1)
    return commits.get(oid=first.parents[0]) if first.parents else None


def _merged_tree(
    target: Base, proposal: Base, theirs: Commit, common: Commit | None
) -> TreePlan:
    repository = target.repository
    merge = _merge(target, theirs, common)
    if merge.conflicts:
        raise _conflict(merge.conflicts)
    live = live_entries(target.entries(), merge.changes)
    try:
        plan = plan_tree(merge.changes, live=live)
    except PathClash as clash:
        raise MergeConflict(str(clash)) from clash
    if not plan.added:
        raise NothingToMerge(
            gettext(
                "“%(ref_name)s” of %(repository)s has all that “%(ref_name_2)s” "
                "proposes. Close it."
            )
            % {
                "ref_name": target.ref.name,
                "repository": repository,
                "ref_name_2": proposal.ref.name,
            }
        )
    return plan


def _merge(target: Base, theirs: Commit, common: Commit | None) -> Merge:
    repository = target.repository
    is_own = common is not None and common.line == theirs.line
    paths = _touched(theirs, after=common.position if common and is_own else 0)
    contents = repository.entries.filter(kind=EntryKind.FILE).select_related("blob")
    before = named_entries(contents.at(common), paths) if common else {}
    return merge_files(
        paths,
        before=before,
        ours=named_entries(target.entries().filter(kind=EntryKind.FILE), paths),
        theirs=named_entries(contents.newest(theirs), paths),
    )


def _touched(theirs: Commit, *, after: int) -> set[str]:
    """Return the paths of files that their line put, ended or hid after a position."""
    hidden = Shadow.objects.filter(
        repository=theirs.repository_id, line=theirs.line, since__gt=after
    )
    entries = TreeEntry.objects.filter(
        repository=theirs.repository_id, kind=EntryKind.FILE
    ).only("folder", "name")
    own = entries.filter(
        Q(line=theirs.line, since__gt=after) | Q(line=theirs.line, until__gt=after)
    )
    shadowed = entries.filter(pk__in=hidden.values("entry"))
    return {entry.path for found in (own, shadowed) for entry in found.iterator()}


def _conflict(paths: list[str]) -> MergeConflict:
    shown = ", ".join(f"“{path}”" for path in paths[:PATHS_SHOWN])
    more = f" and {len(paths) - PATHS_SHOWN} more" if len(paths) > PATHS_SHOWN else ""
    return MergeConflict(
        gettext(
            "Both sides changed %(shown)s%(more)s. Bring the proposal's files up to "
            "those of the branch, then merge."
        )
        % {"shown": shown, "more": more},
        paths=paths[:1000],
    )
