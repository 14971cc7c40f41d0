"""Money that two people tell of at the same moment moves once."""

import pytest
from django.utils import timezone

from licensing import services
from licensing.inbox import look_into, take_in
from licensing.models import (
    Entitlement,
    Entry,
    Invoice,
    LedgerLine,
    Order,
    Payment,
)
from licensing.queries import faults_of_books, ledger_balance
from licensing.sending import send_due
from licensing.services.settlement import settle_all
from tests.factories.accounts import (
    UserFactory,
)
from tests.factories.licensing import (
    DAY,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    pay,
)
from tests.fakestripe.deliveries import signed
from tests.licensing.cards import (
    SECRET,
    begin,
    order_now,
    pay_at,
    processor_at,
    received,
)
from tests.licensing.racing import at_once, refusals
from tests.licensing.selling import HOLD, LATER, sold

CONNECTIONS = 50  # of the hundred that a server takes
PURCHASES = 1000
MOST_USES = 25

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("ledger_checked"),
]


def test_two_operators_confirm_the_same_transfer_once():
    order = make_order()
    operators = UserFactory.create_batch(4, is_staff=True)

    results = at_once(*(lambda op=op: pay(order, operator=op) for op in operators))

    assert not refusals(results)
    assert Payment.objects.count() == Entry.objects.count() == 1
    assert Entitlement.objects.count() == 1
    assert ledger_balance("cash:bank", currency="EUR") == 100_00


def test_two_operators_use_one_reference_for_two_orders_and_one_is_refused():
    orders = [make_order(), make_order()]

    results = at_once(*(lambda order=order: pay(order) for order in orders))

    (refused,) = refusals(results)
    assert isinstance(refused, services.ReferenceUsed)
    assert Payment.objects.count() == 1
    assert sorted(Order.objects.values_list("state", flat=True)) == [
        "AWAITING_PAYMENT",
        "FULFILLED",
    ]
    assert sum(LedgerLine.objects.values_list("minor", flat=True)) == 0


def test_two_part_payments_at_once_make_a_whole():
    order = make_order()

    results = at_once(
        lambda: pay(order, 40_00, reference="A"),
        lambda: pay(order, 60_00, reference="B"),
    )

    assert not refusals(results)
    order.refresh_from_db()
    assert (order.state, order.paid_minor) == ("FULFILLED", 100_00)
    assert ledger_balance("suspense:partly_paid", currency="EUR") == 0
    assert ledger_balance("revenue:platform_fee", currency="EUR") == -5_00
    assert Entitlement.objects.count() == 1


def test_two_operators_refund_and_pay_out_no_more_than_there_is():
    order, (a, _, _) = sold()
    staff = UserFactory.create_batch(2, is_staff=True)

    def refund(operator):
        return services.refund(
            operator,
            order=order,
            amount_minor=600,
            reason="Sorry",
            revokes=False,
            key=f"by {operator}",
            at=LATER,
        )

    def pay_out(operator):
        return services.record_payout(
            operator,
            party=a,
            amount=services.Amount(180, "EUR"),
            bank_reference=f"by {operator}",
            paid_at=LATER,
            hold=HOLD,
        )

    refunded = at_once(*(lambda by=by: refund(by) for by in staff))
    paid = at_once(*(lambda by=by: pay_out(by) for by in staff))

    assert [type(each) for each in refusals(refunded)] == [services.AboveHeld]
    assert [type(each) for each in refusals(paid)] == [services.NotDue]
    assert ledger_balance("cash:bank", currency="EUR") == 1000 - 600 - 180
    assert list(faults_of_books()) == []


def test_an_order_is_either_paid_or_expired_or_cancelled():
    order = make_order()

    at_once(
        lambda: pay(order),
        lambda: services.expire_orders(NOON + PAY_WITHIN + DAY),
        lambda: services.cancel_order(order.buyer, order=order, cancelled_at=NOON),
    )

    order.refresh_from_db()
    granted = Entitlement.objects.count()
    assert (order.state == "FULFILLED") == (granted == 1) == (order.paid_minor > 0)
    assert not order.is_open


def test_two_workers_settle_one_event_once_and_send_what_it_asks_for_once(fake):
    processor = processor_at(fake)
    order = order_now()
    page = begin(order, processor)
    pay(order, 30_00)  # so that as much of the card's is to be sent back
    pay_at(fake, page)
    [event] = [one for one in fake.book.events if "completed" in one["type"]]
    body, headers = signed(event, secret=SECRET, at=timezone.now().timestamp())
    told = processor.told(body.encode(), headers["Stripe-Signature"])
    now = timezone.now()

    kept = at_once(*[lambda: take_in(told, at=now)] * 3)
    [new] = [event for event in kept if event is not None]
    at_once(*[lambda: look_into(new.pk, processor=processor, at=now)] * 3)
    sent = at_once(*[lambda: send_due(processor=processor, at=now + DAY / 24)] * 3)

    assert Payment.objects.count() == 2
    assert Entitlement.objects.count() == Invoice.objects.count() == 1
    assert sorted(sent) == [0, 0, 1]
    assert [one["amount"] for one in fake.book.all_of("refund")] == [30_00]
    assert ledger_balance("suspense:overpaid", currency="EUR") == 0


def test_two_workers_settle_the_same_orders_together_once():
    offer = make_offer()
    money = [received(make_order(offer)) for _ in range(4)]

    results = at_once(
        lambda: settle_all(money, at=NOON),
        lambda: settle_all(money[::-1], at=NOON),
        lambda: settle_all(money[1:3], at=NOON),
    )

    assert sum(one.is_new for settled in results for one in settled) == 4
    assert Payment.objects.count() == Invoice.objects.count() == 4
    assert list(faults_of_books()) == []
