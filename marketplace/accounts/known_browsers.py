"""Which browser somebody has signed in with before: said by a signed cookie, kept nowhere.

The cookie holds keyed digests of accounts, so that who finds it learns of nobody.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from marketplace.accounts.models import User
from marketplace.kit.keyed import keyed_digests

COOKIE = "known"
SALT = "accounts.known-browser"
MOST = 5  # accounts of one browser
LASTS = timedelta(days=365)


def is_known(request: HttpRequest, user: User) -> bool:
    """Whether this browser has signed in as `user` within a year."""
    return any(mark in _kept(request) for mark in _marks(user))


def make_known(answer: HttpResponse, request: HttpRequest, user: User) -> None:
    """Have the browser that gets `answer` be known from now on."""
    mark, *former = _marks(user)
    others = [kept for kept in _kept(request) if kept not in {mark, *former}]
    answer.set_cookie(
        COOKIE,
        signing.dumps([mark, *others][:MOST], salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _kept(request: HttpRequest) -> list[str]:
    try:
        marks = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return []
    return [mark for mark in marks if isinstance(mark, str)]


def _marks(user: User) -> list[str]:
    """Return what a browser is given for an account: now, and under former keys."""
    return [mark[:32] for mark in keyed_digests(str(user.pk), salt=SALT)]
