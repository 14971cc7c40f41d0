"""The pages of paying by card and of becoming payable, against the stand-in."""

from io import StringIO

import pytest
import requests
from django.core.management import CommandError, call_command
from django.utils import timezone

from licensing import services
from licensing.models import Checkout, Order, Payee
from licensing.tasks import look_at_payments
from licensing.web.payments import ASKS_A_MINUTE
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.fakestripe import refunds
from tests.licensing.cards import (
    HOUR,
    SECRET,
    books,
    order_now,
    paid_by_card,
    pay_at,
    processor_at,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_keys(fake, settings):
    settings.STOA = settings.STOA.model_copy(
        update={
            "stripe_secret_key": "sk_test_1",
            "stripe_webhook_secret": SECRET,
            "stripe_api_base": fake.url,
        }
    )


def test_a_buyer_goes_to_pay_and_comes_back_paid_before_any_event(
    with_keys, fake, browser
):
    order = order_now()
    buyer = browser(order.buyer)
    address = f"/orders/{order.number}/pay"
    assert "Pay by card" in buyer.get(f"/orders/{order.number}").content.decode()

    away = buyer.post(address)
    page = Checkout.objects.get()
    assert (away.status_code, away["Location"]) == (302, page.url)
    unpaid = buyer.get(address).content.decode()
    assert "You have not paid yet" in unpaid
    assert "Go on to pay" in unpaid

    there = requests.post(
        page.url, data={"card": "works"}, timeout=10, allow_redirects=False
    )
    assert there.headers["Location"].endswith(address)
    back = buyer.get(address, follow=True)

    assert "Your payment has arrived" in back.content.decode()
    order.refresh_from_db()
    assert order.state == "FULFILLED"
    assert books("cash:stripe") == [100_00]


def test_a_buyer_who_comes_back_while_stripe_is_silent_is_told_so(
    with_keys, fake, browser
):
    order = order_now()
    buyer = browser(order.buyer)
    buyer.post(f"/orders/{order.number}/pay")
    pay_at(fake, Checkout.objects.get())
    fake.is_down = True

    told = buyer.get(f"/orders/{order.number}/pay").content.decode()

    assert "nothing is lost" in told
    assert 'http-equiv="refresh"' in told
    order.refresh_from_db()
    assert order.state == "AWAITING_PAYMENT"


def test_who_asks_again_and_again_does_not_ask_stripe_each_time(
    with_keys, fake, browser
):
    order = order_now()
    buyer, page = browser(order.buyer), f"/orders/{order.number}/pay"
    buyer.post(page)
    twice = range(2 * ASKS_A_MINUTE + 1)  # a minute may turn while they ask
    asked = [buyer.get(page).content.decode() for _ in twice]

    refused = ["nothing is lost" in told for told in asked]
    assert refused.index(True) >= ASKS_A_MINUTE
    assert {"You have not paid yet" in told for told in asked} == {True, False}


def test_a_payment_for_an_order_that_is_over_is_said_to_go_back(
    with_keys, fake, browser
):
    order = order_now()
    buyer = browser(order.buyer)
    buyer.post(f"/orders/{order.number}/pay")
    Order.objects.update(expires_at=timezone.now())
    services.expire_orders(timezone.now())
    pay_at(fake, Checkout.objects.get())
    Checkout.objects.update(asked_at=order.placed_at - HOUR)

    look_at_payments()
    look_at_payments()
    back = buyer.get(f"/orders/{order.number}/pay", follow=True)

    assert "sent back to you" in back.content.decode()
    assert [one["amount"] for one in fake.book.all_of("refund")] == [100_00]
    assert books("cash:stripe", "suspense:overpaid") == [0, 0]


def test_without_a_key_cards_are_not_taken(browser):
    order = order_now()
    buyer = browser(order.buyer)

    assert "Pay by card" not in buyer.get(f"/orders/{order.number}").content.decode()
    answer = buyer.post(f"/orders/{order.number}/pay", follow=True)
    assert "Pay by bank transfer" in answer.content.decode()
    assert not Checkout.objects.exists()


def test_an_owner_becomes_payable(with_keys, fake, browser):
    owner = UserFactory()
    party = services.party_of_user(owner)
    page = browser(owner)
    assert "Be paid by Stripe" in page.get("/payees").content.decode()

    away = page.post("/payees", {"party": str(party.pk)})
    assert away["Location"].startswith(f"{fake.url}/onboard/")
    assert "Go on at Stripe" in page.get("/payees").content.decode()
    there = requests.post(away["Location"], timeout=10, allow_redirects=False)
    assert there.headers["Location"].endswith("/payees?back=1")

    assert "Paid by Stripe" in page.get("/payees?back=1").content.decode()
    payee = Payee.objects.get()
    assert (payee.party, payee.is_payable) == (party, True)
    assert fake.book.find("account", payee.account)["country"] == "DE"


def test_nobody_becomes_payable_in_the_name_of_others(with_keys, fake, browser):
    other = services.party_of_user(UserFactory())
    stranger = browser(UserFactory())

    for named in (str(other.pk), "", "x"):
        answer = stranger.post("/payees", {"party": named}, follow=True)
        assert "you act for" in answer.content.decode()

    assert not Payee.objects.exists()
    assert not fake.book.all_of("account")


@pytest.mark.parametrize("organisations", [1, 4])
def test_how_one_is_paid_takes_as_many_queries_for_many(
    browser, organisations, django_assert_num_queries
):
    owner = UserFactory()
    services.party_of_user(owner)
    for _ in range(organisations):
        services.party_of(OrganisationFactory(owner=owner).namespace)
    page = browser(owner)
    page.get("/payees")

    with django_assert_num_queries(5):
        answer = page.get("/payees")

    assert len(answer.context["rows"]) == 1 + organisations


def test_a_program_opens_the_page_and_asks_again_for_the_same(with_keys, fake, browser):
    order = order_now()
    buyer, address = browser(order.buyer), f"/api/v1/orders/{order.number}/checkout"

    first, again = buyer.post(address).json(), buyer.post(address).json()

    assert first == again
    [session] = fake.book.all_of("checkout.session")
    assert first["url"] == session["url"]
    assert (first["state"], first["amount_minor"], first["currency"]) == (
        "OPEN",
        100_00,
        "EUR",
    )
    fake.is_down = True
    other = order_now()
    silent = browser(other.buyer).post(f"/api/v1/orders/{other.number}/checkout")
    assert (silent.status_code, silent.json()["code"]) == (503, "provider_silent")


def test_the_bookkeeper_is_told_what_stripe_says_and_the_ledger_does_not(
    with_keys, fake
):
    order = paid_by_card(fake, processor_at(fake))
    said = StringIO()
    call_command("reconcile", stdout=said)
    assert "ledger 100.00 EUR, Stripe 100.00 EUR" in said.getvalue()

    charge = order.checkouts.get().charge
    refunds.create(fake.book, {"charge": charge, "amount": 1_00})

    with pytest.raises(CommandError, match="1 of 2 wait for a person"):
        call_command("reconcile", stdout=said)
    assert "ledger nothing, Stripe -1.00 EUR" in said.getvalue()
