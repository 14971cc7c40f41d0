"""The one way by which bytes leave, whichever edge asked; and how that is noted.

A download is one person, or one network address without an account, taking as many files
of a repository as they like within five minutes. Who that was is kept for a time where
the repository is gated or paid for, and told there; elsewhere it is not written down.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import ClassVar

from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext

from licensing.conditions import is_sample
from licensing.queries import Access, access_to
from licensing.services import record_use
from marketplace.accounts.models import User
from marketplace.catalog.cards import README
from marketplace.catalog.models import (
    AccessState,
    Commit,
    Download,
    Repository,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.permissions import CHANGE, AnyUser, may_know
from marketplace.catalog.queries.gates import access_request_of
from marketplace.catalog.queries.repositories import refuse_taken_down
from marketplace.catalog.queries.trees import entry_at, file_at, there_by
from marketplace.catalog.takings import Leaving, taking_of
from marketplace.kit.errors import DomainError

ONE_REQUEST = timedelta(days=1)


class AccessRefused(DomainError):
    """Visible, and not to be taken as things stand; `code` says why, `path` where to go.

    One of `sign_in_required`, `purchase_required`, `acceptance_required`,
    `update_not_included`, `not_offered`, `access_stopped`; of a `GateClosed`, one of
    `gated`, `gate_pending`, `gate_rejected`.
    """

    code = "access_refused"
    status = HTTPStatus.FORBIDDEN
    leads_to: ClassVar[str] = "buy_url"
    is_gate: ClassVar[bool] = False

    def __init__(self, message: str, *, code: str, path: str) -> None:
        super().__init__(message, **{self.leads_to: path})
        self.code = code  # type: ignore[misc]  # the one error whose code is a finding
        self.path = path


class GateClosed(AccessRefused):
    """Its owners let in one by one, or whoever says who they are."""

    leads_to = "gate_url"
    is_gate = True


def release_file(
    user: AnyUser,
    *,
    repository: Repository,
    revision: Commit | str = MAIN,
    path: str,
    at: datetime,
    is_counted: bool = True,
    is_leaving: bool = True,
    address: str = "",
) -> TreeEntry:
    """Return a file that `user` may have the bytes of, now, and count that they took it.

    What is paid by use is counted by whichever part of it leaves, once in a day.

    Args:
        user: who will have the bytes.
        repository: may be one they cannot see.
        revision: a branch, a tag or a commit.
        path: of a file at that revision.
        at: now.
        is_counted: whether this is somebody taking the file, and not, say, a part of it.
        is_leaving: whether bytes leave by this, or their address; else they look at them.
        address: the network address they ask from; tells people without accounts apart.

    Raises:
        Http404: `user` may not know of the repository.
        TakenDown: the operators withhold it.
        RevisionNotFound, NoSuchFile: there is no such file.
        AccessRefused: it takes a request, a sign-in, an order or an acceptance; says
            where.
    """
    _require_sight(user, repository)
    entry = file_at(repository, revision=revision, path=path)
    access = _access_of(user, repository, entry, at=at)
    if access is not None and is_leaving:
        count_leaving(
            *(user, repository, entry, access),
            is_counted=is_counted,
            at=at,
            address=address,
        )
    return entry


def release_content(
    user: AnyUser,
    *,
    repository: Repository,
    sha256: str,
    at: datetime,
    is_counted: bool,
    address: str,
) -> TreeEntry:
    """Return the file that had a content last, as `release_file` does by its path.

    Args:
        user: who will have the bytes.
        repository: may be one they cannot see.
        sha256: 64 hex digits of a content; one in quarantine is not there.
        at: now.
        is_counted: whether this is somebody taking it, and not, say, a part of it.
        address: the network address they ask from.

    Raises:
        Http404: `user` may not know of the repository, or it has no such content.
        AccessRefused: see `release_file`.
    """
    _require_sight(user, repository)
    access = _granted(user, repository, at=at, is_partly_enough=True)
    held = TreeEntry.objects.filter(
        repository=repository, blob=sha256, blob__quarantined_at=None
    )
    entry = held.select_related("blob").order_by("-pk").first()
    if entry is None:
        raise Http404(f"{repository} has no such file.")
    if not access.allowed:
        entry, access = _part_of(access, held)
    count_leaving(
        *(user, repository, entry, access),
        is_counted=is_counted,
        at=at,
        address=address,
    )
    return entry


def count_leaving(
    user: AnyUser,
    repository: Repository,
    entry: Leaving,
    access: Access,
    *,
    is_counted: bool,
    at: datetime,
    address: str,
) -> None:
    """Count what leaves, as `release_file` says, for what has asked for access itself."""
    used = count_use_of(
        user,
        repository=repository,
        entries=[entry],
        access=access,
        at=at,
        address=address,
    )
    if is_counted and not used:
        taking = taking_of(user, repository, entry, access, at=at, address=address)
        taking.save(force_insert=True)


def count_use_of(
    user: AnyUser,
    *,
    repository: Repository,
    entries: Iterable[Leaving],
    access: Access,
    at: datetime,
    address: str = "",
) -> bool:
    """Count files that leave as requests, if that is what is paid for; say if it is.

    A file, parts of it and addresses of it are one request of its taker in a day, so that
    what is resumed, or taken in parts at once, is paid once.

    Args:
        user: who has them, as `access` says.
        repository: whose files they are.
        entries: what leaves, with its content.
        access: as `require_part` tells it.
        at: now.
        address: the network address they ask from.

    Cost: none where it is not paid for; else eight queries for each.
    """
    if not (access.is_metered and isinstance(user, User)):
        return False
    paid = [each for each in entries if not is_sample(each.path, access.sample)]
    for entry in paid:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            lately = Download.objects.filter(
                repository=repository,
                user=user,
                sha256=entry.content.sha256,
                at__gt=at - ONE_REQUEST,
            )
            if not lately.exists():
                taking_of(
                    *(user, repository, entry, access), at=at, address=address
                ).save(force_insert=True)
                record_use(user, work=repository.work, at=at)
    return bool(paid)


def require_access(
    user: AnyUser,
    *,
    repository: Repository,
    at: datetime,
    entry: TreeEntry | None = None,
) -> Access | None:
    """Return how `user` has the bytes of a repository, if they may have them now.

    The gate is asked before the price, so that nobody pays for what they are then
    refused. The newest README.md is what the page shows to whoever sees it, so of that
    file, `entry`, the bytes are had without either: then there is no access to tell of.

    Raises:
        Http404, TakenDown, AccessRefused: see `release_file`.

    Cost: one query for nobody, two for a member; behind a gate one to three more, and
    where only a part is had, two.
    """
    _require_sight(user, repository)
    return _access_of(user, repository, entry, at=at)


def require_part(user: AnyUser, *, repository: Repository, at: datetime) -> Access:
    """Return how `user` has a repository, if they may take any of it.

    For what gives no bytes by itself, where each file is asked for again.

    Raises:
        Http404, TakenDown, AccessRefused: see `release_file`.
    """
    _require_sight(user, repository)
    return _granted(user, repository, at=at, is_partly_enough=True)


def taken_by(access: Access, entries: TreeEntryQuerySet) -> TreeEntryQuerySet:
    """Return those entries whose bytes are had with this access.

    Cost: none of what is had whole; else up to two queries.
    """
    if access.allowed:
        return entries
    old = Q(pk__in=[])
    if access.covers_until is not None:
        old = Q(pk__in=there_by(entries, access.covers_until).values("pk"))
    rows = entries.values_list("pk", "folder", "name") if access.sample else []
    free = [
        pk
        for pk, folder, name in rows
        if is_sample(f"{folder}/{name}" if folder else name, access.sample)
    ]
    return entries.filter(old | Q(pk__in=free))


def _require_sight(user: AnyUser, repository: Repository) -> None:
    if repository.deleted_at is not None or not may_know(user, repository):
        raise Http404(f"There is no “{repository}”, or it is not shared with you.")
    refuse_taken_down(repository)


def _access_of(
    user: AnyUser, repository: Repository, entry: TreeEntry | None, *, at: datetime
) -> Access | None:
    try:
        access = _granted(user, repository, at=at, is_partly_enough=entry is not None)
        if entry is None or access.allowed:
            return access
        return _part_of(access, TreeEntry.objects.filter(pk=entry.pk))[1]
    except AccessRefused:
        if entry is None or not _is_shown_as_card(entry, repository):
            raise
    return None


def _granted(
    user: AnyUser,
    repository: Repository,
    *,
    at: datetime,
    is_partly_enough: bool = False,
) -> Access:
    require_admission(user, repository=repository)
    access = access_to(repository.work, user=user, at=at)
    is_part = access.covers_until is not None or bool(access.sample)
    if not access.allowed and not (is_partly_enough and is_part):
        raise _refused(access)
    return access


def _part_of(access: Access, entries: TreeEntryQuerySet) -> tuple[TreeEntry, Access]:
    """Return the newest of these entries that is had with a part of a work, and how."""
    taken = taken_by(access, entries).select_related("blob").order_by("-pk").first()
    if taken is None:
        raise _refused(access)
    code = "SAMPLE" if is_sample(taken.path, access.sample) else "ENTITLED"
    return taken, replace(access, allowed=True, code=code)


def _refused(access: Access) -> AccessRefused:
    return AccessRefused(access.detail, code=access.code, path=access.buy_path)


def _is_shown_as_card(entry: TreeEntry, repository: Repository) -> bool:
    if entry.path != README:
        return False
    card = entry_at(repository, path=README)
    return card is not None and card.blob_id == entry.blob_id


def require_admission(user: AnyUser, *, repository: Repository) -> None:
    """Return if the repository's gate, should it have one, is open to `user`.

    Those who may change it stand behind it anyway.

    Raises:
        GateClosed: they have not asked, are not answered yet, or were turned down.
    """
    if not repository.is_gated:
        return
    asked = access_request_of(user, repository)
    if asked is not None and asked.state == AccessState.ACCEPTED:
        return
    if user.has_perm(CHANGE, repository):
        return
    at = [repository.namespace.name, repository.name]
    path = reverse(f"catalog:{repository.kind.lower()}-access", args=at)
    if asked is None:
        by = "Sign in and ask for it" if user.is_anonymous else "Ask for it"
        said = f"Access to “{repository}” is given to whom its owners let in. {by}"
        raise GateClosed(f"{said} at {path}.", code="gated", path=path)
    if asked.state == AccessState.PENDING:
        raise GateClosed(
            gettext(
                "Your request for access to “%(repository)s” waits for its owners, "
                "at %(path)s."
            )
            % {"repository": repository, "path": path},
            code="gate_pending",
            path=path,
        )
    why = f", who say: {asked.reason}" if asked.reason else ""
    is_revoked = asked.state == AccessState.REVOKED
    lost = "Your access to" if is_revoked else "Your request for access to"
    how = "revoked" if is_revoked else "turned down"
    raise GateClosed(
        gettext(
            "%(lost)s “%(repository)s” was %(how)s by its owners%(why)s. See %(path)s."
        )
        % {
            "lost": lost,
            "repository": repository,
            "how": how,
            "why": why,
            "path": path,
        },
        code="gate_rejected",
        path=path,
    )
