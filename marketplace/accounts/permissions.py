"""Who may do what in a namespace and in an organisation."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import (
    WRITERS,
    Membership,
    Namespace,
    Organisation,
    Role,
    User,
)


def may_write_in(user: User | AnonymousUser, namespace: Namespace) -> bool:
    """Whether `user` may publish under this name. Cost: at most one query."""
    return namespace.role_of(user) in WRITERS


def require_writer(user: User | AnonymousUser, namespace: Namespace) -> None:
    """Return if `user` may publish under this name.

    Raises:
        PermissionDenied: they may not; both edges answer 403.
    """
    if not may_write_in(user, namespace):
        raise PermissionDenied(
            f"Only its owners and writers may publish under “{namespace.name}”."
        )


def is_member(user: User | AnonymousUser, organisation: Organisation) -> bool:
    """Whether `user` belongs to it in any role, and so may see who else does."""
    return _has_role(user, organisation, Role.values)


def require_member(user: User | AnonymousUser, organisation: Organisation) -> None:
    """Return if `user` belongs to the organisation.

    Raises:
        PermissionDenied: they do not.
    """
    if not is_member(user, organisation):
        raise PermissionDenied(
            f"Only members of “{organisation.title}” may see who its members are."
        )


def may_manage(user: User | AnonymousUser, organisation: Organisation) -> bool:
    """Whether `user` may change the organisation and its members."""
    return _has_role(user, organisation, [Role.OWNER])


def require_manager(user: User | AnonymousUser, organisation: Organisation) -> None:
    """Return if `user` may change the organisation and its members.

    Raises:
        PermissionDenied: they may not.
    """
    if not may_manage(user, organisation):
        raise PermissionDenied(f"Only an owner of “{organisation.title}” may do this.")


def require_staff(user: User | AnonymousUser) -> None:
    """Return if `user` runs this site.

    Raises:
        PermissionDenied: they do not.
    """
    if not (user.is_active and user.is_staff):
        raise PermissionDenied("Only staff of this site may do this.")


def _has_role(
    user: User | AnonymousUser, organisation: Organisation, roles: list[str]
) -> bool:
    if not user.is_active:  # as nobody is, too
        return False
    return Membership.objects.filter(
        organisation=organisation, user_id=user.pk, role__in=roles
    ).exists()
