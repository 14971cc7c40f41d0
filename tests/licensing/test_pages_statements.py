"""A seller's statement, balances and payouts, as their pages, files and API tell them."""

import csv
import io
from datetime import timedelta

import pytest

from licensing import services
from licensing.models import Order
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY
from tests.licensing.reading import read
from tests.licensing.selling import HOLD, LATER, PAID_AT, sold

pytestmark = pytest.mark.django_db

LIMITS = 1


@pytest.fixture
def seller():
    """Return who sold in January for 4.50, gave 1.80 back, and was paid 2.00."""
    order, (party, *_) = sold()
    staff = UserFactory(is_staff=True)
    services.refund(
        *(staff,),
        order=order,
        amount_minor=400,
        reason="Late",
        revokes=False,
        key="k",
        at=PAID_AT + DAY,
    )
    services.record_payout(
        staff,
        party=party,
        amount=services.Amount(200, "EUR"),
        bank_reference="=OUT 1",
        paid_at=LATER + timedelta(days=20),
        hold=HOLD,
    )
    return party.user


def rows_of(answer):
    text = b"".join(answer.streaming_content).decode()
    return [list(row.values()) for row in csv.DictReader(io.StringIO(text))]


def test_a_statement_goes_from_one_balance_to_the_next(api, browser, seller):
    page = read(browser(seller).get("/earnings/statement?month=2026-01"))
    rows = rows_of(browser(seller).get("/earnings/statement.csv?month=2026-01"))
    told = api(seller).get("/api/v1/earnings/statements?month=2026-01").json()

    for words in (
        "January 2026",
        "€\N{NO-BREAK SPACE}4.50",
        "−€\N{NO-BREAK SPACE}1.80",
    ):
        assert words in page
    assert [row[1] for row in rows] == ["OPENING", "PAYMENT", "REFUND", "CLOSING"]
    assert [row[5:] for row in rows[1:3]] == [["4.50", "4.50"], ["-1.80", "2.70"]]
    statement = told["results"][0]
    assert (statement["opening_minor"], statement["closing_minor"]) == (0, 270)
    assert [each["minor"] for each in statement["sums"]] == [450, -180]
    later = read(browser(seller).get("/earnings/statement?month=2026-02"))
    assert "€\N{NO-BREAK SPACE}2.70" in later
    assert "Paid out" in later
    assert "Nothing moved" in read(
        browser(seller).get("/earnings/statement?month=2025-12")
    )


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-1", "\0", "1999-01"])
def test_a_month_that_is_none_is_refused(api, browser, month):
    user = UserFactory()
    for path in ("/earnings/statement", "/earnings/statement.csv"):
        assert browser(user).get(path, {"month": month}).status_code == 400
    answer = api(user).get("/api/v1/earnings/statements", {"month": month})
    assert answer.status_code == 400


def test_a_seller_reads_what_waits_is_due_and_was_paid_and_nobody_elses(
    api, browser, seller
):
    page = read(browser(seller).get("/earnings/payouts"))
    rows = rows_of(browser(seller).get("/earnings/payouts.csv"))
    funds = api(seller).get("/api/v1/earnings/funds").json()["results"]
    sent = api(seller).get("/api/v1/earnings/payouts").json()["results"]

    assert "€\N{NO-BREAK SPACE}0.70" in page
    assert rows[0][3:6] == ["2.00", "MANUAL", "'=OUT 1"]
    assert [
        (each["waiting_minor"], each["due_minor"], each["paid_out_minor"])
        for each in funds
    ] == [(0, 70, 200)]
    assert [each["amount_minor"] for each in sent] == [200]
    stranger = UserFactory()
    assert "Nothing paid out yet" in read(browser(stranger).get("/earnings/payouts"))
    assert api(stranger).get("/api/v1/earnings/funds").json()["results"] == []
    assert api(stranger).get("/api/v1/earnings/payouts").json()["results"] == []


def test_what_was_paid_out_and_refunded_since_is_shown_as_a_debt(browser, seller):
    services.refund(
        None,
        order=Order.objects.get(),
        amount_minor=None,
        reason="All of it",
        revokes=True,
        key="rest",
        at=LATER + timedelta(days=30),
    )

    page = read(browser(seller).get("/earnings"))

    assert "−€\N{NO-BREAK SPACE}2.00" in page
    assert "Debt" in page


def test_statements_and_balances_cost_the_same_however_much_was_sold(
    api, browser, django_assert_num_queries, seller
):
    session, parties = 2, 1
    opened, client = browser(seller), api(seller)

    with django_assert_num_queries(session + parties + 2):  # balances, sums
        read(opened.get("/earnings/statement?month=2026-01"))
    with django_assert_num_queries(session + parties + 6):  # funds: 3; whither: 2
        read(opened.get("/earnings/payouts"))
    with django_assert_num_queries(parties + 2 + LIMITS):
        client.get("/api/v1/earnings/statements?month=2026-01")
    with django_assert_num_queries(parties + 3 + LIMITS):
        client.get("/api/v1/earnings/funds")
    with django_assert_num_queries(parties + 1 + LIMITS):
        client.get("/api/v1/earnings/payouts")
