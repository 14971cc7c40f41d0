from datetime import timedelta

import pytest
from django.utils import timezone

from licensing import services
from tests.factories.accounts import ApiTokenFactory, OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.licensing import make_offer, make_order, make_work, pay, share
from tests.factories.training import ContestFactory, enter, hand_in, score

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    """Someone whose client is signed in."""
    member = UserFactory()
    client.force_login(member)
    return member


def furnish(user, size):
    """Give `user` some of everything that a dashboard shows."""
    now = timezone.now()
    partner = UserFactory()
    for number in range(size):
        RepositoryFactory(owner=user)
        OrganisationFactory(owner=user)
        ApiTokenFactory(user=user)
        hand_in(enter(ContestFactory(), user))
        make_order(make_offer(), user, placed_at=now)
        work = make_work(partner, title=f"Shared {number}")
        share(work, {partner: 6000, user: 4000})
        make_offer(work, code=f"offer-{number}")
        services.propose_shares(
            partner,
            work=make_work(partner, title=f"Proposed {number}"),
            basis_points={
                services.party_of_user(partner): 5000,
                services.party_of_user(user): 5000,
            },
            proposed_at=now,
        )


@pytest.mark.parametrize("size", [1, 6])
def test_a_dashboard_takes_thirteen_queries_however_much_one_has(
    client, user, django_assert_num_queries, size
):
    furnish(user, size)
    client.get("/dashboard")

    # session, user; what is withheld; recalls; offers, shares, handovers, orders that wait;
    # listings; orders; submissions; memberships; tokens
    with django_assert_num_queries(13):
        page = client.get("/dashboard").content.decode()

    assert page.count("Agree to an offer?") == min(size, 5)
    assert page.count("Accept your share?") == min(size, 5)
    assert page.count("Pay an order.") == min(size, 5)


def test_an_empty_dashboard_says_where_to_begin(client, user):
    page = client.get("/dashboard").content.decode()

    assert "You have published nothing yet" in page
    assert "You have handed in nothing yet" in page
    assert "You have ordered nothing yet" in page
    assert "Make a token" in page
    assert "Waiting for you" not in page


def test_strangers_are_asked_to_sign_in(client):
    answer = client.get("/dashboard")

    assert answer["Location"] == "/accounts/login/?next=/dashboard"


def test_what_one_has_agreed_to_waits_no_longer(client, user):
    partner = UserFactory()
    work = make_work(partner)
    share(work, {partner: 6000, user: 4000})
    offer = make_offer(work)
    assert "Agree to an offer?" in client.get("/dashboard").content.decode()

    services.accept_offer(user, offer=offer, accepted_at=timezone.now())

    assert "Agree to an offer?" not in client.get("/dashboard").content.decode()


def test_what_one_has_paid_or_let_expire_waits_no_longer(client, user):
    now = timezone.now()
    pay(make_order(make_offer(), user, placed_at=now))
    make_order(make_offer(), user, placed_at=now - timedelta(days=30))

    page = client.get("/dashboard").content.decode()

    assert "Pay an order." not in page
    assert "Paid and granted" in page


def test_nothing_of_others_is_on_ones_dashboard(client, user):
    other = UserFactory()
    furnish(other, 1)

    page = client.get("/dashboard").content.decode()

    assert "Waiting for you" not in page
    assert other.username not in page


def test_the_state_of_a_submission_is_told(client, user):
    submission = hand_in(enter(ContestFactory(title="The race"), user))
    assert "Waiting</span>" in client.get("/dashboard").content.decode()

    score(submission, 0.9)

    page = client.get("/dashboard").content.decode()
    assert "The race" in page
    assert "Scored</span>" in page


@pytest.mark.parametrize("is_staff", [True, False])
def test_staff_are_told_of_transfers_to_confirm(client, is_staff):
    make_order(placed_at=timezone.now())
    client.force_login(UserFactory(is_staff=is_staff))

    told = "for a transfer to be" in client.get("/dashboard").content.decode()

    assert told is is_staff
