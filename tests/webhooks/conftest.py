"""A receiver, a person with a webhook, and what they watch."""

import pytest

from marketplace.webhooks import services
from marketplace.webhooks.services import Item
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.webhooks.receiver import OURSELVES, Receiver


@pytest.fixture(scope="module")
def receiving():
    """One receiver for a whole module."""
    started = Receiver()
    yield started
    started.stop()


@pytest.fixture
def receiver(receiving):
    """The receiver, having received nothing."""
    receiving.requests.clear()
    receiving.release.clear()
    yield receiving
    receiving.release.set()


@pytest.fixture
def maria(db):
    return UserFactory(username="maria")


@pytest.fixture
def repository(maria):
    """A private dataset of maria's."""
    return RepositoryFactory(owner=maria, name="river-levels")


@pytest.fixture
def make():
    """Make a webhook of somebody's that watches all that is under their name."""

    def made(owner, **said):
        whole = {
            "url": "https://example.org/hook",
            "watched": [Item("user", owner.username)],
            "domains": [],
            "secret": "sesame",
            "networks": OURSELVES,
            "created_at": NOON,
            **said,
        }
        return services.create_webhook(owner, **whole)

    return made
