from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from licensing import services
from licensing.models import PaymentProvider, Payout
from licensing.queries import (
    PAYOUT_COLUMNS,
    faults_of_books,
    owed_now,
    payout_rows,
    payouts_due,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY, make_order, pay
from tests.licensing.selling import HOLD, LATER, books, owed, sold

pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def staff():
    return UserFactory(is_staff=True)


def pay_out(staff, party, minor=450, *, reference="OUT 1", at=LATER, currency="EUR"):
    return services.record_payout(
        staff,
        party=party,
        amount=services.Amount(minor, currency),
        bank_reference=reference,
        paid_at=at,
        hold=HOLD,
    )


def due(at=LATER, minimums=None):
    """Return what is to be paid, by party."""
    rows = payouts_due(at=at, hold=HOLD, minimums=minimums or {})
    return {row.party: row.due_minor for row in rows}


def test_what_was_earned_is_due_after_the_hold_and_not_a_moment_before():
    _, (a, b, c) = sold()

    assert due() == {a: 450, b: 270, c: 180}
    assert due(LATER - MOMENT) == {}
    waiting = owed_now(at=LATER - MOMENT, hold=HOLD)
    assert {row.party: row.waiting_minor for row in waiting} == {a: 450, b: 270, c: 180}


def test_less_than_the_least_waits_for_more():
    _, (a, b, _) = sold()

    assert due(minimums={"EUR": 270, "JPY": 1}) == {a: 450, b: 270}


def test_what_is_owed_is_read_in_two_queries(django_assert_num_queries):
    sold()
    sold(reference="RF 2")

    with django_assert_num_queries(2):
        assert len(owed_now(at=LATER, hold=HOLD)) == 6


def test_a_payout_is_recorded_once_with_its_reference(staff):
    _, (a, b, _) = sold()

    first = pay_out(staff, a)

    assert pay_out(staff, a, reference="out  1") == first
    assert (owed(a, b), books()["cash:bank"]) == ([0, 270], 550)
    assert due(LATER).get(a) is None
    assert AuditRecord.objects.filter(act="pay_out").count() == 1
    for party, minor in ((a, 449), (b, 270)):
        with pytest.raises(services.OtherwiseTold):
            pay_out(staff, party, minor)
    assert Payout.objects.count() == 1
    assert list(faults_of_books()) == []


def test_invariant_9_never_more_than_is_due(staff):
    _, (a, _, _) = sold()

    with pytest.raises(services.NotDue, match=r"4\.50 EUR is due to .*, not 4\.51 EUR"):
        pay_out(staff, a, 451)
    with pytest.raises(services.NotDue):
        pay_out(staff, a, at=LATER - MOMENT)
    with pytest.raises(services.NotDue):
        pay_out(staff, a, 1, currency="USD")
    assert not Payout.objects.exists()


def test_invariant_9_a_debt_is_set_off_against_what_is_sold_later(staff):
    order, (a, _, _) = sold()
    pay_out(staff, a)
    services.refund(
        staff,
        order=order,
        amount_minor=None,
        reason="Wrong",
        revokes=False,
        key="r",
        at=LATER,
    )
    assert [row.due_minor for row in owed_now(at=LATER, hold=HOLD)] == [-450]
    assert due() == {}

    pay(make_order(order.lines.get().offer_version.offer, fee_bps=0), reference="RF 2")

    assert due()[a] == 500 - 450
    with pytest.raises(services.NotDue):
        pay_out(staff, a, 51, reference="OUT 2")


def test_what_is_refunded_within_the_hold_takes_nothing_from_what_is_due(staff):
    first, (a, _, _) = sold()
    second = make_order(
        first.lines.get().offer_version.offer, placed_at=LATER, fee_bps=0
    )
    services.confirm_transfer(
        staff,
        order=second,
        bank_reference="RF 2",
        amount_minor=1000,
        received_on=LATER.date(),
        confirmed_at=LATER,
    )
    services.refund(
        staff,
        order=second,
        amount_minor=None,
        reason="Wrong",
        revokes=False,
        key="r",
        at=LATER,
    )

    assert due()[a] == 450


def test_what_is_disputed_is_not_paid_out(staff):
    order, (a, _, _) = sold()
    facts = {"order": order, "key": "dp", "amount_minor": 1000, "reason": "No"}
    services.open_dispute(None, **facts, at=LATER)

    assert due() == {}
    with pytest.raises(services.NotDue):
        pay_out(staff, a)

    services.close_dispute(None, **facts, won=True, at=LATER)
    assert due()[a] == 450


def test_one_that_fails_is_owed_again_once(staff):
    _, (a, _, _) = sold()
    before = books()
    failed = pay_out(staff, a)

    for _ in range(2):
        services.fail_payout(
            staff, payout=failed, reason="Account closed", failed_at=LATER
        )

    assert books() == before
    assert due()[a] == 450
    assert failed.entry.reversed_by.kind == "PAYOUT_FAILED"
    assert list(faults_of_books()) == []
    pay_out(staff, a, reference="OUT 2")
    assert owed(a) == [0]


def test_a_provider_sends_it_and_says_by_which_name():
    _, (a, _, _) = sold()
    facts = {
        "party": a,
        "amount": services.Amount(450, "EUR"),
        "provider": PaymentProvider.STRIPE,
        "key": "p1",
        "begun_at": LATER,
        "hold": HOLD,
    }
    begun = services.begin_payout(None, **facts)

    assert services.begin_payout(None, **facts) == begun
    assert books()["cash:stripe"] == -450
    for _ in range(2):
        services.confirm_payout(payout=begun, reference="tr_1")
    with pytest.raises(services.OtherwiseTold):
        services.confirm_payout(payout=begun, reference="tr_2")
    assert Payout.objects.get().reference == "tr_1"


@pytest.mark.parametrize(("minor", "reference"), [(0, "A"), (-1, "A"), (1, "  ")])
def test_what_is_malformed_is_refused(staff, minor, reference):
    _, (a, _, _) = sold()

    with pytest.raises(Malformed):
        pay_out(staff, a, minor, reference=reference)
    with pytest.raises(PermissionDenied):
        pay_out(a.user, a)
    assert not Payout.objects.exists()


def test_the_bookkeeper_reads_them_as_rows(staff):
    _, (a, b, _) = sold()
    pay_out(staff, a)
    failed = pay_out(staff, b, 270, reference="OUT 2", at=LATER + DAY)
    services.fail_payout(staff, payout=failed, reason="Closed", failed_at=LATER + DAY)

    assert len(PAYOUT_COLUMNS) == 9
    assert list(payout_rows(Payout.objects.all())) == [
        [*("2026-01-16", a.name, "EUR", "4.50", "MANUAL", "OUT 1", "PAID", "", "")],
        [
            *("2026-01-17", b.name, "EUR", "2.70", "MANUAL", "OUT 2", "FAILED"),
            *("2026-01-17", "Closed"),
        ],
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE licensing_payout SET amount_minor = 1",
        "UPDATE licensing_payout SET reference = 'OUT 2'",
        "UPDATE licensing_payout SET failed_because = 'Why not'",
        "DELETE FROM licensing_payout",
    ],
)
def test_the_database_itself_changes_no_payout(staff, change):
    _, (a, _, _) = sold()
    pay_out(staff, a)

    with (
        pytest.raises(IntegrityError, match=r"only added|told once|says_why"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
