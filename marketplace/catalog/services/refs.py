"""Branches, which move, and tags, which stay with one commit."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Commit, Ref, RefKind, Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.paths import is_storable
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import commit_at
from marketplace.catalog.refnames import checked_name, folders_of
from marketplace.catalog.services.bases import HEADS, NoSuchBranch
from marketplace.catalog.services.commits import checked_message
from marketplace.catalog.services.lines import close_unreached
from marketplace.catalog.services.quotas import release_held
from marketplace.catalog.services.repositories import lock_writable
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class BranchTaken(DomainError):
    code = "branch_taken"


class DefaultBranchStays(DomainError):
    code = "default_branch_stays"
    status = 403


class TagTaken(DomainError):
    code = "tag_taken"


class NoSuchTag(DomainError):
    code = "tag_not_found"
    status = 404


@transaction.atomic
def create_branch(
    actor: User,
    *,
    repository: Repository,
    name: str,
    starting_point: str = MAIN,
    created_at: datetime,
) -> Ref:
    """Begin a branch where a revision is now. It costs nothing until it is committed to.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        BadRefName, BranchTaken, RevisionNotFound: say what to change.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    name = checked_name(name)
    commit = commit_at(repository, starting_point)
    if clash := _clash(repository, name):
        raise BranchTaken(
            gettext("name: %(repository)s has %(clash)s already. Choose another.")
            % {"repository": repository, "clash": clash}
        )
    branch = _named(actor, repository, name, RefKind.BRANCH, commit, at=created_at)
    record_act(
        actor,
        "create_branch",
        repository,
        at=created_at,
        branch=name,
        commit=commit.oid,
    )
    return branch


@transaction.atomic
def delete_branch(
    actor: User, *, repository: Repository, name: str, deleted_at: datetime
) -> None:
    """Forget a branch, and its commits unless another branch or a tag has them.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        DefaultBranchStays: it is `main`.
        NoSuchBranch: there is none of this name.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    bare = name.removeprefix(HEADS)
    if bare == MAIN:
        raise DefaultBranchStays(
            gettext("“%(main)s” is the default branch and stays.") % {"main": MAIN}
        )
    branch = _ref(repository, RefKind.BRANCH, bare)
    if branch is None:
        raise NoSuchBranch(
            gettext("name: %(repository)s has no branch “%(name)s”.")
            % {"repository": repository, "name": name[:100]}
        )
    branch.delete()
    close_unreached(repository, at=deleted_at)
    _give_back(repository, branch)
    record_act(
        actor,
        "delete_branch",
        repository,
        at=deleted_at,
        branch=bare,
        commit=_oid(branch),
    )


@transaction.atomic
def create_tag(
    actor: User,
    *,
    repository: Repository,
    name: str,
    revision: str = MAIN,
    message: str = "",
    created_at: datetime,
) -> Ref:
    """Name the commit that `revision` means now.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        BadRefName, TagTaken, RevisionNotFound, Malformed: say what to change.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    name = checked_name(name)
    message = checked_message(message)
    commit = commit_at(repository, revision)
    if clash := _clash(repository, name):
        raise TagTaken(
            gettext("name: %(repository)s has %(clash)s already. Choose another.")
            % {"repository": repository, "clash": clash}
        )
    tag = _named(
        actor, repository, name, RefKind.TAG, commit, message=message, at=created_at
    )
    record_act(
        actor, "create_tag", repository, at=created_at, tag=name, commit=commit.oid
    )
    return tag


@transaction.atomic
def delete_tag(
    actor: User, *, repository: Repository, name: str, deleted_at: datetime
) -> None:
    """Forget a tag; its commit stays, unless the tag alone kept it.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        NoSuchTag: there is none of this name.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    tag = _ref(repository, RefKind.TAG, name)
    if tag is None:
        raise NoSuchTag(
            gettext("name: %(repository)s has no tag “%(name)s”.")
            % {"repository": repository, "name": name[:100]}
        )
    tag.delete()
    _give_back(repository, tag)
    record_act(
        actor, "delete_tag", repository, at=deleted_at, tag=name, commit=_oid(tag)
    )


def _ref(repository: Repository, kind: RefKind, name: str) -> Ref | None:
    if not is_storable(name):
        return None
    refs = repository.refs.filter(kind=kind, name=name)
    return refs.select_related("commit").first()


def _oid(gone: Ref) -> str | None:
    """Return what a ref pointed at: by the audit, an operator can bring it back."""
    return gone.commit.oid if gone.commit else None


def _give_back(repository: Repository, gone: Ref) -> None:
    """Count anew what is held, if a ref that is gone may have been all that needed it."""
    lines = {line for line, _ in gone.commit.layers} if gone.commit else set()
    if repository.closed_lines.filter(line__in=lines).exists():
        release_held(repository.namespace)


def _clash(repository: Repository, name: str) -> str:
    """Say which ref has a name, or a part of it up to a slash; the lock keeps it so."""
    begins = Q(name__in=[name, *folders_of(name)]) | Q(name__startswith=f"{name}/")
    held = repository.refs.filter(begins).first()
    return f"the {held.get_kind_display().lower()} “{held.name}”" if held else ""


def _named(
    actor: User,
    repository: Repository,
    name: str,
    kind: RefKind,
    commit: Commit,
    *,
    message: str = "",
    at: datetime,
) -> Ref:
    return Ref.objects.create(
        repository=repository,
        name=name,
        kind=kind,
        commit=commit,
        message=message,
        created_by=actor,
        created_at=at,
    )
