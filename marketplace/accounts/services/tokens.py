"""Tokens that programs carry: issued once, kept as digests, revoked for good."""

from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from marketplace.accounts.models import ApiToken, Scope, User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.ids import digest, new_secret

PREFIX = "stoa"
HINT_LENGTH = 12
MOST_TOKENS = 100


class ScopeNotHeld(DomainError):
    code = "scope_not_held"
    status = 403


class BadExpiry(Malformed):
    code = "bad_expiry"


class TooManyTokens(DomainError):
    code = "too_many_tokens"


@transaction.atomic
def issue_token(
    actor: User,
    *,
    label: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    issued_at: datetime,
    asked_with: ApiToken | None = None,
) -> tuple[ApiToken, str]:
    """Make a token that acts as `actor` and return it with its secret, shown this once.

    Args:
        actor: whose token it is.
        label: what it is for, so that they know it in the list.
        scopes: values of `Scope`, at least one.
        expires_at: None means never.
        issued_at: when.
        asked_with: the token a program asks with; it gives away no more than it has.

    Raises:
        Malformed: no scope or an unknown one.
        BadExpiry: `expires_at` is not after `issued_at`.
        ScopeNotHeld: `staff` without being staff, or more than `asked_with` may do or
            for longer.
        TooManyTokens: they have 100 unrevoked ones.
    """
    wanted = _known(scopes)
    if expires_at is not None and expires_at <= issued_at:
        raise BadExpiry("expires_at: give a time to come, or none.")
    if Scope.STAFF in wanted and not actor.is_staff:
        raise ScopeNotHeld("The scope staff is for the staff of this site.")
    if asked_with is not None:
        _require_no_more_than(asked_with, wanted, expires_at)
    if actor.api_tokens.unrevoked().count() >= MOST_TOKENS:
        raise TooManyTokens(f"You have {MOST_TOKENS} tokens. Revoke one first.")

    secret = new_secret(PREFIX)
    token = ApiToken.objects.create(
        user=actor,
        label=label.strip(),
        digest=digest(secret),
        hint=secret[:HINT_LENGTH],
        scopes=wanted,
        issued_at=issued_at,
        expires_at=expires_at,
    )
    record_act(
        actor, "issue_token", token, at=issued_at, label=label, scopes=" ".join(wanted)
    )
    return token, secret


@transaction.atomic
def revoke_token(actor: User, *, token: ApiToken, revoked_at: datetime) -> None:
    """End a token for good. Revoking twice changes nothing.

    Raises:
        PermissionDenied: it is another's, and `actor` is not staff.
    """
    if token.user_id != actor.pk and not actor.is_staff:
        raise PermissionDenied("You may revoke your own tokens only.")
    live = ApiToken.objects.unrevoked().filter(pk=token.pk)
    if live.update(revoked_at=revoked_at):
        record_act(actor, "revoke_token", token, at=revoked_at, label=token.label)


def _known(scopes: Collection[str]) -> list[str]:
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        said = f"there is no {', '.join(unknown)}" if unknown else "give at least one"
        raise Malformed(f"scopes: {said}. Choose from {', '.join(Scope.values)}.")
    return [scope for scope in Scope.values if scope in scopes]


def _require_no_more_than(
    held: ApiToken, wanted: list[str], expires_at: datetime | None
) -> None:
    if missing := [scope for scope in wanted if scope not in held.scopes]:
        raise ScopeNotHeld(
            f"This token does not have {', '.join(missing)} itself, so it cannot give "
            "it away. Make the token on the site."
        )
    if held.expires_at and (expires_at is None or expires_at > held.expires_at):
        raise ScopeNotHeld(
            "A token cannot outlive the one it is made with: give expires_at no later "
            f"than {held.expires_at.isoformat()}."
        )
