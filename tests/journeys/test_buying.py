"""A buyer orders, the operator confirms, the buyer downloads; a stranger cannot."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.journeys.moving import press, prove

DATASET = "/api/v1/datasets/ada/flood-features"


def work_page(page: Page) -> str:
    """Return where the rights to what is sold are, as the API tells it."""
    return f"/works/{page.request.get(DATASET).json()['work']}"


def order(page: Page, offer: str, *, button: str) -> None:
    """Go from the page of rights through an offer's terms to an order."""
    page.goto(work_page(page))
    page.get_by_role("link", name=offer).click()
    page.locator("main").get_by_role("checkbox").first.check()
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/orders/*")


def gather(page: Page, offer: str) -> None:
    """Put an offer in the cart, its terms accepted."""
    page.goto(work_page(page))
    page.get_by_role("link", name=offer).click()
    page.locator("main").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Put in the cart").click()
    page.wait_for_url("**/cart")


def make_code(page: Page, code: str, *, percent: str, check_page) -> None:
    """Make the operator's code for all offers, the password given again."""
    page.goto("/discounts/new")
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_label("Per cent off").fill(percent)
    press(page, "Make the code")
    check_page(page)
    prove(page)
    expect(page.locator("main")).to_contain_text(code)


def test_a_buyer_pays_by_transfer_and_downloads_once_the_operator_has_confirmed(
    sign_in, open_page, shoot, check_page
):
    ben, kleio = sign_in("ben"), sign_in("kleio")
    refused = ben.request.get(f"{DATASET}/files/f.csv")
    assert refused.status == 403
    assert refused.json()["code"] == "purchase_required"

    make_code(kleio, "SPRING-TEN", percent="10", check_page=check_page)
    gather(ben, "For commerce")
    ben.get_by_label("Discount code").fill("spring-ten")
    ben.get_by_label("Your country").fill("GR")  # which this site takes no tax of
    ben.get_by_role("button", name="Update").click()
    expect(ben.locator("main")).to_contain_text("−€\xa04.90")
    shoot(ben, "cart")
    check_page(ben)
    ben.get_by_role("button", name="Order and pay").click()
    ben.wait_for_url("**/orders/*")
    shoot(ben, "order-waiting")
    check_page(ben)
    expect(ben.get_by_text("GR16 0110 1250 0000 0001 2300 695")).to_be_visible()
    expect(ben.locator("main")).to_contain_text("€\xa044.10")
    number = ben.url.rpartition("/")[2]
    assert ben.request.get(f"{DATASET}/files/f.csv").status == 403

    kleio.goto("/operator")
    expect(kleio.locator("main")).to_contain_text(number)
    kleio.get_by_role("link", name=number).click()
    kleio.get_by_label(re.compile("reference", re.IGNORECASE)).fill("RF18 5390 0754")
    kleio.get_by_label(re.compile("amount", re.IGNORECASE)).fill("44.10")
    kleio.get_by_label(re.compile("received|date|day", re.IGNORECASE)).fill(
        timezone.localdate().isoformat()
    )
    shoot(kleio, "transfer-confirm")
    check_page(kleio)
    kleio.locator("main").get_by_role("button", name=re.compile("Confirm")).click()
    expect(kleio.get_by_role("status")).to_be_visible()

    ben.reload()
    shoot(ben, "order-fulfilled")
    expect(ben.locator("main")).to_contain_text("Paid and granted")
    taken = ben.request.get(f"{DATASET}/files/f.csv")
    assert taken.status == 200
    assert taken.text().startswith("station,day,level\n")

    kleio.goto("/operator/ledger")
    shoot(kleio, "ledger-filled")
    check_page(kleio)
    stranger = open_page()
    answer = stranger.request.get(f"{DATASET}/files/f.csv")
    assert answer.status in {401, 403}
    assert answer.json()["code"] == "sign_in_required"


def test_a_researcher_without_scripts_gets_it_free_under_terms(sign_in, shoot):
    maya = sign_in("maya", java_script_enabled=False)
    assert maya.request.get(f"{DATASET}/files/f.csv").status == 403

    order(maya, "For research", button="Get it free")

    shoot(maya, "order-free")
    expect(maya.locator("main")).to_contain_text("Paid and granted")
    assert maya.request.get(f"{DATASET}/files/f.csv").status == 200


@pytest.mark.parametrize("who", ["ada", "nikos"])
def test_each_owner_sees_their_own_earnings(sign_in, shoot, check_page, who):
    page = sign_in(who)

    page.goto("/earnings")

    shoot(page, f"earnings-{who}")
    check_page(page)
