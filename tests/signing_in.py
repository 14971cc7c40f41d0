"""How a browser that is signed in shows that it is who it was."""

import time

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from marketplace.accounts.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


def signed_in(
    user: User, *, is_proven: bool = True, browser: Client | None = None
) -> Client:
    """Return a browser of somebody; staff have given their password again just now.

    Unless they are not proven: then they have a password, and are asked for it. The
    session is written as signing in leaves it: Django's `force_login` writes it three
    times, which at hundreds of addresses costs more than what is asked there.
    """
    browser = browser or Client()
    if user.is_staff:
        User.objects.filter(pk=user.pk).update(password="one that nobody types")
        user = User.objects.get(pk=user.pk)  # whose test undoes it keeps theirs
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    if user.is_staff and is_proven:
        session.update(proof_of(user))
    session.create()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return browser


def proof_of(user: User) -> dict[str, object]:
    """Return what giving the password again notes in a session."""
    once = {"method": "password", "at": time.time(), "reauthenticated": True}
    return {
        "account_authentication_methods": [once],
        "account_authentication_methods_user": str(user.pk),
    }


def prove(browser: Client, user: User) -> None:
    """Note in a session what giving the password again notes there."""
    session = browser.session
    session.update(proof_of(user))
    session.save()
