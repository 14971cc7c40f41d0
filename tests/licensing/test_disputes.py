import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from licensing import services
from licensing.models import Dispute, Entitlement, Order, OrderState
from licensing.queries import access_to, faults_of_books
from marketplace.kit.errors import Malformed
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_order, pay
from tests.licensing.selling import LATER, booked, books, ordered, owed, sold

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return UserFactory(is_staff=True)


def tell(act, order, *, by=None, key="stripe:dp_1", amount_minor=1000, **more):
    return act(
        by,
        order=order,
        key=key,
        amount_minor=amount_minor,
        reason=more.pop("reason", "Not recognised."),
        at=LATER,
        **more,
    )


def opened(order, **more):
    return tell(services.open_dispute, order, **more)


def closed(order, *, won, **more):
    return tell(services.close_dispute, order, won=won, **more)


def access_of(order):
    work = order.lines.get().offer_version.offer.work
    return access_to(work, user=order.buyer, at=LATER)


def state_of(order):
    return Order.objects.get(pk=order.pk).state


def test_invariant_17_while_it_is_disputed_the_money_waits_and_the_access_too(staff):
    order, parties = sold()

    opened(order)

    assert books()["suspense:dispute"] == 1000
    assert "cash:bank" not in books()
    assert owed(*parties) == [450, 270, 180]
    assert state_of(order) == OrderState.DISPUTED
    access = access_of(order)
    assert (access.allowed, access.code) == (False, "access_stopped")
    assert "Disputed: Not recognised." in access.detail
    with pytest.raises(services.RefundBlocked, match="disputed"):
        services.refund(
            staff,
            order=order,
            amount_minor=1,
            reason="No",
            revokes=False,
            key="r",
            at=LATER,
        )
    assert list(faults_of_books()) == []


def test_won_everything_is_as_it_was():
    order, _ = sold()
    before = books()
    opened(order)

    won = closed(order, won=True)

    assert books() == before
    assert state_of(order) == OrderState.FULFILLED
    assert access_of(order).code == "ENTITLED"
    assert Entitlement.objects.get().stopped_because == ""
    assert won.closed_at == LATER
    assert list(faults_of_books()) == []


def test_lost_it_is_given_by_what_each_holds_and_the_access_ends():
    order, parties = sold()
    opened(order, amount_minor=400)

    closed(order, won=False, amount_minor=400)

    assert books()["cash:bank"] == 600
    assert books()["revenue:platform_fee"] == -60
    assert owed(*parties) == [270, 162, 108]
    assert "suspense:dispute" not in books()
    assert state_of(order) == OrderState.LOST
    access = access_of(order)
    assert access.code == "access_stopped"
    assert "Lost in a dispute: Not recognised." in access.detail
    assert list(faults_of_books()) == []


def test_what_nobody_holds_any_more_is_our_loss(staff):
    order, parties = sold()
    services.refund(
        staff,
        order=order,
        amount_minor=700,
        reason="Sorry",
        revokes=False,
        key="r",
        at=LATER,
    )

    closed(order, won=False)

    assert owed(*parties) == [0, 0, 0]
    assert books() == {"cash:bank": -700, "expense:dispute": 700}
    assert list(faults_of_books()) == []


def test_one_of_two_that_is_won_leaves_the_other_open():
    order, _ = sold()
    opened(order, amount_minor=300)
    opened(order, key="stripe:dp_2", amount_minor=700)

    closed(order, won=True, amount_minor=300)
    assert state_of(order) == OrderState.DISPUTED
    assert access_of(order).code == "access_stopped"

    closed(order, won=True, key="stripe:dp_2", amount_minor=700)
    assert state_of(order) == OrderState.FULFILLED
    assert access_of(order).code == "ENTITLED"


def test_told_otherwise_it_is_refused():
    order, _ = sold()
    other, _ = sold(reference="RF 2")
    opened(order)
    closed(order, won=True)
    before = booked()

    for act, told, more in [
        (opened, other, {}),
        (opened, order, {"amount_minor": 999}),
        (closed, order, {"won": False}),
    ]:
        with pytest.raises(services.OtherwiseTold):
            act(told, **more)
    assert booked() == before


def test_what_is_not_paid_or_cost_nothing_cannot_be_disputed():
    for order in [make_order(), ordered(0, parts=(10_000,))[0]]:
        with pytest.raises(services.NotSettled):
            opened(order)
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("wrong", [{"key": ""}, {"reason": " "}, {"amount_minor": 0}])
def test_what_is_malformed_is_refused(wrong):
    order, _ = sold()

    with pytest.raises(Malformed):
        opened(order, **wrong)
    assert not Dispute.objects.exists()


def test_of_people_only_staff_tell_of_disputes(staff):
    order, _ = sold()

    for act in (opened, lambda *of, **more: closed(*of, won=True, **more)):
        with pytest.raises(PermissionDenied):
            act(order, by=order.buyer)
    assert not Dispute.objects.exists()
    assert opened(order, by=staff).opened_by == staff


@pytest.mark.parametrize("won", [True, False])
def test_invariant_15_any_order_and_multiplicity_of_messages_ends_in_one_state(won):
    """Invariant 15, and of the entitlement 17."""
    order, _ = ordered(1000)
    straight = [
        lambda: pay(order, 1000),
        lambda: opened(order, amount_minor=777),
        lambda: closed(order, won=won, amount_minor=777),
    ]

    def ending(way):
        with transaction.atomic():
            while way:
                message = way.pop(0)
                try:
                    message()
                except services.NotSettled:
                    way.append(message)  # as an inbox does: again later
            held = Entitlement.objects.get()
            end = (
                *(state_of(order), booked(), Dispute.objects.get().state),
                *(held.suspended_at, held.revoked_at, held.stopped_because),
                [fault.words for fault in faults_of_books()],
            )
            transaction.set_rollback(True)
        return end

    wanted = ending([*straight])
    assert wanted[0] == (OrderState.FULFILLED if won else OrderState.LOST)
    assert wanted[-1] == []

    @settings(max_examples=8, deadline=None)
    @given(
        way=st.lists(st.sampled_from(straight), max_size=4).flatmap(
            lambda more: st.permutations([*straight, *more])
        )
    )
    def in_any_order(way):
        assert ending([*way]) == wanted

    in_any_order()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE licensing_dispute SET amount_minor = 1",
        "UPDATE licensing_dispute SET state = 'WON'",
        "DELETE FROM licensing_dispute",
    ],
)
def test_the_database_itself_changes_no_dispute_that_is_decided(change):
    order, _ = sold()
    closed(order, won=False)

    with (
        pytest.raises(IntegrityError, match=r"only added|told once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
    assert Dispute.objects.get().state == "LOST"


def test_nobody_tells_of_a_dispute_over_more_than_was_paid(staff):
    order, _ = sold()
    with pytest.raises(Malformed, match="amount_minor"):
        opened(order, by=staff, amount_minor=order.paid_minor + 1)
