"""Paying by card: one page an order, paid once, and what nobody owes goes back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from licensing import services
from licensing.janitor import ask_about_checkouts
from licensing.models import (
    Checkout,
    CheckoutState,
    Entitlement,
    Entry,
    Inbox,
    Invoice,
    Order,
    OrderState,
    Outbox,
    Payment,
    Topic,
)
from licensing.payments.protocol import ProviderRefused, ProviderSilent
from licensing.queries import returnable_orders
from licensing.queries.checking import faults_of_books
from licensing.reconciliation import pending
from licensing.sending import send_due
from licensing.services.outbox import write_out
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, pay
from tests.fakestripe import refunds
from tests.fakestripe.faults import Fault
from tests.licensing.cards import (
    BACK,
    HOUR,
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


def look_after(processor, *, after=timedelta(0)):
    return ask_about_checkouts(
        processor=processor, back_url=lambda _: BACK, at=timezone.now() + after
    )


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


def test_money_for_an_order_that_expired_meanwhile_goes_back(fake, processor):
    order = order_now()
    page = begin(order, processor)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    services.expire_orders(timezone.now())

    pay_at(fake, page)
    hear(fake, processor)
    assert books(CASH, OVER) == [100_00, -100_00]
    for _ in range(2):
        send_due(processor=processor, at=timezone.now() + HOUR)

    order.refresh_from_db()
    assert (order.state, order.paid_minor) == (OrderState.EXPIRED, 0)
    assert books(CASH, OVER, FEE) == [0, 0, 0]
    assert not Entitlement.objects.exists()
    [refund] = fake.book.all_of("refund")
    assert refund["amount"] == 100_00
    assert Outbox.objects.get().answer == refund["id"]


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


def test_a_refund_of_what_came_back_before_goes_out_again(fake, processor):
    order = overpaid(fake, processor)
    send_due(processor=processor, at=timezone.now())
    [returned] = fake.book.all_of("refund")
    returned["status"] = "failed"
    fake.book.all_of("charge")[0]["amount_refunded"] = 0
    fake.book.happened("refund.failed", returned)
    hear(fake, processor)
    staff, at = UserFactory(is_staff=True), timezone.now()
    services.return_money(
        staff, order=order, amount_minor=100_00, reference="RF 1", at=at
    )
    assert books(CASH, "cash:bank") == [100_00, 0]

    services.refund(
        staff,
        order=order,
        amount_minor=None,
        reason="It was not what it said.",
        revokes=True,
        key="r1",
        at=at,
    )
    send_due(processor=processor, at=at)

    assert [one["amount"] for one in fake.book.all_of("refund")] == [100_00, 100_00]
    assert books(CASH, "cash:bank", OVER) == [0, 0, 0]


def test_what_a_changed_order_no_longer_owes_goes_back(fake, processor):
    order = order_now()
    page = begin(order, processor)
    pay(order, 30_00)

    pay_at(fake, page)
    hear(fake, processor)
    send_due(processor=processor, at=timezone.now() + HOUR)

    order.refresh_from_db()
    assert order.state == OrderState.FULFILLED
    assert [one["amount"] for one in fake.book.all_of("refund")] == [30_00]
    assert books(CASH, "cash:bank", OVER, FEE) == [70_00, 30_00, 0, -5_00]


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


def test_a_refund_whose_answer_got_lost_is_made_once(fake, processor):
    order = order_now()
    page = begin(order, processor)
    pay(order)
    pay_at(fake, page)
    hear(fake, processor)
    fake.answers_lost = 1

    assert send_due(processor=processor, at=timezone.now()) == 0
    assert send_due(processor=processor, at=timezone.now() + HOUR) == 1

    assert len(fake.book.all_of("refund")) == 1
    assert Entry.objects.filter(kind="RETURN").count() == 1
    assert books(CASH, OVER) == [0, 0]


def test_what_is_tried_for_longer_than_keys_live_is_looked_for_first(fake, processor):
    order, at = overpaid(fake, processor), timezone.now()
    fake.answers_lost = 1
    send_due(processor=processor, at=at)
    fake.remembered.clear()

    send_due(processor=processor, at=at + 24 * HOUR)

    [made] = fake.book.all_of("refund")
    assert Outbox.objects.get(order=order).answer == made["id"]
    assert books(CASH, OVER) == [0, 0]


def test_what_was_tried_for_a_week_waits_for_a_person(fake, processor):
    overpaid(fake, processor)
    fake.is_down = True
    for days in (0, 6, 7.5):
        send_due(processor=processor, at=timezone.now() + days * 24 * HOUR)

    assert "by hand" in Outbox.objects.get().fault
    assert books(OVER) == [-100_00]


def test_a_paid_order_is_paid_once_however_often_it_is_looked_at(fake, processor):
    order = paid_by_card(fake, processor)
    page = order.checkouts.get()

    for _ in range(2):
        services.refresh_checkout(page, processor=processor, at=timezone.now())

    assert Payment.objects.count() == Entitlement.objects.count() == 1
    assert books(CASH) == [100_00]


def overpaid(fake, processor):
    """Return an order that was paid by bank and by card at once: the card's goes back."""
    order = order_now()
    page = begin(order, processor)
    pay(order, reference=order.number)
    pay_at(fake, page)
    hear(fake, processor)
    return order


def test_what_the_processor_is_to_send_back_nobody_sends_back_by_hand(fake, processor):
    order, staff = overpaid(fake, processor), UserFactory(is_staff=True)
    by_hand = {"amount_minor": 100_00, "reference": "RF 1", "at": timezone.now()}

    assert returnable_orders(most=9) == []
    with pytest.raises(services.AboveHeld, match="EUR is held"):
        services.return_money(staff, order=order, **by_hand)

    Outbox.objects.update(refused_at=timezone.now(), fault="Stripe: no.")
    assert returnable_orders(most=9) == [(order, 100_00)]
    assert len(pending()) == 1
    services.return_money(staff, order=order, **by_hand)
    assert books(OVER) == [0]
    assert pending() == []


def test_money_sent_back_that_did_not_arrive_is_held_again(fake, processor):
    order = overpaid(fake, processor)
    send_due(processor=processor, at=timezone.now() + HOUR)
    [refund] = fake.book.all_of("refund")
    assert books(CASH, OVER) == [0, 0]

    refund["status"] = "failed"
    fake.book.happened("refund.failed", refund)
    hear(fake, processor)

    assert books(CASH, OVER) == [100_00, -100_00]
    assert returnable_orders(most=9) == [(order, 100_00)]
    assert list(faults_of_books()) == []


def test_what_is_sent_back_by_hand_at_the_processor_is_what_was_held(fake, processor):
    order = overpaid(fake, processor)
    charge = fake.book.all_of("charge")[0]
    charge["disputed"] = True
    send_due(processor=processor, at=timezone.now() + HOUR)
    assert Outbox.objects.get().refused_at

    charge["disputed"] = False
    refunds.create(fake.book, {"charge": charge["id"]})
    hear(fake, processor)
    hear(fake, processor)

    order.refresh_from_db()
    assert order.state == OrderState.FULFILLED
    assert books(CASH, OVER) == [0, 0]
    assert not Inbox.objects.filter(handled_at__isnull=True).exists()


def test_of_a_refund_by_two_ways_only_what_did_not_arrive_is_held(fake, processor):
    order = order_now()
    page = begin(order, processor)
    pay(order, 30_00)
    order.refresh_from_db()
    page = begin(order, processor)
    pay_at(fake, page)
    hear(fake, processor)
    staff, now = UserFactory(is_staff=True), timezone.now()
    made = services.refund(
        staff,
        order=order,
        amount_minor=None,
        reason="It was not what it said.",
        revokes=True,
        key="r1",
        at=now,
    )
    with pytest.raises(services.OnItsWay):
        services.fail_refund(staff, refund=made, at=now)

    send_due(processor=processor, at=now + HOUR)
    [refund] = fake.book.all_of("refund")
    refund["status"] = "failed"
    fake.book.happened("refund.failed", refund)
    hear(fake, processor)

    assert books(CASH, "cash:bank", OVER) == [70_00, 0, -70_00]
    assert list(faults_of_books()) == []


def test_what_breaks_off_keeps_nothing_else_waiting(fake, processor):
    at = timezone.now()
    payload = {"payment": str(uuid4()), "minor": 1}
    write_out(Topic.RETURN, key="of nothing", payload=payload, at=at - HOUR)
    overpaid(fake, processor)

    with pytest.raises(Payment.DoesNotExist):
        send_due(processor=processor, at=at)
    with pytest.raises(Payment.DoesNotExist):
        send_due(processor=processor, at=at + HOUR)

    assert books(CASH, OVER) == [0, 0]
