import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from licensing import services
from licensing.models import Entitlement, Entry, OrderState, Refund, RefundLine
from licensing.queries import (
    access_to,
    faults_of_books,
    refundable_minor,
    returnable_minor,
)
from licensing.totals import Taxes
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import NOON, make_order, pay
from tests.licensing.selling import LATER, PAID_AT, books, owed, sold, sold_twice

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return UserFactory(is_staff=True)


def give_back(staff, order, amount_minor=None, *, key="r1", revokes=False, **changes):
    return services.refund(
        staff,
        order=order,
        amount_minor=amount_minor,
        reason=changes.pop("reason", "It was not as described."),
        revokes=revokes,
        key=key,
        at=LATER,
        **changes,
    )


def state_of(order):
    order.refresh_from_db()
    return order.state


def test_a_part_is_given_back_by_what_each_still_holds(staff):
    order, (a, b, c) = sold()

    made = give_back(staff, order, 400)

    assert books()["cash:bank"] == 600
    assert books()["revenue:platform_fee"] == -60
    assert owed(a, b, c) == [270, 162, 108]
    assert (made.amount_minor, made.tax_minor, made.entry.kind) == (400, 0, "REFUND")
    assert made.lines.get().amount_minor == 400
    assert state_of(order) == OrderState.PARTLY_REFUNDED
    assert refundable_minor(order) == 600
    assert AuditRecord.objects.filter(act="refund_order").count() == 1


def test_a_sale_with_tax_refunded_in_part_agrees_with_hand_calculation(staff):
    order, (a, b, c) = sold(
        taxes=Taxes({"GR": 2000}), wishes=services.Wishes(country="GR")
    )
    assert books() == {
        "cash:bank": 1200,
        "liability:tax:gr": -200,
        "revenue:platform_fee": -100,
        f"payable:{a.pk}": -450,
        f"payable:{b.pk}": -270,
        f"payable:{c.pk}": -180,
    }

    made = give_back(staff, order, 480)

    assert (made.amount_minor, made.tax_minor) == (480, 80)
    assert made.lines.get().tax_minor == 80
    assert books() == {
        "cash:bank": 720,
        "liability:tax:gr": -120,
        "revenue:platform_fee": -60,
        f"payable:{a.pk}": -270,
        f"payable:{b.pk}": -162,
        f"payable:{c.pk}": -108,
    }
    assert list(faults_of_books()) == []


def test_invariant_7_refunded_to_the_last_unit_nobody_holds_anything(staff):
    order, _ = sold(1000, parts=(1428, 4286, 4286), fee_bps=333)

    for n, minor in enumerate([3, 1, 1, 333, None]):
        give_back(staff, order, minor, key=f"r{n}")

    assert books() == {}
    assert state_of(order) == OrderState.REFUNDED
    assert list(faults_of_books()) == []


def test_it_is_for_the_lines_that_it_names(staff):
    order, (first, second) = sold_twice(100, 300)
    lines = {line.price_minor: line.pk for line in order.lines.all()}

    made = give_back(staff, order, by_line={lines[300]: 200}, revokes=True)

    assert owed(first, second) == [90, 90]
    assert made.lines.get().line_id == lines[300]
    revoked = Entitlement.objects.filter(revoked_at__isnull=False)
    assert [each.line_id for each in revoked] == [lines[300]]


def test_that_names_no_line_it_takes_back_the_access_to_all(staff):
    order, _ = sold_twice(100, 300)

    give_back(staff, order, 1, revokes=True)

    assert not Entitlement.objects.filter(revoked_at=None).exists()
    assert Entitlement.objects.filter(revoked_at=LATER).count() == 2


def test_invariant_6_no_line_gives_more_than_it_holds(staff):
    order, _ = sold_twice(100, 300)
    lines = {line.price_minor: line.pk for line in order.lines.all()}
    before = books()

    with pytest.raises(services.AboveHeld, match=r"1\.00 EUR is left"):
        give_back(staff, order, by_line={lines[100]: 101})

    assert books() == before


def test_invariant_8_never_more_than_is_held(staff):
    order, _ = sold()
    give_back(staff, order, 400)

    with pytest.raises(services.AboveHeld, match=r"6\.00 EUR is left to refund"):
        give_back(staff, order, 601, key="r2")

    assert books()["cash:bank"] == 600
    assert Refund.objects.count() == 1


def test_after_a_payout_a_party_owes_it_and_the_next_sale_is_set_off(staff):
    order, (a, _, _) = sold()
    services.record_payout(
        staff,
        party=a,
        amount=services.Amount(450, "EUR"),
        bank_reference="OUT 1",
        paid_at=LATER,
        hold=LATER - PAID_AT,
    )

    give_back(staff, order)

    assert owed(a) == [-450]
    next_one = make_order(order.lines.get().offer_version.offer, fee_bps=0)
    pay(next_one, reference="RF 2")
    assert owed(a) == [50]


def test_invariant_3_the_same_again_is_nothing_and_other_content_an_error(staff):
    order, _ = sold()
    first = give_back(staff, order, 400)

    assert give_back(staff, order, 400) == first
    for other in [
        {"amount_minor": 401},
        {"amount_minor": None},
        {"reason": "Another."},
        {"revokes": True},
        {"by_line": {order.lines.get().pk: 400}, "amount_minor": None},
    ]:
        with pytest.raises(services.OtherwiseTold):
            give_back(staff, order, other.pop("amount_minor", 400), **other)

    assert books()["cash:bank"] == 600
    assert (Refund.objects.count(), RefundLine.objects.count()) == (1, 1)


@pytest.mark.parametrize("revokes", [True, False])
def test_invariant_17_a_refund_says_whether_it_takes_the_access_and_the_buyer_sees_why(
    staff, revokes
):
    order, _ = sold()
    work = order.lines.get().offer_version.offer.work

    give_back(staff, order, revokes=revokes)

    access = access_to(work, user=order.buyer, at=LATER)
    assert access.allowed is not revokes
    assert ("It was not as described." in access.detail) is revokes
    assert access.code == ("access_stopped" if revokes else "ENTITLED")
    stranger = access_to(work, user=UserFactory(), at=LATER)
    assert stranger.code == "purchase_required"
    assert "described" not in stranger.detail


def test_what_was_never_paid_or_is_refunded_whole_has_nothing_to_refund(staff):
    unpaid = make_order()
    with pytest.raises(services.RefundBlocked):
        give_back(staff, unpaid)

    order, _ = sold()
    give_back(staff, order)
    with pytest.raises(services.RefundBlocked, match="nothing to refund"):
        give_back(staff, order, key="r2")
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"reason": "  "},
        {"key": ""},
        {"by_line": {}},
    ],
)
def test_what_is_malformed_is_refused(staff, wrong):
    order, _ = sold()

    with pytest.raises(Malformed):
        give_back(staff, order, wrong.pop("amount_minor", None), **wrong)
    assert not Refund.objects.exists()


def test_only_staff_refund(staff):
    order, _ = sold()

    with pytest.raises(PermissionDenied):
        give_back(order.buyer, order)
    assert not Refund.objects.exists()


def test_a_refund_that_does_not_arrive_is_held_and_returned_by_another_way(staff):
    order, _ = sold()
    made = give_back(staff, order)

    for _ in range(2):
        services.fail_refund(None, refund=made, at=LATER)

    assert books() == {"cash:bank": 1000, "suspense:overpaid": -1000}
    assert returnable_minor(order) == 1000
    services.return_money(
        staff, order=order, amount_minor=1000, reference="BACK 1", at=LATER
    )
    assert books() == {}
    assert state_of(order) == OrderState.REFUNDED
    assert list(faults_of_books()) == []


def test_what_came_in_too_much_is_returned_once_and_never_more(staff):
    order = make_order()
    pay(order, 120_00)
    facts = {"order": order, "reference": "back  1", "at": LATER}

    first = services.return_money(staff, amount_minor=15_00, **facts)

    assert services.return_money(staff, amount_minor=15_00, **facts) == first
    assert first.key == "return:BACK 1"
    with pytest.raises(services.AboveHeld, match=r"5\.00 EUR is held"):
        services.return_money(staff, **{**facts, "reference": "b"}, amount_minor=5_01)
    assert books()["suspense:overpaid"] == -5_00
    assert refundable_minor(order) == 100_00
    assert Entry.objects.filter(kind="RETURN").count() == 1
    assert list(faults_of_books()) == []


def test_money_of_a_rejected_order_is_returned(staff):
    order = make_order()
    pay(order, 30_00)
    services.reject_transfer(staff, order=order, reason="Sold out", rejected_at=NOON)

    with pytest.raises(PermissionDenied):
        services.return_money(
            order.buyer, order=order, amount_minor=30_00, reference="B", at=LATER
        )
    services.return_money(
        staff, order=order, amount_minor=30_00, reference="B", at=LATER
    )

    assert books() == {}


def test_the_reference_of_a_refund_is_told_once(staff):
    order, _ = sold()
    made = give_back(staff, order)

    for _ in range(2):
        told = services.confirm_refund(staff, refund=made, reference="OUT 7", at=LATER)
    assert told.reference == "OUT 7"

    with pytest.raises(services.OtherwiseTold):
        services.confirm_refund(staff, refund=made, reference="OUT 8", at=LATER)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE licensing_refund SET amount_minor = 1",
        "UPDATE licensing_refund SET reference = 'OUT 8'",
        "DELETE FROM licensing_refund",
        "UPDATE licensing_refundline SET amount_minor = amount_minor",
        "DELETE FROM licensing_refundline",
    ],
)
def test_the_database_itself_changes_no_refund(staff, change):
    order, _ = sold()
    made = give_back(staff, order)
    services.confirm_refund(staff, refund=made, reference="OUT 7", at=LATER)

    with (
        pytest.raises(IntegrityError, match=r"only added|told once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
    made.refresh_from_db()
    assert (made.amount_minor, made.reference) == (1000, "OUT 7")
