from datetime import date

import pytest

from licensing import services
from licensing.queries import STATEMENT_COLUMNS, statement_rows, statements_of
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY, make_offer, make_order, make_work, pay
from tests.licensing.selling import HOLD, LATER, sold

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
IN_FEBRUARY = LATER + 30 * DAY


@pytest.fixture
def told():
    """An order sold and paid out in January, and refunded in February."""
    order, parties = sold()
    staff = UserFactory(is_staff=True)
    services.record_payout(
        staff,
        party=parties[0],
        amount=services.Amount(450, "EUR"),
        bank_reference="OUT 1",
        paid_at=LATER,
        hold=HOLD,
    )
    services.refund(
        staff,
        order=order,
        amount_minor=400,
        reason="Sorry",
        revokes=False,
        key="r1",
        at=IN_FEBRUARY,
    )
    return order, parties[0]


def sums(party, month):
    return [
        (
            one.currency,
            one.opening_minor,
            one.closing_minor - one.opening_minor,
            one.closing_minor,
        )
        for one in statements_of(party, month=month)
    ]


def test_one_month_closes_where_the_next_opens(told):
    _, party = told

    assert sums(party, date(2025, 12, 31)) == []
    assert sums(party, JANUARY) == [("EUR", 0, 0, 0)]
    assert sums(party, FEBRUARY) == [("EUR", 0, -180, -180)]
    assert sums(party, MARCH) == [("EUR", -180, 0, -180)]


def test_each_currency_has_a_statement_of_its_own(told):
    _, party = told
    work = make_offer(make_work(party), currency="JPY", price_minor=500)
    pay(make_order(work, fee_bps=0), reference="RF 2")

    assert sums(party, JANUARY) == [("EUR", 0, 0, 0), ("JPY", 0, 500, 500)]


def test_it_is_read_in_two_queries_line_by_line(told, django_assert_num_queries):
    order, party = told

    with django_assert_num_queries(2):
        (statement,) = statements_of(party, month=JANUARY)
        lines = list(statement.lines)
        read = [
            (line.entry.kind, line.entry.order and line.entry.order.number, -line.minor)
            for line in lines
        ]
    assert read == [("PAYMENT", order.number, 450), ("PAYOUT", None, -450)]


def test_the_bookkeeper_reads_it_with_a_running_balance(told):
    order, party = told
    (statement,) = statements_of(party, month=FEBRUARY)
    item = str(order.lines.get())

    assert len(STATEMENT_COLUMNS) == 7
    assert list(statement_rows(statement)) == [
        ["2026-02-01", "OPENING", "", "", "EUR", "0.00", "0.00"],
        ["2026-02-15", "REFUND", order.number, item, "EUR", "-1.80", "-1.80"],
        ["2026-02-28", "CLOSING", "", "", "EUR", "0.00", "-1.80"],
    ]
