"""Logins by a code as programs and people go through them, in tests."""

from datetime import timedelta

from marketplace.accounts import services
from tests.factories.accounts import NOON

CLIENT = "26be6b09-91c5-47da-9861-d2d2bb7a7e36"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def ask(**more):
    said = {
        "client_id": CLIENT,
        "program": "hf_hub/2.4.0",
        "asked_from": "192.0.2.7",
        "scopes": [],
        "asked_at": NOON,
        **more,
    }
    return services.ask_for_login(**said)


def approve(actor, user_code, **more):
    said = {"label": "laptop", "scopes": ["read"], "decided_at": NOON, **more}
    return services.approve_login(actor, user_code=user_code, **said)


def poll(device_code, at=NOON, client_id=CLIENT):
    return services.fetch_tokens(device_code, client_id=client_id, polled_at=at)


def renew(secret, at, client_id=CLIENT):
    return services.renew_tokens(secret, client_id=client_id, renewed_at=at)


def signed_in(actor, **more):
    _, device_code, user_code = ask()
    approve(actor, user_code, **more)
    return poll(device_code)


def is_live(token, at):
    token.refresh_from_db()
    return token.revoked_at is None and token.expires_at > at
