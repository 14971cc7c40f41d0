from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from licensing import services
from licensing.facts import COMMERCIAL
from licensing.ledger import CASH_BANK, OVERPAID, PARTLY_PAID, PLATFORM_FEE
from licensing.models import (
    Entitlement,
    Entry,
    LedgerLine,
    Order,
    OrderState,
    Payment,
)
from licensing.permissions import parties_of
from licensing.queries import ledger_balance, owed_to
from licensing.tasks import expire_unpaid_orders
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    UserFactory,
)
from tests.factories.licensing import (
    DAY,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    make_work,
    pay,
    share,
)

pytestmark = pytest.mark.django_db


def balance(code, currency="EUR"):
    return ledger_balance(code, currency=currency)


def test_a_confirmed_transfer_shares_out_the_price_in_one_balanced_entry():
    owner, other = UserFactory(), UserFactory()
    work = make_work(owner)
    share(work, {owner: 7000, other: 3000})
    offer = make_offer(work, price_minor=100_01)
    services.accept_offer(other, offer=offer, accepted_at=NOON)
    order, staff = make_order(offer), UserFactory(is_staff=True)

    pay(order, operator=staff)

    order.refresh_from_db()
    assert (order.state, order.closed_at) == (OrderState.FULFILLED, NOON + DAY)
    assert Entry.objects.count() == 1
    assert balance(CASH_BANK) == 100_01
    assert balance(PLATFORM_FEE) == -5_00
    assert balance(f"payable:{services.party_of_user(owner).pk}") == -66_51
    assert balance(f"payable:{services.party_of_user(other).pk}") == -28_50
    assert sum(LedgerLine.objects.values_list("minor", flat=True)) == 0
    assert [b.minor for b in owed_to(parties_of(other))] == [28_50]
    assert Entitlement.objects.get().holder == order.holder
    payment = Payment.objects.get()
    assert (payment.confirmed_by, payment.reference) == (staff, "RF18 5390")


def test_shares_that_change_after_the_order_do_not_change_what_it_pays():
    owner, other = UserFactory(), UserFactory()
    work = make_work(owner)
    order = make_order(make_offer(work))
    share(work, {owner: 1, other: 9_999})

    pay(order)

    assert balance(f"payable:{services.party_of_user(owner).pk}") == -95_00
    assert not owed_to(parties_of(other))


def test_confirming_twice_changes_nothing():
    order = make_order()
    pay(order, reference="  RF18   5390 ")

    pay(order, reference="rf18 5390")

    assert Payment.objects.count() == Entry.objects.count() == 1
    assert Entitlement.objects.count() == 1
    assert balance(CASH_BANK) == 100_00
    assert AuditRecord.objects.filter(act="confirm_transfer").count() == 1


def test_a_reference_that_is_told_already_is_refused_for_anything_else():
    first, second = make_order(), make_order()
    pay(first)

    with pytest.raises(services.ReferenceUsed, match=first.number):
        pay(second)
    with pytest.raises(services.ReferenceUsed, match=first.number):
        pay(first, 99_00)
    second.refresh_from_db()
    assert second.state == OrderState.AWAITING_PAYMENT
    assert Payment.objects.count() == 1
    assert not Entitlement.objects.filter(line__order=second).exists()


def test_part_of_the_money_is_held_until_the_rest_comes():
    order = make_order()

    pay(order, 40_00, reference="A")
    order.refresh_from_db()
    assert (order.state, order.due_minor) == (OrderState.PARTIALLY_PAID, 60_00)
    assert (balance(CASH_BANK), balance(PARTLY_PAID)) == (40_00, -40_00)
    assert not Entitlement.objects.exists()

    pay(order, 60_00, reference="B")
    order.refresh_from_db()
    assert (order.state, order.due_minor) == (OrderState.FULFILLED, 0)
    assert (balance(CASH_BANK), balance(PARTLY_PAID)) == (100_00, 0)
    assert balance(PLATFORM_FEE) == -5_00
    assert Entitlement.objects.count() == 1


def test_what_is_too_much_is_held_apart():
    order = make_order()

    pay(order, 40_00, reference="A")
    pay(order, 75_00, reference="B")

    order.refresh_from_db()
    assert (order.state, order.overpaid_minor) == (OrderState.FULFILLED, 15_00)
    assert balance(OVERPAID) == -15_00
    assert balance(CASH_BANK) == 115_00
    assert balance(PLATFORM_FEE) == -5_00


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bank_reference": "  "}, "bank_reference"),
        ({"bank_reference": "x" * 141}, "bank_reference"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"received_on": date(2026, 1, 3)}, "received_on"),
    ],
)
def test_invariant_26_confirming_without_reference_amount_or_date_is_impossible(
    change, field
):
    order = make_order()
    facts = {
        "bank_reference": "R",
        "amount_minor": 100_00,
        "received_on": date(2026, 1, 1),
        "confirmed_at": NOON + DAY,
        **change,
    }

    with pytest.raises(Malformed, match=f"^{field}: "):
        services.confirm_transfer(UserFactory(is_staff=True), order=order, **facts)
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"reference": ""}, {"amount_minor": 0}, {"confirmed_by": None}],
)
def test_invariant_26_the_database_refuses_a_payment_nobody_vouches_for(change):
    facts = {
        "order": make_order(),
        "provider": "MANUAL",
        "reference": "R",
        "amount_minor": 1,
        "received_on": date(2026, 1, 1),
        "confirmed_by": UserFactory(),
        "confirmed_at": NOON,
        **change,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(**facts)


@pytest.mark.parametrize("who", ["buyer", "owner", "stranger"])
def test_only_staff_settle_orders(who):
    order = make_order()
    owner = order.lines.get().offer_version.offer.work.owner.user
    person = {"buyer": order.buyer, "owner": owner, "stranger": UserFactory()}[who]

    with pytest.raises(PermissionDenied):
        pay(order, operator=person)
    with pytest.raises(PermissionDenied):
        services.reject_transfer(person, order=order, reason="x", rejected_at=NOON)
    order.refresh_from_db()
    assert order.state == OrderState.AWAITING_PAYMENT
    assert not Entry.objects.exists()


def test_a_closed_order_takes_no_money():
    fulfilled, cancelled = make_order(), make_order()
    pay(fulfilled)
    services.cancel_order(cancelled.buyer, order=cancelled, cancelled_at=NOON)

    for order in (fulfilled, cancelled):
        with pytest.raises(services.OrderClosed, match="send the transfer back"):
            pay(order, reference="another")
    assert Payment.objects.count() == 1


def test_a_buyer_cancels_before_money_came_in_and_only_then():
    order = make_order()
    with pytest.raises(PermissionDenied):
        services.cancel_order(UserFactory(), order=order, cancelled_at=NOON)

    services.cancel_order(order.buyer, order=order, cancelled_at=NOON)
    again = services.cancel_order(order.buyer, order=order, cancelled_at=NOON + DAY)
    assert (again.state, again.closed_at) == (OrderState.CANCELLED, NOON)

    partly = make_order()
    pay(partly, 1, reference="P")
    with pytest.raises(services.OrderClosed, match="operator"):
        services.cancel_order(partly.buyer, order=partly, cancelled_at=NOON)
    partly.refresh_from_db()
    assert partly.state == OrderState.PARTIALLY_PAID


def test_rejecting_sets_held_money_free_and_tells_why():
    order, staff = make_order(), UserFactory(is_staff=True)
    pay(order, 40_00)
    with pytest.raises(Malformed, match=r"^reason: "):
        services.reject_transfer(staff, order=order, reason=" ", rejected_at=NOON)

    for _ in range(2):
        order = services.reject_transfer(
            staff, order=order, reason="Sender unknown", rejected_at=NOON + DAY
        )

    assert (order.state, order.closing_note) == (OrderState.REJECTED, "Sender unknown")
    assert (balance(PARTLY_PAID), balance(OVERPAID)) == (0, -40_00)
    assert Entry.objects.count() == 2


def test_a_fulfilled_order_is_not_rejected():
    order = make_order()
    pay(order)

    with pytest.raises(services.OrderClosed):
        services.reject_transfer(
            UserFactory(is_staff=True), order=order, reason="x", rejected_at=NOON
        )
    assert Entitlement.objects.filter(revoked_at__isnull=True).count() == 1


def test_unpaid_orders_expire_and_partly_paid_ones_wait_for_an_operator():
    unpaid, partly, paid, later = (make_order() for _ in range(4))
    pay(partly, 1, reference="P")
    pay(paid, reference="Q")
    Order.objects.filter(pk=later.pk).update(expires_at=NOON + 60 * DAY)

    assert services.expire_orders(NOON + PAY_WITHIN - DAY) == []
    assert services.expire_orders(NOON + PAY_WITHIN) == [unpaid.number]
    assert services.expire_orders(NOON + PAY_WITHIN) == []

    states = [Order.objects.get(pk=o.pk).state for o in (unpaid, partly, paid, later)]
    assert states == ["EXPIRED", "PARTIALLY_PAID", "FULFILLED", "AWAITING_PAYMENT"]
    record = AuditRecord.objects.get(act="expire_order")
    assert (record.actor, record.target_id) == (None, str(unpaid.pk))


def test_the_beat_task_expires_by_the_clock():
    order = make_order()  # placed in the past, so its time is over

    assert expire_unpaid_orders() == [order.number]


def test_currencies_without_cents_are_shared_out_too():
    offer = make_offer(currency="JPY", price_minor=1000, licence_id=COMMERCIAL)

    pay(make_order(offer))

    assert balance(CASH_BANK, "JPY") == 1000
    assert balance(PLATFORM_FEE, "JPY") == -50


@pytest.mark.parametrize(("fee_bps", "fee"), [(0, 0), (10_000, 100_00)])
def test_a_fee_of_nothing_or_all_still_balances(fee_bps, fee):
    order = make_order(fee_bps=fee_bps)

    pay(order)

    assert balance(PLATFORM_FEE) == -fee
    assert balance(CASH_BANK) == 100_00
    assert Entitlement.objects.count() == 1


def test_invariant_16_what_breaks_before_the_commit_leaves_nothing_and_the_retry_does_all():
    order = make_order()

    with transaction.atomic():
        pay(order)
        assert Entry.objects.exists()
        transaction.set_rollback(True)  # as when the process dies here
    order.refresh_from_db()
    assert order.state == OrderState.AWAITING_PAYMENT
    assert not Entry.objects.exists()
    assert not Payment.objects.exists()

    assert pay(order).state == OrderState.FULFILLED
    assert Entry.objects.count() == Entitlement.objects.count() == 1
