"""Three owners become payable, a buyer pays by card, is refunded in part, and disputes.

The hand calculation, in cents. The price is 10.00, and Germany takes 19 in a hundred on
top of it. Of the price the platform keeps 10 in a hundred; what is left is Hypatia's,
Maya's and Tomás's by 50, 30 and 20 in a hundred. What goes back is given by what each
holds: 40 in a hundred of all by the refund, then 50 by the dispute that is lost.

              buyer    fee  Hypatia  Maya  Tomás    tax
    sold       1190    100      450   270    180    190
    refunded    476     40      180   108     72     76
    lost        595     50      225   135     90     95
    left        119     10       45    27     18     19

Stripe keeps 1 in a hundred of the charge, rounded down: 11. So the platform has there what
was charged without the three parts, 1190 - 11 - 900 = 279; then 279 - 476 + 360 = 163;
then 163 - 595 + 450 = 18, which is what is left of fee and tax without Stripe's 11.
"""

import hashlib
import time
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.conformance.environments import made
from tests.fakestripe import refunds
from tests.fakestripe.book import PLATFORM
from tests.journeys.furnish import ROWS
from tests.journeys.moving import follow, press, prove

OWNERS = ("hypatia", "maya", "tomas")
DATASET = "/api/v1/datasets/hypatia/kiln-logs"
FILE = f"{DATASET}/files/kilns.csv"
HUB = "2.4"
WITHIN_SECONDS = 60  # a worker that has just been started reads all of the code first
LEFT = {
    "revenue:platform_fee": 10,
    "hypatia": 45,
    "maya": 27,
    "tomas": 18,
    "liability:tax:de": 19,
}


@pytest.fixture
def hub(tmp_path, site):
    """Return what downloads the dataset as a client of the hub does, and tells of it."""

    def download(token: str) -> dict[str, str]:
        told = made([HUB])[HUB].run(
            "fetch",
            address=site.base_url,
            token=token,
            home=tmp_path,
            repository="hypatia/kiln-logs",
        )
        return told["tree"]

    return download


@pytest.fixture
def held(stripe):
    """Return what the owners and the platform have at Stripe, in cents."""

    def amounts() -> list[int]:
        accounts = [one["id"] for one in reversed(stripe.book.all_of("account"))]
        return [stripe.book.held(one, "eur") for one in (*accounts, PLATFORM)]

    return amounts


def become_payable(page: Page) -> None:
    page.goto("/payees")
    press(page, "Be paid by Stripe")
    press(page, "Finish")
    expect(page.get_by_text("Paid by Stripe", exact=True)).to_be_visible()


def make_token(page: Page) -> str:
    page.goto("/settings/tokens")
    page.get_by_label("What is it for?").fill("the kiln's model")
    press(page, "Make token")
    return page.locator(".copyable code").text_content() or ""


def order(page: Page) -> str:
    """Order the offer for commerce from Germany; return the order's number."""
    page.goto(f"/works/{page.request.get(DATASET).json()['work']}")
    follow(page, "For commerce")
    expect(page.locator("main")).to_contain_text("You pay by card or by bank transfer")
    page.get_by_label("Your country").fill("DE")
    page.locator("main").get_by_role("checkbox").first.check()
    press(page, "Order and pay")
    expect(page.locator("main")).to_contain_text("€\xa011.90")
    return page.url.rpartition("/")[2]


def pay(page: Page, check_both) -> None:
    """Try a card that is declined, leave, come back, and pay with one that works."""
    press(page, "Pay by card")
    press(page, "Pay with a card that is declined")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    follow(page, "Cancel")
    expect(page.locator("main")).to_contain_text("You have not paid yet")
    check_both(page, "order-pay")
    assert page.request.get(FILE).status == 403
    press(page, "Go on to pay")
    press(page, "Pay 11.90 EUR")
    expect(page.get_by_role("status")).to_contain_text("Your payment has arrived")


def refund(page: Page, number: str, *, amount: str) -> None:
    """Refund a part of an order, as an operator who is asked for their password."""
    page.goto(f"/operator/orders/{number}/refund")
    prove(page)
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Reason").fill("One kiln of three was missing.")
    press(page, "Show who gives back what")
    press(page, f"Refund €\xa0{amount}")


def until(happened, *, meanwhile=lambda: None) -> None:
    """Wait for what a worker does in its own time."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "It did not happen in time."
        meanwhile()
        time.sleep(0.1)


def state_of(page: Page, number: str) -> str:
    return page.request.get(f"/api/v1/orders/{number}").json()["state"]


def left_of(page: Page, number: str) -> dict[str, int]:
    """Return what the fee, each owner and the tax have of an order, by the ledger."""
    accounts = page.request.get("/api/v1/ledger/accounts").json()["results"]
    names = {each["account"]: each["party"] or each["account"] for each in accounts}
    found = dict.fromkeys(LEFT, 0)
    for entry in page.request.get("/api/v1/ledger/entries?limit=100").json()["results"]:
        assert sum(line["minor"] for line in entry["lines"]) == 0
        if entry["order"] != number or entry["kind"].startswith("PAYOUT"):
            continue
        for line in entry["lines"]:
            if names[line["account"]] in found:
                found[names[line["account"]]] -= line["minor"]
    return found


def papers_of(page: Page, number: str) -> list[tuple[int, int]]:
    """Return the total and tax of an order's one invoice, and of its credit notes."""
    invoices = page.request.get("/api/v1/invoices").json()["results"]
    [invoice] = [each for each in invoices if each["order"] == number]
    papers = [invoice, *invoice["credit_notes"]]
    return [(each["total"]["minor"], each["tax"]["minor"]) for each in papers]


def test_three_owners_are_paid_by_card_and_the_books_agree(
    worker, stripe, sign_in, hub, held, check_both, shoot
):
    for name in OWNERS:
        become_payable(sign_in(name))
    ben = sign_in("ben")
    token = make_token(ben)
    number = order(ben)
    pay(ben, check_both)
    shoot(ben, "order-paid-by-card")
    assert hub(token)["kilns.csv"] == hashlib.sha256(ROWS.encode()).hexdigest()

    worker.ask("licensing.pass_on")
    send = partial(worker.ask, "licensing.look_at_payments")
    until(lambda: held() == [450, 270, 180, 279], meanwhile=send)

    kleio = sign_in("kleio")
    refund(kleio, number, amount="4.76")
    until(lambda: held() == [270, 162, 108, 163], meanwhile=send)

    charge = stripe.book.all_of("charge")[0]["id"]
    with stripe.lock:
        dispute = refunds.dispute(stripe.book, charge, amount=5_95)
    stripe.pass_on()
    until(lambda: state_of(ben, number) == "DISPUTED")
    assert ben.request.get(FILE).status == 403
    with stripe.lock:
        refunds.decide(stripe.book, dispute["id"], is_won=False)
    stripe.pass_on()
    until(lambda: state_of(ben, number) == "LOST")
    ben.reload()
    expect(ben.locator("main")).to_contain_text("what was granted is revoked")
    shoot(ben, "order-lost")
    until(lambda: held() == [45, 27, 18, 18], meanwhile=send)

    assert left_of(kleio, number) == LEFT
    assert sorted(papers_of(ben, number)) == [(4_76, 76), (5_95, 95), (11_90, 1_90)]
    for name, kept in zip(OWNERS, ("0.45", "0.27", "0.18"), strict=True):
        page = sign_in(name)
        [balance] = page.request.get("/api/v1/earnings/balances").json()["results"]
        assert balance["minor"] == 0, "what was owed is at Stripe"
        page.goto("/earnings")
        kept_of = page.get_by_role("region", name="What each offer brought")
        expect(kept_of).to_contain_text(f"€\xa0{kept}")
    worker.manage("ledger_check")
