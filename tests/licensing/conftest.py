"""Who may stand before a sold, co-owned work, by what they hold."""

import pytest
from django.test import Client

from licensing import services
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, make_order, make_work, pay, share


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def co_owner():
    return UserFactory()


@pytest.fixture
def offer(owner, co_owner):
    """A live commercial offer of a listed work held 70/30."""
    work = make_work(owner)
    share(work, {owner: 7000, co_owner: 3000})
    drafted = make_offer(work)
    return services.accept_offer(
        co_owner, offer=drafted, accepted_at=drafted.drafted_at
    )


@pytest.fixture
def order(offer):
    """An unpaid order of it; its buyer is `people["buyer"]`."""
    return make_order(offer)


@pytest.fixture
def people(offer, order, owner, co_owner):
    other = make_order(offer)
    pay(other, reference="someone else's")
    return {
        "nobody": None,
        "stranger": UserFactory(),
        "buyer": order.buyer,
        "other buyer": other.buyer,
        "co-owner": co_owner,
        "owner": owner,
        "staff": UserFactory(is_staff=True),
    }


@pytest.fixture
def browser():
    """Return a browser, signed in as the given user or as nobody."""

    def opened(user=None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(
                user, backend="django.contrib.auth.backends.ModelBackend"
            )
        return client

    return opened
