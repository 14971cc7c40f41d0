"""Money of many orders told of together: as if each were told of alone."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from licensing import ledger, services
from licensing.ledger import AlreadyPosted, Leg, Posting
from licensing.models import (
    Entitlement,
    Entry,
    EntryKind,
    Invoice,
    LedgerLine,
    Order,
    OrderLetter,
    PaperSeries,
    Payment,
    PriceKind,
)
from licensing.queries import faults_of_books
from licensing.services.settlement import settle_all
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, make_order, make_work, share
from tests.licensing.cards import received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_checked")]
PAID_AT = datetime(2026, 1, 3, 12, tzinfo=UTC)


@pytest.fixture
def orders():
    """Orders of two works, of an owner and of three, one by the month, one in yen."""
    owners = UserFactory.create_batch(3)
    shared = make_work(owners[0])
    offer = make_offer(shared, price_minor=100_01)
    share(shared, dict(zip(owners, (1428, 4286, 4286), strict=True)))
    for owner in owners[1:]:
        services.accept_offer(owner, offer=offer, accepted_at=offer.drafted_at)
    monthly = services.Asking(PriceKind.RECURRING, period="MONTH")
    recurring = make_offer(asking=monthly)
    in_yen = make_offer(price_minor=1999, currency="JPY")
    return [
        make_order(each) for each in [offer, recurring, in_yen, offer, offer, offer]
    ]


def told_of(orders):
    """In full, too much, in two parts, twice, and for an order that is closed."""
    whole, monthly, yen, over, parts, closed = orders
    services.cancel_order(closed.buyer, order=closed, cancelled_at=PAID_AT)
    return [
        received(whole),
        received(monthly),
        received(yen),
        received(over, 120_00),
        received(parts, 40_00, reference="pi_a"),
        received(whole),
        received(parts, 70_00, reference="PI_b"),
        received(closed),
    ]


def where_all_stands():
    """All that settling writes, but for the ids of its rows."""
    lines = LedgerLine.objects.values_list(
        "entry__key",
        "entry__kind",
        "entry__content_sha256",
        "account__code",
        "currency",
        "minor",
        "order_line",
        "occurred_at",
    )
    papers = Invoice.objects.values_list(
        "order", "entry__key", "total_minor", "tax_minor", "issued_at"
    )
    payments = Payment.objects.values_list("order", "reference", "amount_minor")
    granted = Entitlement.objects.values_list(
        "line",
        "offer",
        "holder",
        "granted_at",
        "ends_at",
        "covers_until",
        "seats",
        "line__period__number",
    )
    orders = Order.objects.values_list("number", "state", "paid_minor", "closed_at")
    letters = OrderLetter.objects.values_list("order", "kind", "due_at")
    rows = [lines, papers, payments, granted, orders, letters]
    return [sorted(each, key=str) for each in rows]


def test_many_orders_settled_together_end_where_each_alone_does(orders):
    money = told_of(orders)
    with transaction.atomic():
        alone = [settle_all([each], at=PAID_AT)[0] for each in money]
        apart = where_all_stands()
        words = [without_number(each) for each in Invoice.objects.order_by("order")]
        transaction.set_rollback(True)

    together = settle_all(money, at=PAID_AT)

    assert where_all_stands() == apart
    assert [without_number(one) for one in Invoice.objects.order_by("order")] == words
    for one, other in zip(together, alone, strict=True):
        assert (one.order, one.surplus_minor) == (other.order, other.surplus_minor)
        assert (one.is_new, one.payment.reference) == (
            other.is_new,
            other.payment.reference,
        )
        one.order.refresh_from_db()
    assert [one.surplus_minor for one in together] == [
        0,
        0,
        0,
        19_99,
        0,
        0,
        9_99,
        100_01,
    ]
    assert [one.is_new for one in together] == [*[True] * 5, False, True, True]
    assert list(
        Invoice.objects.order_by("sequence").values_list("number", flat=True)
    ) == [f"ST-2026-0000{number}" for number in range(1, 6)]
    assert PaperSeries.objects.get().last == 5
    assert list(faults_of_books()) == []


def without_number(invoice):
    return invoice.content | {"number": ""}


def test_the_same_told_together_again_changes_nothing(orders):
    money = told_of(orders)
    settle_all(money, at=PAID_AT)
    before = where_all_stands()

    again = settle_all(money, at=PAID_AT)

    assert not any(one.is_new or one.surplus_minor for one in again)
    assert where_all_stands() == before


def test_one_that_is_refused_refuses_all_that_is_told_with_it(orders):
    whole, *_, other = orders
    before = where_all_stands()
    twice = [received(whole), received(other, reference=f"PI_{whole.number}")]

    with pytest.raises(services.ReferenceUsed, match=whole.number):
        settle_all(twice, at=PAID_AT)
    with pytest.raises(services.ReferenceUsed):
        settle_all([received(whole), received(whole, 1)], at=PAID_AT)

    assert where_all_stands() == before


@pytest.mark.parametrize("count", [1, 10])
def test_settling_costs_as_many_queries_for_one_as_for_many(
    count, django_assert_num_queries
):
    offer, co_owner = make_offer(), UserFactory()
    share(offer.work, {offer.work.owner.user: 7000, co_owner: 3000})
    first, *orders = [make_order(offer) for _ in range(count + 1)]
    settle_all([received(first)], at=PAID_AT)  # accounts and the series are there

    with django_assert_num_queries(15 + 2):  # and the savepoint's two
        settle_all([received(order) for order in orders], at=PAID_AT)

    assert Invoice.objects.count() == count + 1


def test_entries_posted_together_are_each_recorded_once():
    def posting(key, minor):
        return Posting(
            key=key,
            kind=EntryKind.RELEASE,
            legs=[
                Leg(ledger.PARTLY_PAID, "EUR", minor),
                Leg(ledger.OVERPAID, "EUR", -minor),
            ],
            occurred_at=PAID_AT,
        )

    ledger.post_all([posting("a", 1)])
    one, two, three = ledger.post_all(
        [posting("a", 1), posting("b", 2), posting("b", 2)]
    )

    assert two == three != one
    assert Entry.objects.count() == 2
    assert LedgerLine.objects.count() == 4
    with pytest.raises(AlreadyPosted, match="b is in the ledger"), transaction.atomic():
        ledger.post_all([posting("c", 1), posting("b", 3)])
    assert Entry.objects.count() == 2
