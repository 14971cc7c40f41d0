"""What the stand-in says of Stripe holds of Stripe: `STRIPE_TEST_KEY=sk_test_… pytest -m
stripe_live`. It moves no money, and closes what it opens."""

import os
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from licensing.payments.processor import Back
from licensing.payments.protocol import Due, Line, ProviderRefused
from licensing.payments.stripe import Stripe

pytestmark = pytest.mark.stripe_live


@pytest.fixture
def live():
    key = os.environ.get("STRIPE_TEST_KEY", "")
    if not key.startswith("sk_test_"):
        pytest.skip("STRIPE_TEST_KEY holds no test key")
    return Stripe.configured(
        key=key, webhook_secret="", base="", country="DE", has_tax=False
    )


def test_a_page_is_opened_once_read_and_closed(live):
    due = Due(
        key=str(uuid.uuid4()),
        group="ST-LIVE",
        currency="EUR",
        minor=10_00,
        lines=(Line("A work: for commerce", 10_00),),
        back_url="https://example.org/back",
        expires_at=timezone.now() + timedelta(hours=1),
    )

    asked, again = live.ask(due), live.ask(due)
    seen = live.checkout(asked.external_id)
    closed = live.close_checkout(asked.external_id)

    assert asked == again
    assert (seen.key, seen.is_open, seen.is_paid, seen.minor) == (
        due.key,
        True,
        False,
        0,
    )
    assert (closed.is_open, closed.is_paid) == (False, False)


def test_what_stripe_refuses_is_told_apart_from_silence(live):
    with pytest.raises(ProviderRefused):
        live.send_back(Back(key=str(uuid.uuid4()), reference="pi_none", minor=1))


def test_balance_and_movements_are_read(live):
    held = live.balance()
    moved = list(live.movements(since=timezone.now() - timedelta(days=1)))

    assert all(isinstance(minor, int) for minor in held.values())
    assert all(one.currency.isupper() for one in moved)
