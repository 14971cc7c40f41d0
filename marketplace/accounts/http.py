"""Who is asking, and what their credential lets them do: sessions, tokens and scopes.

A session may do whatever its user may. A token may do what its scopes say, and never
more than its user. To read anything, public or not, it needs `read`; to change a thing,
the scope that the view names as `write_scope`; to be staff, `staff`, and
to move money as such, `money:write`. What lacks a scope
is refused with `missing_scope`, not shown less, so that no program is wrong in silence.

A token that is confined to one thing is refused everywhere but in views that say
`takes_confined_tokens`; they see to it that it is used for that thing.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework import authentication, permissions
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars
from typing_extensions import override

from marketplace.accounts.models import ApiToken, Scope, User
from marketplace.accounts.second_factor import SecondFactorNeeded, lacks_second_factor
from marketplace.kit.errors import DomainError
from marketplace.kit.ids import digest

REALM = 'realm="Stoa"'
USE_NOTED_EVERY = timedelta(minutes=1)


class MissingScope(DomainError):
    code = "missing_scope"
    status = 403


class MemberRequest(HttpRequest):
    """A page's request, past `login_required`."""

    user: User


class MemberApiRequest(Request):
    """An API request, past a permission that asks for a member."""

    user: User
    auth: ApiToken | None


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer stoa_…`, or Basic with the token as password.

    Cost: one query, and one more at most once a minute, to note that the token is used.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        secret = _secret_in(request.headers.get("Authorization", ""))
        if secret is None:
            return None
        token = _live_token(secret, at=timezone.now())
        view = (request.parser_context or {}).get("view")
        if token.confined_to and not getattr(view, "takes_confined_tokens", False):
            raise PermissionDenied(
                "This token is for committing to one repository, and not for this. Make "
                "another under Settings, Tokens.",
                code="confined_token",
            )
        user = token.user
        if Scope.STAFF not in token.scopes:  # for this request; never saved
            user.is_staff = user.is_superuser = False
        elif lacks_second_factor(user):
            raise PermissionDenied(
                "Staff of this site need a second factor. Set one up on the site, under "
                "Settings; then this token works again.",
                code=SecondFactorNeeded.code,
            )
        bind_contextvars(user_id=user.pk, token=token.hint)
        return user, token

    @override
    def authenticate_header(self, request: Request) -> str:
        return f"Bearer {REALM}"


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a signed-in browser; unsafe requests carry its CSRF token."""

    @override
    def authenticate_header(self, request: Request) -> str:
        return f"Session {REALM}"

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refusal:
            raise PermissionDenied(
                f"{refusal.detail} Send the token of the cookie "
                f"{settings.CSRF_COOKIE_NAME} as X-CSRFToken, or use an API token.",
                code="csrf_failed",
            ) from refusal


def _secret_in(header: str) -> str | None:
    """Return the token an `Authorization` header carries, None if it carries none."""
    scheme, _, said = header.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return said.strip()
        case "basic":
            try:
                return b64decode(said.strip(), validate=True).decode().partition(":")[2]
            except (NotBase64, UnicodeDecodeError) as fault:
                raise AuthenticationFailed(
                    "The Authorization header is not what Basic asks for.",
                    code="malformed_credentials",
                ) from fault
    return None


def _live_token(secret: str, *, at: datetime) -> ApiToken:
    try:
        token = ApiToken.objects.select_related("user").get(digest=digest(secret))
    except ApiToken.DoesNotExist:
        raise AuthenticationFailed(
            "There is no such token. Check that it was copied whole.",
            code="token_unknown",
        ) from None
    if token.revoked_at is not None:
        raise AuthenticationFailed(
            "This token was revoked. Make another under Settings, Tokens.",
            code="token_revoked",
        )
    if token.expires_at is not None and token.expires_at <= at:
        raise AuthenticationFailed(
            "This token has expired. Make another under Settings, Tokens.",
            code="token_expired",
        )
    if not token.user.is_active:
        raise AuthenticationFailed(
            "The account of this token is suspended. Write to the operator.",
            code="account_suspended",
        )
    _note_use(token, at=at)
    return token


def _note_use(token: ApiToken, *, at: datetime) -> None:
    not_since = at - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at <= not_since:
        ApiToken.objects.note_use(token.pk, at=at, not_since=not_since)


def require_scope(request: Request, scope: str | None) -> None:
    """Return if the request comes with a session, or a token that has the scope.

    Args:
        request: authenticated, or nobody's.
        scope: None means that no token is enough.

    Raises:
        MissingScope: its token is not enough.
    """
    token = request.auth
    if not isinstance(token, ApiToken) or scope in token.scopes:
        return
    if scope is None:
        raise MissingScope(
            gettext("No token may do this. Sign in and do it on the site.")
        )
    raise MissingScope(
        gettext(
            "This token needs the scope %(scope)s. Make one that has it under "
            "Settings, Tokens."
        )
        % {"scope": scope},
        scope=str(scope),
    )


def require_money_token(request: Request) -> None:
    """Return if the request comes with a token that may move money; no session may.

    Raises:
        MissingScope: it does not.
    """
    if not isinstance(request.auth, ApiToken):
        raise MissingScope(
            gettext(
                "Money is moved on the site's own pages, which ask for the password again, "
                "or with a token of the scopes staff and money:write, which is made there."
            ),
            scope=str(Scope.MONEY_WRITE),
        )
    require_scope(request, Scope.MONEY_WRITE)


class MemberOrReadOnly(permissions.BasePermission):
    """Reads are open, the view decides of what; to change something takes a member.

    The view names the scope a token needs for unsafe methods as `write_scope`; a view
    that names none takes no token for them.
    """

    reads_are_open = True  # the OpenAPI schema says so

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in permissions.SAFE_METHODS:
            require_scope(request, Scope.READ)
            return True
        if not request.user.is_authenticated:
            return False
        require_scope(request, getattr(view, "write_scope", None))
        return True


class MemberOnly(MemberOrReadOnly):
    """What is a member's own: reading takes a member, too."""

    reads_are_open = False

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user.is_authenticated and super().has_permission(request, view)


class StaffOnly(permissions.BasePermission):
    """Staff of this site, by session or by a token with `staff`, to read and write."""

    message = "Only staff of this site may do this."
    code = "staff_only"

    @override
    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        require_scope(request, Scope.STAFF)
        return bool(request.user.is_staff)


def require_money_staff(request: Request) -> None:
    """Return if staff ask with a token that may move money.

    Raises:
        PermissionDenied: they are not staff.
        MissingScope: the token is not enough.
    """
    if not request.user.is_staff:
        raise PermissionDenied(StaffOnly.message, code=StaffOnly.code)
    require_scope(request, Scope.STAFF)
    require_money_token(request)


class MoneyStaffOnly(StaffOnly):
    """Staff who move money: by a token with `staff` and `money:write`, and not otherwise.

    A session's holder gave a password at some time; for this they give it again, which
    the site's pages ask for.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        require_money_token(request)
        return True
