"""Webhooks: signed by the SDK's own helper, and sent as badly as networks do."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

import requests
import stripe

from tests.fakestripe.book import Object

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Endpoint:
    """Where events go, and the secret that both sides know."""

    url: str
    secret: str


def signed(event: Object, *, secret: str, at: float) -> tuple[str, dict[str, str]]:
    """Return a body and its headers, as Stripe would send them at a time."""
    payload = json.dumps(event, separators=(",", ":"))
    signature = stripe.WebhookSignature.generate_signature_header(
        payload, secret, timestamp=int(at)
    )
    return payload, {"Stripe-Signature": signature, "Content-Type": "application/json"}


def send(endpoint: Endpoint, event: Object, *, at: float) -> int:
    """Send one event; return the status, or 0 where nobody answers."""
    payload, headers = signed(event, secret=endpoint.secret, at=at)
    try:
        answer = requests.post(
            endpoint.url, data=payload, headers=headers, timeout=TIMEOUT_SECONDS
        )
    except requests.RequestException:
        return 0
    return answer.status_code


def adverse(
    events: Sequence[Object], *, seed: int, copies: int = 2, lost: float = 0.0
) -> list[Object]:
    """Return what arrives, in an order of its own: copies, shuffled, some lost.

    Of each event one copy at least arrives in the end, as Stripe sends again for days.
    """
    drawn = random.Random(seed)
    arriving = [
        event
        for event in events
        for copy in range(copies)
        if copy == 0 or drawn.random() >= lost
    ]
    drawn.shuffle(arriving)
    return arriving
