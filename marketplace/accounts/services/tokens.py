"""Tokens that programs carry: issued once, kept as digests, revoked for good."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import (
    STAFF_SCOPES,
    ApiToken,
    DeviceGrant,
    GrantState,
    Scope,
    User,
)
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
        ScopeNotHeld: what is for staff without being staff, or more than `asked_with`
            may do or for longer.
        TooManyTokens: they have 100 unrevoked ones.
    """
    wanted = known_scopes(scopes)
    if expires_at is not None and expires_at <= issued_at:
        raise BadExpiry(gettext("expires_at: give a time to come, or none."))
    refuse_staff_scopes(actor, wanted)
    if asked_with is not None:
        _require_no_more_than(asked_with, wanted, expires_at)
    require_room_for_one(actor)
    token, secret = make_token(
        actor,
        label=label.strip(),
        scopes=wanted,
        issued_at=issued_at,
        expires_at=expires_at,
    )
    record_act(
        actor, "issue_token", token, at=issued_at, label=label, scopes=" ".join(wanted)
    )
    return token, secret


def make_token(
    user: User,
    *,
    label: str,
    scopes: list[str],
    issued_at: datetime,
    expires_at: datetime | None,
    grant: DeviceGrant | None = None,
    confined_to: UUID | None = None,
) -> tuple[ApiToken, str]:
    """Write a token that was found allowed, and return it with its secret."""
    secret = new_secret(PREFIX)
    token = ApiToken.objects.create(
        user=user,
        label=label,
        digest=digest(secret),
        hint=secret[:HINT_LENGTH],
        scopes=scopes,
        grant=grant,
        confined_to=confined_to,
        issued_at=issued_at,
        expires_at=expires_at,
    )
    return token, secret


@transaction.atomic
def issue_confined_token(
    user: User,
    *,
    label: str,
    confined_to: UUID,
    issued_at: datetime,
    expires_at: datetime,
) -> tuple[ApiToken, str]:
    """Make a token that reads and writes one thing as `user`; return it with its secret.

    Those before it for the same thing are forgotten once they have expired.

    Args:
        user: whom it acts as.
        label: what it is for.
        confined_to: the id of the thing.
        issued_at: now.
        expires_at: soon.

    Raises:
        TooManyTokens: 100 for the same thing live just now.
    """
    known = ApiToken.objects.confined(user, to=confined_to)
    known.filter(expires_at__lte=issued_at).delete()
    if known.count() >= MOST_TOKENS:
        raise TooManyTokens(
            gettext(
                "%(most_tokens)s tokens for this live just now. Use one for a whole "
                "job, and ask again when some have expired."
            )
            % {"most_tokens": MOST_TOKENS}
        )
    return make_token(
        user,
        label=label,
        scopes=[Scope.READ, Scope.REPO_WRITE],
        issued_at=issued_at,
        expires_at=expires_at,
        confined_to=confined_to,
    )


def revoke_confined(user: User, *, confined_to: UUID, revoked_at: datetime) -> int:
    """End all tokens of `user` for one thing; return how many there were."""
    live = ApiToken.objects.unrevoked().confined(user, to=confined_to)
    return live.update(revoked_at=revoked_at)


def require_room_for_one(user: User) -> None:
    """Return if `user` may have one more token.

    Raises:
        TooManyTokens: they have 100 unrevoked ones.
    """
    own = user.api_tokens.unrevoked().filter(confined_to=None)
    if own.count() >= MOST_TOKENS:
        raise TooManyTokens(
            gettext("You have %(most_tokens)s tokens. Revoke one first.")
            % {"most_tokens": MOST_TOKENS}
        )


@transaction.atomic
def revoke_token(actor: User, *, token: ApiToken, revoked_at: datetime) -> None:
    """End a token for good, and with it the login it belongs to, if it does.

    Revoking twice changes nothing.

    Raises:
        PermissionDenied: it is another's, and `actor` is not staff.
    """
    if token.user_id != actor.pk and not actor.is_staff:
        raise PermissionDenied("You may revoke your own tokens only.")
    live = ApiToken.objects.unrevoked().filter(pk=token.pk)
    if live.update(revoked_at=revoked_at):
        record_act(actor, "revoke_token", token, at=revoked_at, label=token.label)
        if token.grant is not None:
            end_login(token.grant, ended_at=revoked_at)


def end_login(grant: DeviceGrant, *, ended_at: datetime) -> None:
    """Revoke all tokens of a login, and let no refresh token of it be good any more."""
    grant.state, grant.ended_at = GrantState.ENDED, ended_at
    grant.save(update_fields=["state", "ended_at"])
    grant.tokens.unrevoked().update(revoked_at=ended_at)


def refuse_staff_scopes(actor: User, scopes: Collection[str]) -> None:
    """Return unless there are scopes for staff among these and `actor` is none.

    Raises:
        ScopeNotHeld: there are, and they are none.
    """
    held_back = sorted(STAFF_SCOPES.intersection(scopes))
    if held_back and not actor.is_staff:
        raise ScopeNotHeld(
            gettext("The scope %(held_back)s is for the staff of this site.")
            % {"held_back": held_back[-1]}
        )


def known_scopes(scopes: Collection[str]) -> list[str]:
    """Return `scopes` once each, in the order of `Scope`.

    Raises:
        Malformed: there is none, or one that we do not have.
    """
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        said = f"there is no {', '.join(unknown)}" if unknown else "give at least one"
        raise Malformed(
            gettext("scopes: %(said)s. Choose from %(values)s.")
            % {"said": said, "values": ", ".join(Scope.values)}
        )
    return [scope for scope in Scope.values if scope in scopes]


def _require_no_more_than(
    held: ApiToken, wanted: list[str], expires_at: datetime | None
) -> None:
    if missing := [scope for scope in wanted if scope not in held.scopes]:
        raise ScopeNotHeld(
            gettext(
                "This token does not have %(missing)s itself, so it cannot give it "
                "away. Make the token on the site."
            )
            % {"missing": ", ".join(missing)}
        )
    if held.expires_at and (expires_at is None or expires_at > held.expires_at):
        raise ScopeNotHeld(
            gettext(
                "A token cannot outlive the one it is made with: give expires_at no "
                "later than %(isoformat)s."
            )
            % {"isoformat": held.expires_at.isoformat()}
        )
