"""Repositories: create, describe, show and hide, put away and bring back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.services import party_of, register_work, retitle, set_listed
from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import may_write_in, require_writer
from marketplace.accounts.queries import find_namespace
from marketplace.catalog.models import Kind, Ref, RefKind, Repository, Visibility
from marketplace.catalog.models.commits import MAIN, MAIN_LINE
from marketplace.catalog.permissions import CHANGE, MANAGE, require
from marketplace.catalog.queries.lines import charged_to
from marketplace.catalog.queries.repositories import refuse_taken_down
from marketplace.catalog.services.listings import index_repository
from marketplace.catalog.services.names import checked_name, save_named
from marketplace.catalog.services.quotas import release_held, take_room
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

CARD_COLUMNS = [
    "title",
    "summary",
    "languages",
    "tags",
    "task_categories",
    "modalities",
    "size_category",
]


class RepositoryArchived(DomainError):
    code = "repository_archived"


class RepositoryPurged(DomainError):
    code = "repository_purged"
    status = 410


class RepositoryDeleted(DomainError):
    code = "repository_deleted"


@transaction.atomic
def create_repository(  # noqa: PLR0913  what a repository is, each part by name
    actor: User,
    *,
    namespace: Namespace | str,
    name: str,
    kind: Kind | str,
    visibility: Visibility | str,
    licence_id: str,
    title: str,
    summary: str = "",
    created_at: datetime,
) -> Repository:
    """Create an empty repository and register its work to the namespace's owner.

    Args:
        actor: a writer of the namespace.
        namespace: where, or its name.
        name: 1 to 96 letters, digits, dots, hyphens and underscores.
        kind: `Kind.DATASET` or `Kind.MODEL`.
        visibility: who may see it from now on.
        licence_id: an SPDX id, or "" for all rights reserved.
        title: for people; the name if empty.
        summary: one or two sentences.
        created_at: now.

    Raises:
        Http404: no such namespace.
        PermissionDenied: `actor` may not write there.
        BadName, NameTaken, UnknownLicence: say what to change.
    """
    if isinstance(namespace, str):
        namespace = find_namespace(namespace)
    require_writer(actor, namespace)
    checked_name(name)
    title, summary = _described(title.strip() or name, summary)
    work = register_work(
        actor,
        title=title,
        owner=party_of(namespace),
        licence_id=licence_id,
        registered_at=created_at,
    )
    repository = Repository(
        kind=Kind(kind),
        namespace=namespace,
        name=name,
        work=work,
        visibility=Visibility(visibility),
        title=title,
        summary=summary,
        created_by=actor,
        created_at=created_at,
        updated_at=created_at,
    )
    save_named(repository, force_insert=True)
    Ref.objects.create(
        repository=repository,
        name=MAIN,
        kind=RefKind.BRANCH,
        line=MAIN_LINE,
        created_at=created_at,
    )
    set_listed(work, listed=repository.is_public, at=created_at)
    index_repository(repository)
    record_act(
        actor,
        "create_repository",
        repository,
        at=created_at,
        name=str(repository),
        visibility=str(repository.visibility),
    )
    return repository


@transaction.atomic
def describe_repository(
    actor: User,
    *,
    repository: Repository,
    title: str | None = None,
    summary: str | None = None,
    described_at: datetime,
) -> None:
    """Give a repository another title or summary; None leaves it as it is.

    Raises:
        PermissionDenied: `actor` may not change it.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        Malformed: too long, or an empty title.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    title, summary = _described(
        repository.title if title is None else title.strip(),
        repository.summary if summary is None else summary,
    )
    is_retitled = title != repository.title
    repository.title, repository.summary = title, summary
    repository.updated_at = described_at
    repository.save(update_fields=["title", "summary", "updated_at"])
    if is_retitled:
        retitle_work(actor, repository, at=described_at)
    index_repository(repository)
    record_act(actor, "describe_repository", repository, at=described_at)


def retitle_work(actor: User, repository: Repository, *, at: datetime) -> None:
    """Let the work follow the repository's title, if `actor` speaks for its owner.

    Somebody it is only shared with may title the page, not what others buy.
    """
    if may_write_in(actor, repository.namespace):
        retitle(actor, work=repository.work, title=repository.title, at=at)


@transaction.atomic
def set_visibility(
    actor: User,
    *,
    repository: Repository,
    visibility: Visibility | str,
    changed_at: datetime,
) -> None:
    """Show a repository to everyone, or hide it. Doing so twice changes nothing.

    Raises:
        PermissionDenied: `actor` may not manage it.
        RepositoryDeleted: restore it first.
    """
    require(actor, MANAGE, repository)
    lock_present(repository)
    if repository.visibility == Visibility(visibility):
        return
    repository.visibility = Visibility(visibility)
    repository.save(update_fields=["visibility"])
    set_listed(repository.work, listed=repository.is_public, at=changed_at)
    index_repository(repository)
    record_act(
        actor,
        "set_visibility",
        repository,
        at=changed_at,
        visibility=str(repository.visibility),
    )


@transaction.atomic
def set_archived(
    actor: User, *, repository: Repository, archived: bool, at: datetime
) -> None:
    """Keep a repository as it is, read-only, or open it again.

    Raises:
        PermissionDenied: `actor` may not manage it.
        RepositoryDeleted: restore it first.
    """
    require(actor, MANAGE, repository)
    lock_present(repository)
    if archived == (repository.archived_at is not None):
        return
    repository.archived_at = at if archived else None
    repository.save(update_fields=["archived_at"])
    act = "archive_repository" if archived else "reopen_repository"
    record_act(actor, act, repository, at=at)


@transaction.atomic
def delete_repository(
    actor: User, *, repository: Repository, deleted_at: datetime
) -> None:
    """Take a repository away from everyone; `restore_repository` brings it back.

    The room of what it alone held is given back at once.

    Raises:
        PermissionDenied: `actor` may not manage it.
        RepositoryDeleted: it is deleted already.
    """
    require(actor, MANAGE, repository)
    lock_present(repository)
    repository.deleted_at = deleted_at
    repository.save(update_fields=["deleted_at"])
    release_held(repository.namespace)
    set_listed(repository.work, listed=False, at=deleted_at)
    index_repository(repository)
    record_act(
        actor, "delete_repository", repository, at=deleted_at, name=str(repository)
    )


@transaction.atomic
def restore_repository(
    actor: User, *, repository: Repository, restored_at: datetime
) -> None:
    """Undo a deletion; restoring what is there changes nothing.

    Raises:
        PermissionDenied: `actor` may not manage it.
        RepositoryPurged: its files are gone.
        NameTaken: another repository has its name by now.
        QuotaExceeded: its namespace has no room for it any more.
    """
    require(actor, MANAGE, repository)
    if repository.deleted_at is None:
        return
    if repository.commits.exists() and not repository.entries.exists():
        raise RepositoryPurged(
            gettext(
                "“%(repository)s” was deleted so long ago that its files are gone "
                "for good."
            )
            % {"repository": repository}
        )
    repository.deleted_at = None
    save_named(repository, update_fields=["deleted_at"])
    held = charged_to(repository.namespace).filter(repository=repository)
    take_room(repository.namespace, entries=held, at=restored_at)
    is_listed = repository.is_public and repository.taken_down_at is None
    set_listed(repository.work, listed=is_listed, at=restored_at)
    index_repository(repository)
    record_act(actor, "restore_repository", repository, at=restored_at)


def require_open(repository: Repository) -> None:
    """Return if files may be committed, as things stand.

    Raises:
        RepositoryArchived: it is read-only; says what to do.
    """
    if repository.archived_at is not None:
        raise RepositoryArchived(
            gettext(
                "%(repository)s is archived and read-only. Its owner can reopen it."
            )
            % {"repository": repository}
        )


def lock_writable(repository: Repository) -> None:
    """Read `repository` anew and hold it until the transaction ends.

    Raises:
        RepositoryDeleted, RepositoryArchived: it cannot be changed; says what to do.
    """
    lock_present(repository)
    require_open(repository)


def lock_present(repository: Repository) -> None:
    """Read `repository` anew and hold it until the transaction ends, if it is there.

    Raises:
        RepositoryDeleted: it is not; says what to do.
        TakenDown: the operators withhold it.
    """
    rows = Repository.objects.select_related("namespace", "work__owner")
    repository.refresh_from_db(
        from_queryset=rows.select_for_update(of=("self",), no_key=True)
    )
    if repository.deleted_at is not None:
        raise RepositoryDeleted(
            gettext("%(repository)s is deleted. Its owner can restore it.")
            % {"repository": repository}
        )
    refuse_taken_down(repository)


def _described(title: str, summary: str) -> tuple[str, str]:
    if not title or len(title) > 200 or not title.isprintable():
        raise Malformed(gettext("title: write 1 to 200 characters on one line."))
    return title, checked_words(summary, field="summary", most=500, is_needed=False)
