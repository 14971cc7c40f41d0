"""Who may stand before a sold, co-owned work, by what they hold."""

import pytest
from django.core.management import call_command
from django.test import Client

from licensing import services
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, make_order, make_work, pay, share
from tests.fakestripe.server import fakestripe
from tests.signing_in import signed_in


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
        return signed_in(user) if user else Client()

    return opened


@pytest.fixture(scope="session")
def stripe_running():
    with fakestripe() as running:
        yield running


@pytest.fixture
def fake(stripe_running):
    """Return a stand-in for Stripe that remembers nothing."""
    stripe_running.begin_anew()
    return stripe_running


@pytest.fixture
def ledger_checked(db):
    """Have the operator's own command look at the books that a test leaves behind.

    It ends in an error if it finds an imbalance.
    """
    yield
    call_command("ledger_check")
