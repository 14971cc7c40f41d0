import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from licensing import ledger, services
from licensing.ledger import Leg
from licensing.models import EntryKind, LedgerLine, Payout
from tests.factories.accounts import UserFactory
from tests.factories.licensing import NOON, make_order, pay
from tests.licensing.selling import HOLD, LATER, sold

pytestmark = pytest.mark.django_db


def checked():
    """Return the exit status, and what is said to be wrong."""
    told, wrong = io.StringIO(), io.StringIO()
    try:
        call_command("ledger_check", stdout=told, stderr=wrong)
    except CommandError as stopped:
        return stopped.returncode, wrong.getvalue().splitlines()
    assert "The books agree." in told.getvalue()
    return 0, wrong.getvalue().splitlines()


@pytest.fixture
def shop():
    """A shop in which a bit of everything happened."""
    order, parties = sold()
    staff = UserFactory(is_staff=True)
    services.refund(
        staff,
        order=order,
        amount_minor=100,
        reason="Sorry",
        revokes=False,
        key="r1",
        at=LATER,
    )
    services.record_payout(
        staff,
        party=parties[0],
        amount=services.Amount(400, "EUR"),
        bank_reference="OUT 1",
        paid_at=LATER,
        hold=HOLD,
    )
    pay(make_order(), 30_00, reference="RF 2")
    return order


def tamper(table, change):
    """Change what the walls keep, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(change)


def lines_of(key):
    return LedgerLine.objects.filter(entry__key=key)


def test_books_that_agree_pass(shop):
    assert checked() == (0, [])


def test_an_entry_that_does_not_balance_is_named_by_its_key(shop):
    line = lines_of("refund:r1").get(account__code="cash:bank")

    tamper(
        "licensing_ledgerline",
        f"UPDATE licensing_ledgerline SET minor = -101 WHERE id = {line.pk}",
    )

    status, wrong = checked()
    assert status == 1
    assert "refund:r1: sums to -1 EUR and not to zero" in wrong
    assert "r1: says 100 and books 101" in wrong


def test_an_entry_of_two_currencies_or_another_time_is_named(shop):
    pk = lines_of("refund:r1").get(account__code="cash:bank").pk

    tamper(
        "licensing_ledgerline",
        "UPDATE licensing_ledgerline SET currency = 'USD', "
        f"occurred_at = now() WHERE id = {pk}",
    )

    _, wrong = checked()
    assert "refund:r1: is of 2 currencies" in wrong
    assert "refund:r1: has lines of another time" in wrong


def test_a_payout_that_the_ledger_does_not_know_is_named(shop):
    tamper("licensing_payout", "UPDATE licensing_payout SET amount_minor = 401")

    account = ledger.payable(Payout.objects.get().party).code
    assert checked() == (
        1,
        [
            "transfer:OUT 1: says 401, books 400",
            f"{account}: 1 EUR paid out and not booked",
        ],
    )


def test_a_payment_that_the_ledger_does_not_know_is_named_by_its_order(shop):
    tamper(
        "licensing_payment",
        "UPDATE licensing_payment SET amount_minor = 999 WHERE reference = 'RF 1'",
    )

    assert checked() == (
        1,
        [
            f"{shop.number}: was paid 999 and books 1000 EUR",
            f"{shop.number}: should have 899 in cash and has 900 EUR",
        ],
    )


def test_who_gave_back_more_than_they_held_is_named(shop):
    line = shop.lines.get()
    ledger.post(
        key="by hand",
        kind=EntryKind.REFUND,
        legs=[
            Leg(ledger.account(ledger.PLATFORM_FEE), "EUR", 91, line),
            Leg(ledger.account(ledger.CASH_BANK), "EUR", -91),
        ],
        occurred_at=NOON,
        order=shop,
    )

    _, wrong = checked()
    assert f"{shop.number}: took 1 too much back from revenue:platform_fee" in wrong
    assert f"{shop.number}: should have 900 in cash and has 809 EUR" in wrong


def test_an_entry_without_lines_is_named(shop):
    pks = lines_of("refund:r1").values_list("pk", flat=True)

    tamper(
        "licensing_ledgerline",
        f"DELETE FROM licensing_ledgerline WHERE id IN ({', '.join(map(str, pks))})",
    )

    assert "refund:r1: has no lines" in checked()[1]
