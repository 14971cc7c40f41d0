"""What people do with their accounts, organisations and tokens."""

from marketplace.accounts.services.organisations import (
    LastOwner,
    NotAMember,
    create_organisation,
    remove_member,
    set_member,
    update_organisation,
)
from marketplace.accounts.services.people import (
    EmailTaken,
    NameNotAllowed,
    NameTaken,
    create_account,
    restore_account,
    suspend_account,
    update_profile,
)
from marketplace.accounts.services.tokens import (
    BadExpiry,
    ScopeNotHeld,
    TooManyTokens,
    issue_token,
    revoke_token,
)

__all__ = [
    "BadExpiry",
    "EmailTaken",
    "LastOwner",
    "NameNotAllowed",
    "NameTaken",
    "NotAMember",
    "ScopeNotHeld",
    "TooManyTokens",
    "create_account",
    "create_organisation",
    "issue_token",
    "remove_member",
    "restore_account",
    "revoke_token",
    "set_member",
    "suspend_account",
    "update_organisation",
    "update_profile",
]
