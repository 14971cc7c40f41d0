"""The tables of accounts, by noun."""

from marketplace.accounts.models.invitations import MembershipInvitation
from marketplace.accounts.models.notices import (
    Notice,
)
from marketplace.accounts.models.people import (
    LEGAL,
    QUIET,
    URGENT,
    WRITERS,
    Letter,
    Membership,
    Namespace,
    NamespaceQuerySet,
    Organisation,
    PeopleManager,
    RetiredName,
    Role,
    User,
)
from marketplace.accounts.models.tokens import (
    STAFF_SCOPES,
    ApiToken,
    ApiTokenQuerySet,
    DeviceGrant,
    GrantState,
    RefreshToken,
    Scope,
)

__all__ = [
    "LEGAL",
    "QUIET",
    "STAFF_SCOPES",
    "URGENT",
    "WRITERS",
    "ApiToken",
    "ApiTokenQuerySet",
    "DeviceGrant",
    "GrantState",
    "Letter",
    "Membership",
    "MembershipInvitation",
    "Namespace",
    "NamespaceQuerySet",
    "Notice",
    "Organisation",
    "PeopleManager",
    "RefreshToken",
    "RetiredName",
    "Role",
    "Scope",
    "User",
]
