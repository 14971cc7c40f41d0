"""Paying by card: one page an order, paid once, and what nobody owes goes back."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from licensing import services
from licensing.models import (
    Checkout,
    CheckoutState,
    Entitlement,
    Order,
    OrderState,
    Payment,
)
from licensing.payments.protocol import ProviderRefused, ProviderSilent
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, pay
from tests.fakestripe.faults import Fault
from tests.licensing.cards import (
    BACK,
    begin,
    books,
    hear,
    order_now,
    owed,
    paid_by_card,
    pay_at,
    processor_at,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_checked")]
CASH, FEE, KEPT, OVER = (
    "cash:stripe",
    "revenue:platform_fee",
    "expense:processor_fee",
    "suspense:overpaid",
)


@pytest.fixture
def processor(fake):
    return processor_at(fake)


def sessions(fake):
    return fake.book.all_of("checkout.session")


def test_a_card_pays_what_the_order_says_and_the_processors_fee_is_booked(
    fake, processor, django_assert_max_num_queries
):
    fake.book.fee_bps = 290
    order = order_now()
    owner = order.lines.get().offer_version.offer.work.owner.user
    with django_assert_max_num_queries(12):
        page = begin(order, processor)
    [session] = sessions(fake)
    assert (session["amount_total"], session["currency"]) == (100_00, "eur")
    assert session["client_reference_id"] == str(page.pk)

    pay_at(fake, page)
    hear(fake, processor)

    order.refresh_from_db()
    page.refresh_from_db()
    assert (order.state, order.paid_minor) == (OrderState.FULFILLED, 100_00)
    assert page.state == CheckoutState.PAID
    assert books(CASH, FEE, KEPT) == [97_10, -5_00, 2_90]
    assert owed(owner) == 95_00
    assert Entitlement.objects.get().line.order == order
    payment = Payment.objects.get()
    assert (payment.provider, payment.confirmed_by) == ("STRIPE", None)
    intent = fake.book.find("payment_intent", payment.reference)
    assert intent["transfer_group"] == order.number
    assert fake.book.held("acct_platform", "eur") == 97_10


def test_two_clicks_lead_to_one_page_and_so_does_one_whose_answer_got_lost(
    fake, processor
):
    order = order_now()
    fake.answers_lost = 1
    with pytest.raises(ProviderSilent):
        begin(order, processor)
    assert Checkout.objects.get().state == CheckoutState.UNKNOWN

    first, second = begin(order, processor), begin(order, processor)

    assert first.pk == second.pk
    assert first.url == second.url == sessions(fake)[0]["url"]
    assert len(sessions(fake)) == Checkout.objects.count() == 1


def test_a_declined_card_leaves_the_order_waiting_and_a_good_one_pays_it(
    fake, processor
):
    order = order_now()
    page = begin(order, processor)
    with pytest.raises(Fault, match="declined"):
        pay_at(fake, page, is_declined=True)
    hear(fake, processor)
    order.refresh_from_db()
    assert order.state == OrderState.AWAITING_PAYMENT
    assert begin(order, processor).pk == page.pk

    pay_at(fake, page)
    hear(fake, processor)

    order.refresh_from_db()
    assert order.state == OrderState.FULFILLED
    assert Payment.objects.count() == 1


def test_only_the_buyer_pays_and_only_what_waits_for_money(fake, processor):
    order = order_now()
    with pytest.raises(PermissionDenied):
        services.begin_checkout(
            UserFactory(),
            order=order,
            processor=processor,
            back_url=BACK,
            begun_at=timezone.now(),
        )
    services.cancel_order(order.buyer, order=order, cancelled_at=timezone.now())
    with pytest.raises(services.OrderClosed, match="waits for no money"):
        begin(order, processor)
    late = order_now()
    with pytest.raises(services.OrderClosed, match="over its time"):
        begin(late, processor, at=late.expires_at)

    assert not Checkout.objects.exists()
    assert not sessions(fake)


def test_what_is_not_taken_by_card_is_over_at_once_and_a_wrong_key_is_not(
    fake, processor
):
    crowns = order_now(make_offer(currency="ISK", price_minor=500))
    with pytest.raises(ProviderRefused, match="ISK"):
        begin(crowns, processor)
    euros = order_now()
    with pytest.raises(ProviderSilent, match="key"):
        begin(euros, processor_at(fake, key="sk_live_of_others"))

    assert crowns.checkouts.get().state == CheckoutState.EXPIRED
    assert begin(euros, processor).state == CheckoutState.OPEN
    assert len(sessions(fake)) == 1


def test_an_order_waits_for_a_bank_that_is_at_work_beyond_its_time(fake, processor):
    order = order_now()
    page = begin(order, processor)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    Checkout.objects.update(url="")  # as once a debit is authorised
    assert services.expire_orders(timezone.now()) == []

    pay_at(fake, page)
    hear(fake, processor)

    order.refresh_from_db()
    assert (order.state, books(CASH)) == (OrderState.FULFILLED, [100_00])


def test_a_page_for_another_amount_gives_way_to_one_for_what_is_left(fake, processor):
    order = order_now()
    first = begin(order, processor)
    pay(order, 30_00)
    order.refresh_from_db()

    second = begin(order, processor)

    first.refresh_from_db()
    assert first.state == CheckoutState.EXPIRED
    assert (second.amount_minor, second.state) == (70_00, CheckoutState.OPEN)
    assert sessions(fake)[0]["amount_total"] == 70_00
    assert sessions(fake)[1]["status"] == "expired"


def test_a_paid_order_is_paid_once_however_often_it_is_looked_at(fake, processor):
    order = paid_by_card(fake, processor)
    page = order.checkouts.get()

    for _ in range(2):
        services.refresh_checkout(page, processor=processor, at=timezone.now())

    assert Payment.objects.count() == Entitlement.objects.count() == 1
    assert books(CASH) == [100_00]
