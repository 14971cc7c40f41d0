"""Tokens for Xet: signed, an hour long, for one person, repository and scope.

They are no tokens of the site's: all they open is the part of it that takes and gives
chunks, and whatever is asked there is asked of their user's rights again.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository, TreeEntry
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import Confines
from marketplace.kit.signing import sign_url, verify_url
from marketplace.storage.queries import cache_generation

TOKENS_LIVE = timedelta(hours=1)
GRACE = timedelta(minutes=15)  # a slow body may have been started just in time
PURPOSE = "xet-token"  # no path, so that no signed address is ever a token
READ, WRITE = "read", "write"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: for which repository, at which revision, to do what.

    `since` is when the token that it was asked with was issued, if that one is confined
    to the repository: in seconds of Unix, and else 0.
    """

    repository: UUID
    revision: str
    scope: str
    since: int = 0

    def confines(self) -> Confines | None:
        if not self.since:
            return None
        return Confines(self.repository, datetime.fromtimestamp(self.since, UTC))


def token_for(user: AnyUser, grant: Grant, *, expires: int) -> str:
    """Return a token for `user`, who may be nobody; `expires` is in Unix seconds."""
    said = {
        "user": str(user.pk or ""),
        "repository": str(grant.repository),
        "revision": grant.revision,
        "scope": grant.scope,
        "since": str(grant.since),
    }
    key = settings.STOA.resolved_secret_key
    signed = sign_url(PURPOSE, parameters=said, key=key, expires=expires)
    return urlsafe_b64encode(signed.partition("?")[2].encode()).decode()


def cache_path(user: AnyUser) -> str:
    """Return where `user` sends chunks.

    Clients remember by this address what they have sent, and count on its being here.
    So each person has one of their own, and gets another when that no longer holds.
    """
    if not isinstance(user, User):
        return "/cas/anyone/1"
    return f"/cas/{user.username}/{cache_generation(user)}"


def offered(
    host: str, *, repository: Repository, commit: str, entry: TreeEntry
) -> dict[str, str]:
    """Return the headers that have clients take a file by Xet, if it is a huge one.

    Args:
        host: of this site as the client calls it, without a slash at the end.
        repository: whose file it is.
        commit: by its id.
        entry: the file. Its digest does for a hash: clients only hand it back.
    """
    if entry.blob_id is None or entry.size_bytes <= settings.STOA.xet_download_bytes:
        return {}
    route = (
        f"{host}/api/{repository.kind.lower()}s/{repository}/xet-read-token/{commit}"
    )
    return {
        "X-Xet-Hash": entry.blob_id,
        "X-Xet-Refresh-Route": route,
        "Link": f'<{route}>; rel="xet-auth"',
    }


class XetToken(BaseAuthentication):
    """`Authorization: Bearer` with a token of ours; `request.auth` is its `Grant`."""

    def authenticate(self, request: Request) -> tuple[AnyUser, Grant]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        said = _said(token.strip(), at=timezone.now()) if scheme == "Bearer" else None
        user = _user(said["user"]) if said else None
        if said is None or user is None:
            raise AuthenticationFailed(
                "This token is too old or was altered. Start the transfer again.",
                code="token_unknown",
            )
        since = int(said.get("since", "0"))
        scope, revision = said["scope"], said["revision"]
        return user, Grant(UUID(said["repository"]), revision, scope, since)

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  DRF's shape
        return "Bearer"


def _said(token: str, *, at: datetime) -> dict[str, str] | None:
    try:
        query = urlsafe_b64decode(token.encode()).decode()
    except (NotBase64, UnicodeError):
        return None
    keys = settings.STOA.secret_keys
    return verify_url(PURPOSE, query, keys=keys, now=(at - GRACE).timestamp())


def _user(name: str) -> AnyUser | None:
    if not name:
        return AnonymousUser()
    return User.objects.filter(pk=name, is_active=True).first()


class MaySend(BasePermission):
    """A token for writing, which only members are given."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002  DRF's shape
        grant: Any = request.auth
        if grant.scope != WRITE:
            raise PermissionDenied("This token is for reading. Ask for one to write.")
        return bool(request.user.is_authenticated)
