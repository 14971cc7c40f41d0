"""Money that came in by card and is not owed goes back, once, or waits for a person."""

from uuid import uuid4

import pytest
from django.utils import timezone

from licensing import services
from licensing.models import (
    Entitlement,
    Entry,
    Inbox,
    Order,
    OrderState,
    Outbox,
    Payment,
    Topic,
)
from licensing.queries import returnable_orders
from licensing.queries.checking import faults_of_books
from licensing.sending import send_due
from licensing.services.outbox import write_out
from tests.factories.accounts import UserFactory
from tests.factories.licensing import pay
from tests.fakestripe import refunds
from tests.licensing.cards import (
    HOUR,
    begin,
    books,
    hear,
    in_vain,
    order_now,
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


def overpaid(fake, processor):
    """Return an order that was paid by bank and by card at once: the card's goes back."""
    order = order_now()
    page = begin(order, processor)
    pay(order, reference=order.number)
    pay_at(fake, page)
    hear(fake, processor)
    return order


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


def test_what_the_processor_is_to_send_back_nobody_sends_back_by_hand(fake, processor):
    order, staff = overpaid(fake, processor), UserFactory(is_staff=True)
    by_hand = {"amount_minor": 100_00, "reference": "RF 1", "at": timezone.now()}

    assert returnable_orders(most=9) == []
    with pytest.raises(services.AboveHeld, match="EUR is held"):
        services.return_money(staff, order=order, **by_hand)

    Outbox.objects.update(refused_at=timezone.now(), fault="Stripe: no.")
    assert returnable_orders(most=9) == [(order, 100_00)]
    assert len(in_vain()) == 1
    services.return_money(staff, order=order, **by_hand)
    assert books(OVER) == [0]
    assert in_vain() == []


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
