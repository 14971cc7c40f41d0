"""Programs let in by a code: the device authorization grant, and what renews it.

Refresh tokens are good for one use. One that comes back was stolen, or the reply to it
was lost; it was lost if nothing of that reply was ever used, and then it is given anew.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import (
    ApiToken,
    DeviceGrant,
    GrantState,
    RefreshToken,
    Scope,
    User,
)
from marketplace.accounts.services.tokens import (
    end_login,
    known_scopes,
    make_token,
    refuse_staff_scopes,
    require_room_for_one,
)
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.ids import digest, new_secret
from marketplace.kit.keyed import keyed_digests

CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words; nothing like 0 or 1
CODE_LENGTH = 8
CODES_LIVE = timedelta(minutes=15)
INTERVAL_SECONDS = 5
SLOWER_BY_SECONDS = 5
LEEWAY = timedelta(seconds=1)  # for a network that is faster the second time
ACCESS_LIVES = timedelta(days=7)
REFRESH_LIVES = timedelta(days=90)
OVERLAP = timedelta(hours=1)  # a replaced token serves what is under way
DEFAULT_SCOPES = (Scope.READ, Scope.REPO_WRITE)


class NoSuchCode(DomainError):
    code = "no_such_code"
    status = 404


class AuthorizationPending(DomainError):
    code = "authorization_pending"
    status = 400


class SlowDown(DomainError):
    code = "slow_down"
    status = 400


class AccessDenied(DomainError):
    code = "access_denied"
    status = 400


class ExpiredToken(DomainError):
    code = "expired_token"
    status = 400


class InvalidGrant(DomainError):
    code = "invalid_grant"
    status = 400


class InvalidScope(DomainError):
    code = "invalid_scope"
    status = 400


@dataclass(frozen=True, slots=True)
class Pair:
    """A fresh access token with its secrets, which are shown this once."""

    token: ApiToken
    access_secret: str
    refresh_secret: str


def ask_for_login(
    *,
    client_id: str,
    program: str,
    asked_from: str,
    scopes: Collection[str],
    asked_at: datetime,
) -> tuple[DeviceGrant, str, str]:
    """Begin a login; return it with the device's code and the one for its person.

    Args:
        client_id: how the program calls itself by OAuth, 1 to 100 characters.
        program: how it calls itself besides, such as its User-Agent.
        asked_from: its network address, for the person to compare.
        scopes: values of `Scope`; none means reading and writing repositories.
        asked_at: when.

    Raises:
        InvalidScope: there is no such scope.
    """
    try:
        wanted = known_scopes(scopes or DEFAULT_SCOPES)
    except Malformed as fault:
        raise InvalidScope(str(fault)) from fault
    device_code = new_secret("stoadc")
    user_code = _fresh_user_code()
    grant = DeviceGrant.objects.create(
        device_digest=digest(device_code),
        user_code_digest=_digests_of(user_code)[0],
        client_id=client_id,
        program=program,
        asked_from=asked_from,
        scopes=wanted,
        interval_seconds=INTERVAL_SECONDS,
        asked_at=asked_at,
        expires_at=asked_at + CODES_LIVE,
    )
    half = CODE_LENGTH // 2
    return grant, device_code, f"{user_code[:half]}-{user_code[half:]}"


def find_waiting(user_code: str, *, at: datetime) -> DeviceGrant:
    """Return the login that waits with this code, however it is typed.

    Raises:
        NoSuchCode: none does, or not any more.
    """
    waiting = DeviceGrant.objects.filter(
        user_code_digest__in=_digests_of(user_code),
        state=GrantState.PENDING,
        expires_at__gt=at,
    )
    if found := waiting.first():
        return found
    raise NoSuchCode(
        gettext(
            "No program waits with this code. Compare it with what the program "
            "shows; after %(value)s minutes, or once answered, it asks anew."
        )
        % {"value": CODES_LIVE.seconds // 60}
    )


@transaction.atomic
def approve_login(
    actor: User,
    *,
    user_code: str,
    label: str,
    scopes: Collection[str],
    decided_at: datetime,
) -> DeviceGrant:
    """Let the program that waits with `user_code` in, as `actor`.

    Args:
        actor: who it acts as from now on.
        user_code: what the program shows.
        label: how its token is called in their list.
        scopes: what it may do; of what it asked for, all or less.
        decided_at: when.

    Raises:
        NoSuchCode: none waits with this code, or somebody was faster.
        Malformed: no scope, or one that it did not ask for.
        ScopeNotHeld: what is for staff without being staff.
        TooManyTokens: they have 100 unrevoked ones.
    """
    grant = find_waiting(user_code, at=decided_at)
    allowed = known_scopes(scopes)
    if not set(allowed) <= set(grant.scopes):
        raise Malformed(gettext("scopes: allow what the program asked for, or less."))
    refuse_staff_scopes(actor, allowed)
    require_room_for_one(actor)
    grant.label, grant.scopes = label.strip(), allowed
    _decide(grant, GrantState.APPROVED, actor, decided_at)
    record_act(
        actor,
        "approve_login",
        grant,
        at=decided_at,
        label=grant.label,
        scopes=" ".join(allowed),
    )
    return grant


@transaction.atomic
def deny_login(actor: User, *, user_code: str, decided_at: datetime) -> None:
    """Turn the program that waits with `user_code` away.

    Raises:
        NoSuchCode: none waits with this code, or somebody was faster.
    """
    grant = find_waiting(user_code, at=decided_at)
    _decide(grant, GrantState.DENIED, actor, decided_at)
    record_act(actor, "deny_login", grant, at=decided_at)


def fetch_tokens(device_code: str, *, client_id: str, polled_at: datetime) -> Pair:
    """Give the program that holds `device_code` its tokens, once it is let in.

    A code that is good no more, and comes back, ends the login it opened.

    Raises:
        InvalidGrant: there is no such code, it is another program's, or it was used.
        ExpiredToken: nobody decided in time.
        AccessDenied: somebody denied it.
        AuthorizationPending: nobody has decided yet.
        SlowDown: likewise, and it asks too often; the interval grows.
    """
    outcome = _polled(device_code, client_id=client_id, at=polled_at)
    if isinstance(outcome, DomainError):  # raised here, so that what it wrote stays
        raise outcome
    return outcome


@transaction.atomic
def _polled(device_code: str, *, client_id: str, at: datetime) -> Pair | DomainError:
    locked = DeviceGrant.objects.select_for_update(of=("self",))
    grant = locked.filter(device_digest=digest(device_code)).first()
    if grant is None or grant.client_id != client_id:
        return InvalidGrant(gettext("There is no such device code for this client."))
    if at >= grant.expires_at:
        return ExpiredToken(gettext("The code has expired. Begin again."))
    match GrantState(grant.state):
        case GrantState.PENDING:
            return _told_to_wait(grant, at)
        case GrantState.DENIED:
            return AccessDenied(gettext("The login was denied."))
        case GrantState.APPROVED if grant.user and grant.user.is_active:
            grant.state = GrantState.ISSUED
            grant.save(update_fields=["state"])
            return _issue(grant, grant.user, parent=None, at=at)
    if grant.state == GrantState.ISSUED:
        end_login(grant, ended_at=at)
        record_act(grant.user, "end_login", grant, at=at, why="device code used again")
    return InvalidGrant(gettext("The device code was used. Begin again."))


def _told_to_wait(grant: DeviceGrant, at: datetime) -> DomainError:
    pause = timedelta(seconds=grant.interval_seconds) - LEEWAY
    is_hasty = grant.polled_at is not None and at < grant.polled_at + pause
    grant.polled_at = at
    if is_hasty:
        slower = grant.interval_seconds + SLOWER_BY_SECONDS
        grant.interval_seconds = min(slower, int(CODES_LIVE.total_seconds()))
    grant.save(update_fields=["polled_at", "interval_seconds"])
    if is_hasty:
        return SlowDown(
            gettext("Ask every %(interval_seconds)s seconds.")
            % {"interval_seconds": grant.interval_seconds}
        )
    return AuthorizationPending(gettext("Nobody has decided yet."))


def renew_tokens(refresh_secret: str, *, client_id: str, renewed_at: datetime) -> Pair:
    """Exchange a refresh token for the next pair; the access token before fades out.

    Raises:
        InvalidGrant: it is unknown, another program's, expired, of a login that has
            ended or of a suspended account; or it was used before, which ends the login
            unless the reply was lost.
    """
    outcome = _renewed(refresh_secret, client_id=client_id, at=renewed_at)
    if isinstance(outcome, DomainError):  # raised here, so that what it wrote stays
        raise outcome
    return outcome


@transaction.atomic
def _renewed(
    refresh_secret: str, *, client_id: str, at: datetime
) -> Pair | DomainError:
    known = RefreshToken.objects.filter(digest=digest(refresh_secret))
    locked = DeviceGrant.objects.select_for_update(of=("self",)).select_related("user")
    grant = locked.filter(pk__in=known.values("grant")).first()
    if grant is None or grant.client_id != client_id:
        return InvalidGrant(gettext("There is no such refresh token for this client."))
    held = known.select_related("token").get()  # anew, now that nobody else has it
    user = grant.user
    if grant.state != GrantState.ISSUED or user is None or not user.is_active:
        return InvalidGrant(gettext("This login has ended. Sign in again."))
    if at >= held.expires_at:
        return InvalidGrant(gettext("This login was not used for long. Sign in again."))
    if held.spent_at is not None:
        newest = grant.refresh_tokens.select_related("token").latest("pk")
        if newest.parent_id != held.pk or newest.token.last_used_at is not None:
            end_login(grant, ended_at=at)
            record_act(user, "end_login", grant, at=at, why="refresh token used again")
            return InvalidGrant(
                gettext("This refresh token was used before. Sign in again.")
            )
        _spend(newest, at)
    else:
        _spend(held, at)
    grant.tokens.unrevoked().exclude(pk=held.token_id).update(revoked_at=at)
    return _issue(grant, user, parent=held, at=at)


def _spend(held: RefreshToken, at: datetime) -> None:
    held.spent_at = at
    held.save(update_fields=["spent_at"])
    fading = ApiToken.objects.filter(pk=held.token_id, expires_at__gt=at + OVERLAP)
    fading.update(expires_at=at + OVERLAP)


def _issue(
    grant: DeviceGrant, user: User, *, parent: RefreshToken | None, at: datetime
) -> Pair:
    token, access_secret = make_token(
        user,
        label=grant.label,
        scopes=list(grant.scopes),
        issued_at=at,
        expires_at=at + ACCESS_LIVES,
        grant=grant,
    )
    refresh_secret = new_secret("stoart")
    RefreshToken.objects.create(
        grant=grant,
        token=token,
        parent=parent,
        digest=digest(refresh_secret),
        issued_at=at,
        expires_at=at + REFRESH_LIVES,
    )
    act = "issue_token" if parent is None else "renew_token"
    record_act(user, act, token, at=at, label=grant.label)
    return Pair(token, access_secret, refresh_secret)


def _decide(
    grant: DeviceGrant, state: GrantState, actor: User, decided_at: datetime
) -> None:
    undecided = DeviceGrant.objects.filter(pk=grant.pk, state=GrantState.PENDING)
    if not undecided.update(
        state=state,
        user=actor,
        decided_at=decided_at,
        label=grant.label,
        scopes=grant.scopes,
    ):
        raise NoSuchCode(gettext("This code has just been answered."))
    grant.state, grant.user, grant.decided_at = state, actor, decided_at


def _fresh_user_code() -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        same = DeviceGrant.objects.filter(user_code_digest__in=_digests_of(code))
        if not same.exists():
            return code


def _digests_of(user_code: str) -> list[str]:
    letters = re.sub(r"[^A-Z]", "", user_code[:100].upper())
    return list(keyed_digests(letters, salt="accounts.DeviceGrant.user_code"))
