from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from licensing import services
from licensing.conditions import Conditions
from licensing.models import (
    Entitlement,
    Invoice,
    LetterKind,
    Order,
    OrderState,
    PriceKind,
    Subscription,
)
from licensing.periods import end_of_period
from licensing.queries import entitlements_of, ledger_balance
from licensing.services import Asking
from licensing.services.subscriptions import GRACE
from licensing.totals import NO_TAXES
from marketplace.accounts.models import Notice
from marketplace.kit.errors import Malformed
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import (
    DAY,
    FEE_BPS,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    share,
)

pytestmark = pytest.mark.django_db

MONTHLY = Asking(PriceKind.RECURRING, period="MONTH")


def test_a_month_ends_on_its_day_or_the_last_of_a_shorter_one():
    start = datetime(2028, 1, 31, 12, tzinfo=UTC)

    ends = [end_of_period(start, period="MONTH", count=n) for n in (1, 2, 12, 13)]

    assert [(end.month, end.day, end.hour) for end in ends] == [
        (2, 29, 12),
        (3, 31, 12),
        (1, 31, 12),
        (2, 28, 12),
    ]
    assert end_of_period(ends[0], period="YEAR", count=1).date().isoformat() == (
        "2029-02-28"
    )


def paid(order, *, at):
    return services.confirm_transfer(
        UserFactory(is_staff=True),
        order=order,
        bank_reference=f"RF {order.number}",
        amount_minor=order.total_minor,
        received_on=at.date(),
        confirmed_at=at,
    )


def renew(now):
    numbers = services.renew_subscriptions(
        now, fee_bps=FEE_BPS, ahead=PAY_WITHIN, taxes=NO_TAXES
    )
    return [Order.objects.get(number=number) for number in numbers]


def has(user, offer, *, at):
    return entitlements_of(user, at=at).filter(offer=offer).exists()


@pytest.fixture
def begun():
    """A subscription from noon on, for 9.00 EUR a month."""
    offer = make_offer(price_minor=9_00, asking=MONTHLY)
    paid(make_order(offer), at=NOON)
    return Subscription.objects.get()


def test_what_recurs_is_had_for_its_period_and_renewed_before_the_end(begun):
    offer, buyer, owner = begun.offer, begun.buyer, begun.offer.work.owner
    assert begun.paid_until == datetime(2026, 2, 1, 12, tzinfo=UTC)
    assert Entitlement.objects.get().ends_at == begun.paid_until
    assert renew(NOON + 10 * DAY) == []
    services.change_price(
        owner.user, offer=offer, price_minor=99_00, currency="EUR", changed_at=NOON
    )
    share(offer.work, {owner.user: 5000, UserFactory(): 5000})

    (order,) = renew(begun.paid_until - 10 * DAY)
    assert renew(begun.paid_until - 9 * DAY) == []  # once

    assert (order.total_minor, order.buyer) == (9_00, buyer)
    assert order.expires_at == begun.paid_until + GRACE
    assert Notice.objects.get(person=buyer).path == f"/orders/{order.number}"
    letter = order.letters.get()
    assert (letter.kind, letter.due_at) == (LetterKind.PLACED, order.placed_at)
    assert has(buyer, offer, at=begun.paid_until + 3 * DAY)  # of grace
    paid(order, at=begun.paid_until + 3 * DAY)
    begun.refresh_from_db()
    assert begun.paid_until == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert has(buyer, offer, at=begun.paid_until - DAY)
    assert not has(buyer, offer, at=begun.paid_until + DAY)
    owed = ledger_balance(f"payable:{owner.pk}", currency="EUR")
    halves = {4_27, 4_28}  # of 8.55; who has the odd cent hangs on their ids
    assert -owed - 8_55 in halves  # the shares of now count for the second month


def test_what_is_not_paid_within_the_days_of_grace_ends(begun):
    (order,) = renew(begun.paid_until)
    late = order.expires_at

    services.expire_orders(late)
    assert renew(late) == []

    begun.refresh_from_db()
    assert (begun.stopped_because, begun.ended_at) == (
        "Its renewal was not paid.",
        late,
    )
    assert not has(begun.buyer, begun.offer, at=late)
    assert make_order(begun.offer, begun.buyer, placed_at=late + DAY).is_open


def test_who_stops_keeps_what_is_paid_and_no_renewal_waits(begun):
    (order,) = renew(begun.paid_until - DAY)
    with pytest.raises(PermissionDenied):
        services.stop_subscription(
            UserFactory(), subscription=begun, stopped_at=begun.paid_until
        )

    for _ in range(2):
        services.stop_subscription(
            begun.buyer, subscription=begun, stopped_at=begun.paid_until - DAY
        )

    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert Entitlement.objects.get().ends_at == begun.paid_until
    assert renew(begun.paid_until) == []
    begun.refresh_from_db()
    assert begun.ended_at == begun.paid_until


def test_cancelling_the_renewal_stops_and_a_partly_paid_one_is_the_operators(begun):
    (order,) = renew(begun.paid_until - DAY)
    services.confirm_transfer(
        UserFactory(is_staff=True),
        order=order,
        bank_reference="PART",
        amount_minor=1,
        received_on=NOON.date(),
        confirmed_at=begun.paid_until,
    )
    with pytest.raises(services.OrderClosed, match="partly paid"):
        services.stop_subscription(
            begun.buyer, subscription=begun, stopped_at=begun.paid_until
        )
    services.reject_transfer(
        UserFactory(is_staff=True),
        order=order,
        reason="x",
        rejected_at=begun.paid_until,
    )

    begun.refresh_from_db()
    assert begun.stopped_because == "Its renewal was rejected."


@pytest.mark.parametrize("undone", ["withdrawn", "revoked"])
def test_what_is_closed_or_taken_back_is_not_renewed(begun, undone):
    if undone == "withdrawn":
        services.withdraw_offer(
            begun.offer.work.owner.user, offer=begun.offer, withdrawn_at=NOON
        )
    else:
        Entitlement.objects.update(revoked_at=NOON + DAY)

    assert renew(begun.paid_until - DAY) == []

    begun.refresh_from_db()
    assert begun.stopped_because
    assert Order.objects.count() == 1


def test_what_is_paid_late_lasts_as_long_and_whole_months_follow_on_it(begun):
    (order,) = renew(begun.paid_until)
    for amount, reference in ((1, "PART"), (8_99, "REST")):
        late = begun.paid_until + 60 * DAY
        services.confirm_transfer(
            UserFactory(is_staff=True),
            order=order,
            bank_reference=reference,
            amount_minor=amount,
            received_on=NOON.date(),
            confirmed_at=late,
        )
    begun.refresh_from_db()
    ends = [begun.paid_until]
    assert ends == [late + 28 * DAY]  # as February has
    (item,) = Invoice.objects.latest("sequence").content["items"]
    assert item["detail"].endswith(" · 2 April 2026 to 30 April 2026")
    for _ in range(2):
        (order,) = renew(ends[-1] - DAY)
        paid(order, at=ends[-1] - DAY)
        begun.refresh_from_db()
        ends.append(begun.paid_until)
    assert [(end.month, end.day) for end in ends] == [(4, 30), (5, 30), (6, 30)]

    assert renew(ends[-1] + GRACE + DAY) == []

    begun.refresh_from_db()
    assert begun.stopped_because == "It was not renewed in time."


def test_who_has_a_seat_keeps_it_and_no_seat_is_had_twice_while_periods_meet():
    organisation = OrganisationFactory()
    owner = organisation.memberships.get().user
    offer = make_offer(price_minor=9_00, asking=MONTHLY, conditions=Conditions(seats=2))
    party = services.party_of(organisation.namespace)
    paid(make_order(offer, owner, holder=party), at=NOON)
    first = Entitlement.objects.get()
    services.assign_seat(owner, entitlement=first, user=owner, assigned_at=NOON)
    ends = Subscription.objects.get().paid_until

    (order,) = renew(ends - 5 * DAY)
    paid(order, at=ends - 2 * DAY)

    for at in (NOON, ends - DAY, ends, ends + DAY):
        assert entitlements_of(owner, at=at).count() == 1
    first.refresh_from_db()
    second = Entitlement.objects.get(line__order=order)
    assert (first.ends_at, second.granted_at, second.seats) == (ends, ends, 2)
    assert second.places.get().user == owner


def test_buyers_name_what_they_pay_from_the_least_on():
    asked = Asking(PriceKind.PAY_WHAT_YOU_WANT, suggested_minor=10_00)
    offer = make_offer(
        price_minor=2_00, asking=asked, licence_id="LicenseRef-Stoa-Commercial-1.0"
    )

    for amount in (None, 1_99, 10**13):
        with pytest.raises(Malformed, match="amounts"):
            make_order(offer, wishes=services.Wishes(amounts=named(offer, amount)))
    order = make_order(offer, wishes=services.Wishes(amounts={offer.pk: 7_00}))

    assert (order.total_minor, order.lines.get().price_version) == (7_00, offer.price)
    fixed = make_offer()
    with pytest.raises(Malformed, match="price of its own"):
        make_order(fixed, wishes=services.Wishes(amounts={fixed.pk: 1}))


def named(offer, amount):
    return {} if amount is None else {offer.pk: amount}


def test_what_may_be_had_for_nothing_is_granted_at_once():
    asked = Asking(PriceKind.PAY_WHAT_YOU_WANT, suggested_minor=10_00)
    offer = make_offer(price_minor=0, asking=asked)

    order = make_order(offer, wishes=services.Wishes(amounts={offer.pk: 0}))

    assert order.state == OrderState.FULFILLED
    assert offer.price.judged_minor == 10_00


@pytest.mark.parametrize(
    ("asking", "field"),
    [
        (Asking(PriceKind.PAY_WHAT_YOU_WANT), "suggested_minor"),
        (Asking(PriceKind.PAY_WHAT_YOU_WANT, suggested_minor=99), "suggested_minor"),
        (Asking(suggested_minor=1), "suggested_minor"),
        (Asking(period="MONTH"), "period"),
        (Asking(PriceKind.RECURRING, period="WEEK"), "period"),
    ],
)
def test_a_price_that_cannot_be_asked_for_so_is_refused(asking, field):
    with pytest.raises(Malformed, match=f"^{field}:"):
        make_offer(asking=asking)


def test_a_subscription_is_renewed_in_few_queries(begun, django_assert_max_num_queries):
    assert begun.paid_until - timedelta(days=1) > NOON

    with django_assert_max_num_queries(17):
        renew(begun.paid_until - DAY)
