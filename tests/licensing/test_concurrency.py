"""What two people do at the same moment happens once."""

from collections import Counter

import pytest
from django.utils import timezone

from licensing import services
from licensing.conditions import Conditions
from licensing.freemium import Freemium, Rule
from licensing.models import (
    Acceptance,
    Derivation,
    DiscountUse,
    Entitlement,
    FreePlace,
    Order,
    Party,
    PriceKind,
    Seat,
    ShareSet,
    Subscription,
    SubscriptionPeriod,
)
from licensing.totals import NO_TAXES
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import (
    DAY,
    FEE_BPS,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    make_work,
    pay,
)
from tests.licensing.racing import at_once, refusals
from tests.licensing.test_discounts import make_discount

CONNECTIONS = 50  # of the hundred that a server takes
PURCHASES = 1000
MOST_USES = 25

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("ledger_checked"),
]


def test_two_clicks_place_one_order():
    offer, buyer = make_offer(), UserFactory()
    services.party_of_user(buyer)
    services.accept_terms(buyer, offer=offer, accepted_at=NOON)

    results = at_once(*[lambda: make_order(offer, buyer)] * 3)

    assert len(refusals(results)) == 2
    assert Order.objects.count() == 1


def test_two_clicks_accept_once():
    offer, buyer = make_offer(), UserFactory()

    results = at_once(
        *[lambda: services.accept_terms(buyer, offer=offer, accepted_at=NOON)] * 3
    )

    assert not refusals(results)
    assert Acceptance.objects.count() == 1


def test_invariant_21_two_derivations_at_once_close_no_cycle():
    first, second = make_work(), make_work()

    def derive(work, source):
        return services.record_derivation(
            work.owner.user,
            work=work,
            source=source,
            relation="MERGE",
            changes="x",
            recorded_at=NOON,
        )

    results = at_once(lambda: derive(first, second), lambda: derive(second, first))

    (refused,) = refusals(results)
    assert isinstance(refused, services.LineageRefused)
    assert Derivation.objects.count() == 1


def test_two_proposals_at_once_leave_one_open():
    work, others = make_work(), UserFactory.create_batch(2)
    parties = [services.party_of_user(user) for user in others]

    results = at_once(
        *(
            lambda party=party: services.propose_shares(
                work.owner.user,
                work=work,
                basis_points={work.owner: 5000, party: 5000},
                proposed_at=NOON,
            )
            for party in parties
        )
    )

    assert not refusals(results)
    pending = ShareSet.objects.filter(work=work, active_from=None)
    assert pending.filter(closed_at=None).count() == 1
    assert pending.count() == 2


def test_invariant_19_no_more_seats_are_given_than_were_bought():
    organisation = OrganisationFactory()
    owner = organisation.memberships.get().user
    offer = make_offer(price_minor=0, conditions=Conditions(seats=2))
    services.accept_terms(owner, offer=offer, accepted_at=NOON)
    services.place_order(
        owner,
        offers=[offer],
        placed_at=NOON,
        fee_bps=0,
        pay_within=PAY_WITHIN,
        holder=services.party_of(organisation.namespace),
    )
    held = Entitlement.objects.get()
    people = [
        each.user
        for each in MembershipFactory.create_batch(4, organisation=organisation)
    ]

    results = at_once(
        *(
            lambda user=user: services.assign_seat(
                owner, entitlement=held, user=user, assigned_at=NOON
            )
            for user in people
        )
    )

    assert len(refusals(results)) == 2
    assert sorted(Seat.objects.values_list("number", flat=True)) == [1, 2]


def test_two_clicks_try_once():
    offer, user = make_offer(conditions=Conditions(trial_days=3)), UserFactory()
    services.party_of_user(user)
    services.accept_terms(user, offer=offer, accepted_at=NOON)

    results = at_once(
        *[lambda: services.start_trial(user, offer=offer, started_at=NOON)] * 3
    )

    assert len(refusals(results)) == 2
    assert Entitlement.objects.count() == 1


def buyers_of(offer, count):
    """People who have accepted the offer's terms, made a few statements at a time."""
    users = User.objects.bulk_create(
        User(username=f"buyer-{number}", email=f"buyer-{number}@example.org")
        for number in range(count)
    )
    Party.objects.bulk_create(Party(user=user, name=user.username) for user in users)
    Acceptance.objects.bulk_create(
        Acceptance(
            user=user,
            offer_version=offer.terms,
            licence_text=offer.terms.licence_text,
            accepted_at=NOON,
        )
        for user in users
    )
    return users


def ordered_at_once(buyers, offer, **more):
    """Let each order the offer, over as many connections as a server likes to take."""

    def order_for(some):
        return [_ordered(buyer, offer, more) for buyer in some]

    shares = [buyers[start::CONNECTIONS] for start in range(CONNECTIONS)]
    placed = at_once(*(lambda some=some: order_for(some) for some in shares))
    return [each for orders in placed for each in orders]


def _ordered(buyer, offer, more):
    try:
        return services.place_order(
            buyer,
            offers=[offer],
            placed_at=timezone.now(),
            fee_bps=FEE_BPS,
            pay_within=PAY_WITHIN,
            **more,
        )
    except DomainError as refusal:
        return refusal


def test_invariant_12_two_hundred_orders_at_once_make_exactly_a_hundred_free():
    said = Freemium(Rule.FIRST_ORDERS, notice_days=0, places=100)
    offer = make_offer(price_minor=20_00, freemium=said)
    buyers = buyers_of(offer, 200)

    results = ordered_at_once(buyers, offer)

    assert not refusals(results)
    prices = Counter(order.total_minor for order in results)
    assert prices == {0: 100, 20_00: 100}
    places = FreePlace.objects.order_by("number").values_list("number", flat=True)
    assert list(places) == list(range(1, 101))
    assert Entitlement.objects.count() == 100
    assert list(offer.prices.order_by("number").values_list("minor", flat=True)) == [
        0,
        20_00,
    ]


@pytest.mark.timeout(600)
def test_invariant_14_a_codes_uses_never_pass_its_maximum_and_those_refused_buy_nothing():
    offer = make_offer(price_minor=20_00)
    discount = make_discount(offer, code="FEWER", max_uses=MOST_USES)
    buyers = buyers_of(offer, PURCHASES)

    results = ordered_at_once(buyers, offer, wishes=services.Wishes(code="fewer"))

    refused = refusals(results)
    assert {type(refusal) for refusal in refused} == {services.DiscountRefused}
    assert len(refused) == PURCHASES - MOST_USES
    discount.refresh_from_db()
    assert discount.uses == DiscountUse.objects.count() == MOST_USES
    assert {order.total_minor for order in Order.objects.all()} == {16_00}
    assert Order.objects.count() == MOST_USES

    orders = list(Order.objects.all())
    at_once(
        lambda: services.expire_orders(timezone.now() + 2 * PAY_WITHIN),
        *(
            lambda order=order: services.cancel_order(
                order.buyer, order=order, cancelled_at=timezone.now()
            )
            for order in orders
        ),
    )
    discount.refresh_from_db()
    assert discount.uses == 0  # each given back once


def test_invariant_14_nobody_uses_a_code_more_often_than_one_may():
    first, second, buyer = make_offer(), make_offer(), UserFactory()
    make_discount(code="ONE-EACH", max_uses_each=1)
    services.party_of_user(buyer)
    for offer in (first, second):
        services.accept_terms(buyer, offer=offer, accepted_at=NOON)

    results = at_once(
        *(
            lambda offer=offer: _ordered(
                buyer, offer, {"wishes": services.Wishes(code="ONE-EACH")}
            )
            for offer in (first, second)
        )
    )

    assert len(refusals(results)) == 1
    assert DiscountUse.objects.count() == Order.objects.count() == 1


def test_two_workers_order_one_cart_once():
    user, offers = UserFactory(), [make_offer(), make_offer()]
    for offer in offers:
        services.accept_terms(user, offer=offer, accepted_at=NOON)
        services.put_in_cart(user, offer=offer, at=NOON)

    results = at_once(
        *[
            lambda: services.order_cart(
                user,
                ordered_at=NOON,
                fee_bps=0,
                pay_within=PAY_WITHIN,
                taxes=NO_TAXES,
            )
        ]
        * 3
    )

    assert {type(refusal) for refusal in refusals(results)} == {services.CartEmpty}
    assert Order.objects.get().lines.count() == 2


def test_two_workers_renew_a_subscription_once():
    asking = services.Asking(PriceKind.RECURRING, period="MONTH")
    pay(make_order(make_offer(asking=asking)))
    due = Subscription.objects.get().paid_until - DAY

    at_once(
        *[
            lambda: services.renew_subscriptions(
                due, fee_bps=0, ahead=PAY_WITHIN, taxes=NO_TAXES
            )
        ]
        * 3
    )

    assert SubscriptionPeriod.objects.count() == Order.objects.count() == 2
