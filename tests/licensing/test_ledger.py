from fractions import Fraction

import pytest
from django.db import IntegrityError, connection, transaction

from licensing import ledger
from licensing.ledger import AlreadyPosted, Leg
from licensing.models import Conversion, Entry, EntryKind, LedgerLine, Party
from licensing.queries import ledger_balance, ledger_balances, owed_to
from tests.factories.licensing import (
    DAY,
    NOON,
    PartyFactory,
    make_offer,
    make_order,
    pay,
)

pytestmark = pytest.mark.django_db


def post(minor=100, *, key="fact", to=ledger.OVERPAID, currency="EUR"):
    return ledger.post(
        key=key,
        kind=EntryKind.PAYMENT,
        legs=[
            Leg(ledger.account(ledger.CASH_BANK), currency, minor),
            Leg(ledger.account(to), currency, -minor),
        ],
        occurred_at=NOON,
    )


def check_deferred():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_invariant_3_the_same_key_and_content_are_recorded_once():
    assert post() == post()
    assert Entry.objects.count() == 1
    assert ledger_balance(ledger.CASH_BANK, currency="EUR") == 100


@pytest.mark.parametrize(
    "other",
    [{"minor": 101}, {"to": ledger.PARTLY_PAID}, {"currency": "USD"}],
)
def test_invariant_3_the_same_key_with_other_content_is_refused(other):
    post()

    with pytest.raises(AlreadyPosted):
        post(**other)
    assert ledger_balance(ledger.CASH_BANK, currency="EUR") == 100
    assert LedgerLine.objects.count() == 2


@pytest.mark.parametrize("minors", [[], [0, 0], [1, -2], [5]])
def test_legs_that_do_not_balance_are_a_bug(minors):
    legs = [
        Leg(ledger.account(f"cash:test{n}"), "EUR", minor)
        for n, minor in enumerate(minors)
    ]
    with pytest.raises(ValueError, match="unbalanced"):
        ledger.post(key="x", kind=EntryKind.PAYMENT, legs=legs, occurred_at=NOON)
    assert not Entry.objects.exists()


def test_each_currency_balances_by_itself():
    cash, over = ledger.account(ledger.CASH_BANK), ledger.account(ledger.OVERPAID)

    with pytest.raises(ValueError, match="unbalanced"):
        ledger.post(
            key="x",
            kind=EntryKind.PAYMENT,
            legs=[Leg(cash, "EUR", 5), Leg(over, "USD", -5)],
            occurred_at=NOON,
        )


def test_legs_on_one_account_are_added_up():
    cash, over = ledger.account(ledger.CASH_BANK), ledger.account(ledger.OVERPAID)

    entry = ledger.post(
        key="x",
        kind=EntryKind.PAYMENT,
        legs=[Leg(cash, "EUR", 5), Leg(cash, "EUR", 2), Leg(over, "EUR", -7)],
        occurred_at=NOON,
    )

    assert sorted(entry.lines.values_list("minor", flat=True)) == [-7, 7]


def test_a_party_has_one_payable_account():
    party = PartyFactory()

    assert ledger.payable(party) == ledger.payable(party)
    assert ledger.payable(party).code == f"payable:{party.pk}"


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("licensing_entry", "key = key"),
        ("licensing_ledgerline", "currency = currency"),
        ("licensing_acceptance", "accepted_at = now()"),
        ("licensing_payment", "reference = reference"),
        ("licensing_orderline", "work_title = work_title"),
        ("licensing_offerversion", "title = title"),
        ("licensing_priceversion", "currency = currency"),
        ("licensing_offerconsent", "consented_at = consented_at"),
        ("licensing_share", "basis_points = basis_points"),
        ("licensing_shareacceptance", "statement_sha256 = statement_sha256"),
        ("licensing_licencetext", "body = body"),
    ],
)
@pytest.mark.parametrize("act", ["UPDATE", "DELETE"])
def test_invariant_2_rows_that_bear_witness_are_never_changed_or_removed(
    table, change, act
):
    pay(make_order())
    statement = {
        "UPDATE": f"UPDATE {table} SET {change}",
        "DELETE": f"DELETE FROM {table}",
    }[act]

    with (
        pytest.raises(IntegrityError, match="only added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_invariant_1_the_database_itself_refuses_an_entry_that_does_not_sum_to_zero():
    entry = post()
    LedgerLine.objects.create(
        entry=entry,
        account=ledger.account("cash:till"),
        currency="EUR",
        minor=1,
        occurred_at=NOON,
    )

    with pytest.raises(IntegrityError, match="does not sum to zero"):
        check_deferred()


def test_the_database_itself_refuses_an_entry_without_lines():
    Entry.objects.create(
        key="bare", kind=EntryKind.PAYMENT, content_sha256="", occurred_at=NOON
    )

    with pytest.raises(IntegrityError, match="has no lines"):
        check_deferred()


def convert(rate=Fraction(11, 10), *, key="change", minor=101):
    return ledger.convert(
        None,
        key=key,
        at=ledger.account(ledger.CASH_STRIPE),
        paid=(minor, "EUR"),
        rate=rate,
        into="JPY",
        converted_at=NOON,
    )


def test_a_conversion_is_an_entry_of_its_own_at_a_ratio_rounded_down():
    entry = convert()

    check_deferred()
    assert convert() == entry
    assert str(entry.conversion) == "101 EUR to 111 JPY"
    assert [(b.account, b.currency, b.minor) for b in ledger_balances()] == [
        ("cash:stripe", "EUR", -101),
        ("cash:stripe", "JPY", 111),
        ("exchange:changed", "EUR", 101),
        ("exchange:changed", "JPY", -111),
    ]


@pytest.mark.parametrize("other", [Fraction(11, 10) + Fraction(1, 10**6), Fraction(2)])
def test_a_conversion_at_another_rate_is_refused_under_its_key(other):
    convert()

    with pytest.raises(AlreadyPosted):
        convert(other)


def test_a_conversion_that_gives_nothing_is_a_bug():
    with pytest.raises(ValueError, match="no conversion"):
        convert(Fraction(1, 102))


@pytest.mark.parametrize("kind", [EntryKind.PAYMENT, EntryKind.CONVERSION])
def test_the_database_itself_refuses_a_conversion_within_another_entry(kind):
    entry = Entry.objects.create(
        key="both", kind=kind, content_sha256="", occurred_at=NOON
    )
    for currency in ("EUR", "JPY"):
        for code, minor in ((ledger.CASH_BANK, 5), (ledger.CHANGED, -5)):
            LedgerLine.objects.create(
                entry=entry,
                account=ledger.account(code),
                currency=currency,
                minor=minor,
                occurred_at=NOON,
            )

    with pytest.raises(IntegrityError, match="conver"):
        check_deferred()


@pytest.mark.parametrize("to_minor", [110, 112])
def test_the_database_itself_refuses_another_rounding(to_minor):
    entry = convert()

    with pytest.raises(IntegrityError, match="rounded_down"), transaction.atomic():
        Conversion.objects.create(
            entry=post(),
            **{
                field: getattr(entry.conversion, field)
                for field in (
                    *("from_currency", "from_minor", "to_currency"),
                    *("rate_numerator", "rate_denominator"),
                )
            },
            to_minor=to_minor,
        )


def test_the_database_itself_refuses_a_line_of_another_time_than_its_entry():
    entry = post()
    for code, minor in ((ledger.CASH_BANK, 1), ("cash:till", -1)):
        LedgerLine.objects.create(
            entry=entry,
            account=ledger.account(code),
            order_line=make_order().lines.get(),
            currency="EUR",
            minor=minor,
            occurred_at=NOON + DAY,
        )

    with pytest.raises(IntegrityError, match="another time"):
        check_deferred()


def test_a_line_of_nothing_is_refused():
    entry = post()

    with pytest.raises(IntegrityError, match="not_zero"), transaction.atomic():
        LedgerLine.objects.create(
            entry=entry,
            account=ledger.account("cash:till"),
            currency="EUR",
            minor=0,
            occurred_at=NOON,
        )


def test_balances_add_up_by_account_and_currency():
    post(100, key="a")
    post(250, key="b")
    post(7, key="c", currency="JPY")

    assert [(b.account, b.currency, b.minor) for b in ledger_balances()] == [
        ("cash:bank", "EUR", 350),
        ("cash:bank", "JPY", 7),
        ("suspense:overpaid", "EUR", -350),
        ("suspense:overpaid", "JPY", -7),
    ]


def test_what_is_owed_adds_up_by_party(django_assert_num_queries):
    buyer = make_order().buyer
    pay(buyer.orders.get())
    pay(make_order(make_offer(code="more")), reference="another")
    owner = Entry.objects.first().lines.exclude(account__party=None).get().account.party

    with django_assert_num_queries(1):
        owed = owed_to(Party.objects.all())

    assert [balance.minor for balance in owed] == [95_00, 95_00]
    assert ledger_balance(f"payable:{owner.pk}", currency="EUR") == -95_00
