from datetime import UTC, date, datetime

import pytest

from licensing import services
from licensing.models import Entitlement, Invoice, Order, OrderState, PriceKind, Usage
from licensing.queries import access_to, ledger_balance
from licensing.services import Asking
from licensing.services.metering import due_minor
from licensing.totals import NO_TAXES
from marketplace.accounts.models import Notice
from marketplace.kit.errors import Malformed
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    DAY,
    FEE_BPS,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    pay,
)
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

BY_USE = Asking(PriceKind.METERED, period="USE", cap_minor=20_00)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def held():
    """What is had by use from noon on: 5.00 EUR for 1,000 files, 20.00 a month at most."""
    order = make_order(make_offer(price_minor=5_00, asking=BY_USE))
    assert (order.state, order.total_minor) == (OrderState.FULFILLED, 0)
    return Entitlement.objects.get()


def take(held, count, *, at=NOON):
    services.record_use(
        held.line.order.buyer, work=held.offer.work, at=at, requests=count
    )


def bill(now=FEBRUARY):
    numbers = services.bill_usage(
        now, fee_bps=FEE_BPS, pay_within=PAY_WITHIN, taxes=NO_TAXES
    )
    return [Order.objects.get(number=number) for number in numbers]


def test_what_is_taken_is_ordered_once_after_the_month_and_shared_out(held, browser):
    assert held.ends_at is None
    take(held, 1)
    take(held, 1_500)
    take(held, 7, at=FEBRUARY)
    assert bill(FEBRUARY - DAY / 2) == []

    (order,) = bill()
    assert bill() == []

    assert (order.total_minor, order.buyer) == (7_50, held.line.order.buyer)
    assert Notice.objects.get().path == f"/orders/{order.number}"
    with pytest.raises(services.OrderClosed, match="used already"):
        services.cancel_order(order.buyer, order=order, cancelled_at=FEBRUARY)
    page = read(browser(order.buyer).get(f"/orders/{order.number}"))
    assert "What to do next" in page
    assert "Cancel this order" not in page
    pay(order)
    (item,) = Invoice.objects.get().content["items"]
    assert item["detail"].endswith(" · 1,501 files in January 2026")
    assert Entitlement.objects.count() == 1
    owed = ledger_balance(f"payable:{held.offer.work.owner_id}", currency="EUR")
    assert owed == -(7_50 - 37)
    kept = Usage.objects.filter(billed_at=None).values_list("month", "requests")
    assert list(kept) == [(date(2026, 2, 1), 7)]


def test_a_month_never_comes_to_more_than_its_cap_and_nothing_is_not_ordered(held):
    price = held.line.price_version
    assert [due_minor(price, requests) for requests in (1, 2, 4_000, 10**9)] == [
        0,
        1,
        20_00,
        20_00,
    ]

    take(held, 1)

    assert bill() == []
    assert Usage.objects.get().billed_at == FEBRUARY


def test_what_is_not_paid_ends_what_was_had(held):
    take(held, 1_000)
    (order,) = bill()

    services.expire_orders(FEBRUARY + PAY_WITHIN)

    held.refresh_from_db()
    assert held.ends_at == FEBRUARY + PAY_WITHIN
    assert held.stopped_because == "What was used was not paid."
    order.refresh_from_db()
    assert order.state == OrderState.EXPIRED
    with pytest.raises(services.OrderRefused, match=order.number):
        make_order(held.offer, order.buyer, placed_at=FEBRUARY + 2 * PAY_WITHIN)


def test_only_what_is_had_by_use_alone_is_counted(held):
    work, buyer = held.offer.work, held.line.order.buyer
    assert access_to(work, user=buyer, at=NOON).is_metered
    services.record_use(UserFactory(), work=work, at=NOON)
    assert not Usage.objects.exists()

    whole = make_offer(work, code="whole")
    pay(make_order(whole, buyer))

    assert not access_to(work, user=buyer, at=NOON + 2 * DAY).is_metered


def test_buyers_see_what_they_used_and_what_it_comes_to(held, browser, api):
    take(held, 2_000)
    buyer = held.line.order.buyer

    here = browser(buyer)
    page = read(here.get("/subscriptions"))
    (row,) = api(buyer).get("/api/v1/usage").json()["results"]

    assert "€\N{NO-BREAK SPACE}10.00" in page
    assert "After the month" in page
    assert (row["requests"], row["due"]["minor"], row["order"]) == (2_000, 10_00, None)
    (order,) = bill()
    assert "2,000 files in January 2026" in read(here.get(f"/orders/{order.number}"))
    offered = read(browser().get(f"/offers/{held.offer_id}"))
    assert "€\N{NO-BREAK SPACE}5.00 for 1,000 requests" in offered


@pytest.mark.parametrize(
    ("asking", "field"),
    [
        (Asking(PriceKind.METERED), "period"),
        (Asking(PriceKind.METERED, period="USE", cap_minor=0), "cap_minor"),
        (Asking(cap_minor=5), "cap_minor"),
    ],
)
def test_a_price_by_use_that_makes_no_sense_is_refused(asking, field):
    with pytest.raises(Malformed, match=f"^{field}:"):
        make_offer(asking=asking)
