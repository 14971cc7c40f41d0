import csv
import io
import json

import pytest

from licensing import services
from licensing.queries import ledger_balance
from marketplace.kit.spreadsheets import csv_rows
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    NOON,
    make_offer,
    make_order,
    make_work,
    pay,
)
from tests.licensing.reading import EVERYONE, read

pytestmark = pytest.mark.django_db

# the work, offers, consents, prices, policies, access, shares, sources, how many, derived,
# three of recalls, its files
WORK_PAGE = 14


@pytest.mark.parametrize("who", EVERYONE)
def test_an_orders_pages_are_for_its_buyer_and_staff(browser, order, people, who):
    for page in ("", "/receipt.json", "/receipt.csv"):
        answer = browser(people[who]).get(f"/orders/{order.number}{page}")
        expected = {"nobody": 302, "buyer": 200, "staff": 200}.get(who, 404)
        assert answer.status_code == expected


def test_a_buyer_cancels_with_a_button(browser, order):
    page = read(browser(order.buyer).get(f"/orders/{order.number}"))
    assert "Cancel this order" in page

    browser(order.buyer).post(f"/orders/{order.number}/cancel")

    order.refresh_from_db()
    assert order.state == "CANCELLED"
    assert "You cancelled it" in read(
        browser(order.buyer).get(f"/orders/{order.number}")
    )


def test_each_state_of_an_order_says_what_to_do_next(browser, order, people):
    buyer, path = browser(order.buyer), f"/orders/{order.number}"
    pay(order, 40_00, reference="A")
    page = read(buyer.get(path))
    assert "€\N{NO-BREAK SPACE}40.00 came in. Send the rest" in page
    assert "Transfer <strong>€\N{NO-BREAK SPACE}60.00</strong>" in page
    assert "Cancel this order" not in page

    pay(order, 75_00, reference="B")
    page = read(buyer.get(path))
    assert "€\N{NO-BREAK SPACE}15.00 of what came in is held" in page
    receipt = json.loads(buyer.get(f"{path}/receipt.json").content)
    assert [p["reference"] for p in receipt["payments"]] == ["A", "B"]
    assert receipt["lines"][0]["licence_sha256"]
    assert receipt["total"] == "100.00 EUR"

    services.expire_orders(NOON)
    rejected = make_order()
    services.reject_transfer(
        people["staff"], order=rejected, reason="Unknown sender", rejected_at=NOON
    )
    page = read(browser(rejected.buyer).get(f"/orders/{rejected.number}"))
    assert "Unknown sender" in page


@pytest.mark.parametrize("who", EVERYONE)
def test_the_operators_money_pages_are_for_staff(browser, order, people, who):
    for page in (
        "transfers",
        f"transfers/{order.number}",
        f"transfers/{order.number}/reject",
        "ledger",
        "ledger.csv",
    ):
        answer = browser(people[who]).get(f"/operator/{page}")
        assert answer.status_code == {"nobody": 302, "staff": 200}.get(who, 403)


def test_staff_confirm_a_transfer_and_the_next_page_says_so(browser, order, people):
    staff = browser(people["staff"])
    assert order.number in read(staff.get("/operator/transfers"))
    assert "No order waits" in read(staff.get("/operator/transfers?number=ZZZ"))
    path = f"/operator/transfers/{order.number}"
    read(staff.get(path))
    form = {"bank_reference": "RF18", "amount": "100.00", "received_on": "2026-01-01"}

    for bad, words in [
        ({"bank_reference": " "}, "This field is required"),
        ({"amount": "1.234"}, "at most 2 places"),
        ({"amount": "0"}, "above zero"),
        ({"received_on": "9999-01-01"}, "in the future"),
        ({"bank_reference": "someone else's"}, "each transfer has its own"),
    ]:
        assert words in read(staff.post(path, {**form, **bad})).replace("&#x27;", "'")
    order.refresh_from_db()
    assert order.state == "AWAITING_PAYMENT"

    answer = staff.post(path, form, follow=True)

    assert f"Order {order.number} is fulfilled." in read(answer)
    order.refresh_from_db()
    assert order.state == "FULFILLED"
    assert "waits for no money" in read(staff.get(path))


def test_staff_reject_with_a_reason(browser, order, people):
    staff, path = browser(people["staff"]), f"/operator/transfers/{order.number}/reject"
    assert "This field is required" in read(staff.post(path, {"reason": ""}))

    staff.post(path, {"reason": "No such customer"})

    order.refresh_from_db()
    assert (order.state, order.closing_note) == ("REJECTED", "No such customer")


def test_the_ledger_adds_up_on_the_page_and_in_the_file(browser, people):
    staff = browser(people["staff"])
    page = read(staff.get("/operator/ledger"))
    assert "cash:bank" in page
    assert "revenue:platform_fee" in page

    text = b"".join(staff.get("/operator/ledger.csv").streaming_content).decode()
    table = list(csv.DictReader(io.StringIO(text)))

    assert sum(int(row["minor_units"]) for row in table) == 0
    assert {row["account"] for row in table} >= {"cash:bank", "revenue:platform_fee"}
    assert ledger_balance("cash:bank", currency="EUR") == 100_00


@pytest.mark.parametrize(
    ("who", "amount"), [("owner", "66.50"), ("co-owner", "28.50"), ("stranger", None)]
)
def test_each_party_reads_its_statement(browser, people, who, amount):
    page = read(browser(people[who]).get("/earnings"))
    answer = browser(people[who]).get("/earnings.csv")
    table = list(
        csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    )

    if amount is None:
        assert "Nothing earned yet" in page
        assert table == []
    else:
        assert amount in page
        assert [row["earned_minor"] for row in table] == [amount.replace(".", "")]
    assert browser().get("/earnings").status_code == 302


def test_text_that_a_spreadsheet_would_run_is_quoted():
    rows = list(csv_rows(["a"], [["=1+1", -5, None, "+x", "-1.80", "-1+1"]]))

    assert rows[1] == "'=1+1,-5,,'+x,-1.80,'-1+1\r\n"


def test_an_empty_house_says_so(browser):
    staff = browser(UserFactory(is_staff=True))

    assert "No order waits for money" in read(staff.get("/operator/transfers"))
    assert "No money has moved" in read(staff.get("/operator/ledger"))
    assert "No orders yet" in read(staff.get("/orders"))


def test_long_lists_have_pages(browser):
    buyer = UserFactory()
    for n in range(21):
        pay(make_order(buyer=buyer), reference=f"R{n}")

    first = browser(buyer).get("/orders")
    assert "Next page" in read(first)
    rest = read(browser(buyer).get(first.context["next_url"]))
    assert rest.count('<th scope="row">') == 1
    assert "Next page" not in rest
    assert browser(buyer).get("/orders?cursor=nonsense").status_code == 400


@pytest.mark.parametrize("size", [1, 6])
def test_pages_do_not_ask_more_for_more_rows(browser, django_assert_num_queries, size):
    staff, buyer, owner = UserFactory(is_staff=True), UserFactory(), UserFactory()
    work = make_work(owner)
    for n in range(size):
        pay(make_order(make_offer(work, code=f"c{n}"), buyer), reference=f"R{n}")
    for _ in range(size):
        make_order(make_offer())
    session = 2  # the session and its user

    opened = browser(buyer)
    with django_assert_num_queries(session + 5):  # years, orders, lines, papers, sums
        read(opened.get("/orders"))
    opened = browser(staff)
    with django_assert_num_queries(session + 1):
        read(opened.get("/operator/transfers"))
    with django_assert_num_queries(session + 5):  # balances; entries and their lines
        read(opened.get("/operator/ledger"))
    opened = browser(owner)
    with django_assert_num_queries(
        session + 6
    ):  # parties, funds: three, months, offers
        read(opened.get("/earnings"))
    with django_assert_num_queries(WORK_PAGE):
        read(browser().get(f"/works/{work.pk}"))
