"""Which browser somebody has signed in with before: said by a signed cookie, kept nowhere.

The cookie holds keyed digests of accounts, so that who finds it learns of nobody.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from marketplace.accounts.models import User

COOKIE = "known"
SALT = "accounts.known-browser"
MOST = 5  # accounts of one browser
LASTS = timedelta(days=365)


def is_known(request: HttpRequest, user: User) -> bool:
    """Whether this browser has signed in as `user` within a year."""
    return _mark(user) in _marks(request)


def make_known(answer: HttpResponse, request: HttpRequest, user: User) -> None:
    """Have the browser that gets `answer` be known from now on."""
    others = [mark for mark in _marks(request) if mark != _mark(user)]
    answer.set_cookie(
        COOKIE,
        signing.dumps([_mark(user), *others][:MOST], salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> list[str]:
    try:
        marks = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return []
    return [mark for mark in marks if isinstance(mark, str)]


def _mark(user: User) -> str:
    return salted_hmac(SALT, str(user.pk), algorithm="sha256").hexdigest()[:32]
