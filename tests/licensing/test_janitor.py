"""What nobody told of the pages on which orders are paid is found by asking."""

from datetime import timedelta

import pytest
from django.utils import timezone

from licensing import services
from licensing.inbox import look_into_due
from licensing.janitor import ask_about_checkouts
from licensing.models import (
    Checkout,
    CheckoutState,
    Entitlement,
    Inbox,
    Invoice,
    Order,
    OrderState,
    Outbox,
    Payment,
)
from licensing.payments.protocol import ProviderSilent
from licensing.sending import send_due
from tests.licensing.cards import (
    BACK,
    HOUR,
    begin,
    books,
    order_now,
    pay_at,
    processor_at,
    taken_in,
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


def look_after(processor, *, after=timedelta(0)):
    return ask_about_checkouts(
        processor=processor, back_url=lambda _: BACK, at=timezone.now() + after
    )


def test_the_janitor_finds_what_nobody_told_and_closes_what_is_not_needed(
    fake, processor
):
    untold, unneeded, unknown = order_now(), order_now(), order_now()
    pay_at(fake, begin(untold, processor))
    begin(unneeded, processor)
    services.cancel_order(unneeded.buyer, order=unneeded, cancelled_at=timezone.now())
    fake.answers_lost = 1
    with pytest.raises(ProviderSilent):
        begin(unknown, processor)

    assert look_after(processor, after=HOUR) == []

    states = {
        order.number: order.checkouts.get().state
        for order in (untold, unneeded, unknown)
    }
    assert list(states.values()) == ["PAID", "EXPIRED", "OPEN"]
    untold.refresh_from_db()
    assert untold.state == OrderState.FULFILLED
    assert len(sessions(fake)) == 3


def test_a_page_that_the_database_refuses_keeps_the_janitor_from_no_other(
    fake, processor
):
    pages = [begin(order_now(), processor) for _ in range(3)]
    for page in pages:
        pay_at(fake, page)
    first, second, _ = sessions(fake)
    second["payment_intent"] = first["payment_intent"]

    [fault] = look_after(processor, after=HOUR)

    assert "intent_once" in fault
    states = Order.objects.values_list("state", flat=True)
    assert sorted(states) == ["AWAITING_PAYMENT", "FULFILLED", "FULFILLED"]
    assert Invoice.objects.count() == Payment.objects.count() == 2


def test_a_bug_while_asking_about_one_page_keeps_the_janitor_from_no_other(
    fake, processor
):
    orders = [order_now() for _ in range(3)]
    for order in orders:
        pay_at(fake, begin(order, processor))

    def back_url(number):
        return {orders[0].number: BACK, orders[2].number: BACK}[number]

    [fault] = ask_about_checkouts(
        processor=processor, back_url=back_url, at=timezone.now() + HOUR
    )

    assert "asking about it broke off: KeyError" in fault
    states = [Order.objects.get(pk=order.pk).state for order in orders]
    assert states == ["FULFILLED", "AWAITING_PAYMENT", "FULFILLED"]


def test_the_janitor_asks_for_a_fee_that_was_not_known_at_once(fake, processor):
    fake.book.fee_bps = 290
    order = order_now()
    page = begin(order, processor)
    pay_at(fake, page)
    [charge] = fake.book.all_of("charge")
    moved, charge["balance_transaction"] = charge["balance_transaction"], None
    services.refresh_checkout(page, processor=processor, at=timezone.now())
    charge["balance_transaction"] = moved
    assert books(CASH, KEPT) == [100_00, 0]

    assert look_after(processor, after=timedelta(minutes=11)) == []

    assert books(CASH, KEPT) == [97_10, 2_90]


def test_a_page_of_another_account_is_closed_once_its_time_is_over(fake, processor):
    order = order_now()
    begin(order, processor)
    Checkout.objects.update(external_id="cs_of_others")

    assert len(look_after(processor, after=HOUR)) == 1
    assert look_after(processor, after=13 * HOUR) == []

    assert order.checkouts.get().state == CheckoutState.EXPIRED


def test_an_hour_without_the_processor_delays_everything_and_loses_nothing(
    fake, processor
):
    order = order_now()
    page = begin(order, processor)
    pay_at(fake, page)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    services.expire_orders(timezone.now())
    services.refresh_checkout(page, processor=processor, at=timezone.now())
    another = order_now()
    fake.is_down = True

    with pytest.raises(ProviderSilent):
        begin(another, processor)
    for minutes in range(0, 60, 5):
        at = timezone.now() + timedelta(minutes=minutes)
        assert send_due(processor=processor, at=at) == 0
        look_after(processor, after=timedelta(minutes=minutes))
    row = Outbox.objects.get()
    assert (row.sent_at, row.refused_at) == (None, None)
    assert 3 < row.attempts < 12
    fake.is_down = False

    assert send_due(processor=processor, at=timezone.now() + 2 * HOUR) == 1
    look_after(processor, after=2 * HOUR)
    assert books(CASH, OVER) == [0, 0]
    assert another.checkouts.get().state == CheckoutState.OPEN


def beyond_its_lines():
    """Return an order that says more than its lines do: its books cannot balance."""
    order = order_now()
    return priced(order, order.total_minor + 1_00)


def priced(order, minor):
    Order.objects.filter(pk=order.pk).update(subtotal_minor=minor, total_minor=minor)
    order.refresh_from_db()
    return order


def test_a_mistake_of_ours_in_one_page_keeps_the_janitor_from_no_other(fake, processor):
    odd = beyond_its_lines()
    for order in (odd, order_now(), order_now()):
        pay_at(fake, begin(order, processor))

    [fault] = look_after(processor, after=HOUR)

    assert "unbalanced legs" in fault
    states = dict(Order.objects.values_list("pk", "state"))
    assert states.pop(odd.pk) == OrderState.AWAITING_PAYMENT
    assert set(states.values()) == {OrderState.FULFILLED}
    assert Payment.objects.count() == Entitlement.objects.count() == 2
    priced(odd, 100_00)
    assert look_after(processor, after=2 * HOUR) == []
    odd.refresh_from_db()
    assert odd.state == OrderState.FULFILLED


def test_a_mistake_of_ours_in_one_event_keeps_no_other_waiting(fake, processor):
    odd, other = beyond_its_lines(), order_now()
    for order in (odd, other):
        pay_at(fake, begin(order, processor))
    assert list(taken_in(fake, processor))

    look_into_due(processor=processor, at=timezone.now() + HOUR)

    other.refresh_from_db()
    odd.refresh_from_db()
    assert other.state == OrderState.FULFILLED
    assert odd.state == OrderState.AWAITING_PAYMENT
    waiting = Inbox.objects.filter(handled_at__isnull=True)
    assert waiting.exists()
    assert all("unbalanced legs" in event.fault for event in waiting)
