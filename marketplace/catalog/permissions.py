"""Who may see, change and manage a repository. The catalog's one door to guardian.

Three truths, none copied into another: visibility is the repository's column, membership
is the namespace's, and what is shared with single people are guardian's rows.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.aggregates import BoolOr
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import assign_perm, get_user_perms, remove_perm

from marketplace.accounts.models import Role, User
from marketplace.accounts.queries import namespaces_of, role_in, writable_namespaces
from marketplace.catalog.models import (
    Repository,
    RepositoryGroupObjectPermission,
    RepositoryUserObjectPermission,
    Visibility,
)

AnyUser = User | AnonymousUser

VIEW = "catalog.view_repository"
CHANGE = "catalog.change_repository"
MANAGE = "catalog.manage_repository"

RIGHTS = frozenset({VIEW, CHANGE, MANAGE})
RIGHTS_OF_MEMBERS = {
    Role.READER: frozenset({VIEW}),
    Role.WRITER: frozenset({VIEW, CHANGE}),
    Role.OWNER: RIGHTS,
}
REFUSALS = {
    VIEW: "You may not see this repository.",
    CHANGE: "Only its writers and editors may change this repository.",
    MANAGE: "Only an owner of this repository may do this.",
}


class ShareRole(models.TextChoices):
    """What a repository can be shared as. Ownership is not shared."""

    VIEWER = "VIEWER", _("Viewer: sees and takes what is in it")
    EDITOR = "EDITOR", _("Editor: also commits and describes")


RIGHTS_OF_SHARES = {
    ShareRole.VIEWER: frozenset({VIEW}),
    ShareRole.EDITOR: frozenset({VIEW, CHANGE}),
}


class RepositoryOwnerBackend(BaseBackend):
    """Answer `has_perm` from the role in the namespace, so that it has one truth."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if perm not in RIGHTS or not isinstance(obj, Repository):
            return False
        role = role_in(user_obj, obj.namespace)
        return role is not None and perm in RIGHTS_OF_MEMBERS[role]


def rights_of(user: AnyUser, repository: Repository) -> frozenset[str]:
    """Return all that `user` may do: what `has_perm` says of each right, at once.

    Cost: at most two queries.
    """
    public = frozenset({VIEW}) if repository.is_public else frozenset()
    if not user.is_active:
        return public
    if user.is_superuser:
        return RIGHTS
    if role := role_in(user, repository.namespace):
        return public | RIGHTS_OF_MEMBERS[role]
    shared = {f"catalog.{codename}" for codename in get_user_perms(user, repository)}
    return public | (RIGHTS & shared)


def may_see(user: AnyUser, repository: Repository) -> bool:
    """Whether `user` may see a repository that is not deleted. Nobody, if taken down."""
    return repository.taken_down_at is None and may_know(user, repository)


def may_know(user: AnyUser, repository: Repository) -> bool:
    """Whether `user` may know that there is, or was, a repository of this name."""
    return repository.is_public or user.has_perm(VIEW, repository)


def require(user: AnyUser, right: str, repository: Repository) -> None:
    """Return if the user holds the right on this repository.

    Raises:
        PermissionDenied: they do not; both edges answer 403.
    """
    if not user.has_perm(right, repository):
        raise PermissionDenied(REFUSALS[right])


def shared_with(user: AnyUser, *, right: str = VIEW) -> QuerySet[Repository]:
    """Return what is shared with `user` alone, whatever its visibility."""
    if not user.is_active:
        return Repository.objects.none()
    codename = right.partition(".")[2]
    own = RepositoryUserObjectPermission.objects.filter(user=user.pk)
    groups = RepositoryGroupObjectPermission.objects.filter(group__user=user.pk)
    return Repository.objects.filter(
        Q(pk__in=own.filter(permission__codename=codename).values("content_object"))
        | Q(
            pk__in=groups.filter(permission__codename=codename).values("content_object")
        )
    )


def visible_to(user: AnyUser) -> QuerySet[Repository]:
    """Return what `user` may see, to pick single repositories from: the rest are 404.

    For pages of many, `queries.listed_for` is the same set and reads it by index.
    """
    present = _present()
    if not user.is_active:
        return present.filter(visibility=Visibility.PUBLIC)
    if user.is_superuser:
        return present
    return present.filter(
        Q(visibility=Visibility.PUBLIC)
        | Q(namespace__in=namespaces_of(user).values("pk"))
        | Q(pk__in=shared_with(user).values("pk"))
    )


def _present() -> QuerySet[Repository]:
    return Repository.objects.filter(
        deleted_at__isnull=True, taken_down_at__isnull=True
    )


def changeable_by(user: AnyUser) -> QuerySet[Repository]:
    """Return what `user` may commit to, and so is behind every gate of."""
    present = _present()
    if user.is_active and user.is_superuser:
        return present
    return present.filter(
        Q(namespace__in=writable_namespaces(user).values("pk"))
        | Q(pk__in=shared_with(user, right=CHANGE).values("pk"))
    )


def grant(user: User, role: ShareRole, repository: Repository) -> None:
    """Let `user` act in `role`, and no more than that, on the repository."""
    revoke(user, repository)
    for right in sorted(RIGHTS_OF_SHARES[role]):
        assign_perm(right, user, repository)


def revoke(user: User, repository: Repository) -> bool:
    """Take from `user` what was shared with them; say whether there was anything."""
    held = set(get_user_perms(user, repository))
    for codename in sorted(held):
        remove_perm(codename, user, repository)
    return bool(held)


def shares_of(repository: Repository) -> QuerySet[Any, dict[str, Any]]:
    """Return with whom the repository is shared: rows of user and `is_editor`."""
    grants = RepositoryUserObjectPermission.objects.filter(content_object=repository)
    shares: QuerySet[Any, dict[str, Any]] = grants.values(
        "user__username", "user__full_name"
    ).annotate(is_editor=BoolOr(Q(permission__codename=CHANGE.partition(".")[2])))
    return shares
