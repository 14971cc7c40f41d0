"""What two people do at the same moment happens once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from licensing import services
from licensing.conditions import Conditions
from licensing.freemium import Freemium, Rule
from licensing.models import (
    Acceptance,
    Derivation,
    Entitlement,
    Entry,
    FreePlace,
    LedgerLine,
    Order,
    Party,
    Payment,
    Seat,
    ShareSet,
)
from licensing.queries import ledger_balance
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
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
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run the acts in threads that start together; return what each gave or raised."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait()
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refusals(results):
    return [result for result in results if isinstance(result, DomainError)]


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


def test_two_derivations_at_once_close_no_cycle():
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


def test_no_more_seats_are_given_than_were_bought():
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


def test_two_hundred_orders_at_once_make_exactly_a_hundred_free():
    said = Freemium(Rule.FIRST_ORDERS, notice_days=0, places=100)
    offer = make_offer(price_minor=20_00, freemium=said)
    buyers = buyers_of(offer, 200)

    def order_for(some):
        return [
            services.place_order(
                buyer,
                offers=[offer],
                placed_at=timezone.now(),
                fee_bps=0,
                pay_within=PAY_WITHIN,
            )
            for buyer in some
        ]

    connections = 50  # of the hundred that a server takes
    shares = [buyers[start::connections] for start in range(connections)]
    results = at_once(*(lambda some=some: order_for(some) for some in shares))

    assert not refusals(results)
    prices = Counter(order.total_minor for placed in results for order in placed)
    assert prices == {0: 100, 20_00: 100}
    places = FreePlace.objects.order_by("number").values_list("number", flat=True)
    assert list(places) == list(range(1, 101))
    assert Entitlement.objects.count() == 100
    assert list(offer.prices.order_by("number").values_list("minor", flat=True)) == [
        0,
        20_00,
    ]
