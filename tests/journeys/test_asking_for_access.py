"""A curator shuts a gate; a researcher asks, is let in, and takes what is behind it."""

import re

from playwright.sync_api import expect

SONGS, FILE = "/datasets/ada/market-songs", "data/rows.csv"


def test_a_researcher_asks_is_let_in_and_takes_the_file_and_its_owner_sees_that(
    sign_in, page, check_page, shoot
):
    ada, maya = sign_in("ada"), sign_in("maya")
    ada.goto(f"{SONGS}/settings")
    gating = ada.locator("section", has=ada.locator("#gating"))
    gating.get_by_label("Whom its owners let in").check()
    gating.get_by_role("button", name="Change").click()
    expect(ada.get_by_role("status")).to_contain_text("may be taken by whom its owners")
    check_page(ada)

    page.goto(SONGS)
    check_page(page)
    expect(page.get_by_role("link", name="Sign in to ask")).to_be_visible()
    maya.goto(f"{SONGS}/blob/main/{FILE}")
    maya.get_by_role("link", name="Ask for access").click()
    expect(maya.locator("main")).to_contain_text("which files you take and when")
    check_page(maya)
    shoot(maya, "gate")
    maya.get_by_role("button", name="Ask for access").click()
    expect(maya.locator("main")).to_contain_text("The owners have not answered yet")
    assert maya.request.get(f"{SONGS}/raw/main/{FILE}").status == 403

    ada.goto(f"{SONGS}/settings/requests")
    check_page(ada)
    shoot(ada, "requests")
    ada.get_by_role("button", name="Let maya in").click()
    expect(ada.get_by_role("status")).to_contain_text("maya: accepted")

    maya.reload()
    expect(maya.locator("main")).to_contain_text("You are let in since")
    assert maya.request.get(f"{SONGS}/raw/main/{FILE}").status == 200
    ada.goto(f"{SONGS}/settings/downloads")
    check_page(ada)
    expect(ada.get_by_role("row", name=re.compile("maya"))).to_contain_text(FILE)
