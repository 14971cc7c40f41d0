"""A fake and the SDK's own client of it."""

import pytest
import stripe

from tests.fakestripe.server import fakestripe


@pytest.fixture
def fake():
    with fakestripe() as running:
        yield running


@pytest.fixture
def client(fake):
    return stripe.StripeClient(
        "sk_test_1", base_addresses={"api": fake.url}, max_network_retries=0
    )


@pytest.fixture
def owners(fake, client):
    """Return three owners, onboarded."""
    made = [
        client.v1.accounts.create(
            {"type": "express", "capabilities": {"transfers": {"requested": True}}}
        )
        for _ in range(3)
    ]
    for owner in made:
        fake.book.find("account", owner.id)
        assert owner.capabilities.transfers == "inactive"
    return made
