"""A dataset is merged from two others, licensed as they permit, and one is recalled."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.moving import follow

MERGED = "/datasets/maya/two-shores"
CARD = b"# Two shores\n\nThe logs of a port and the notes of a buoy, day by day.\n"
ROWS = b"day,port,buoy\n2026-03-02,calm,0.4\n"


def test_a_merger_of_two_takes_the_licence_they_permit_and_is_flagged_by_a_recall(
    sign_in, page, narrow_page, check_page, shoot
):
    maya, tomas = sign_in("maya"), sign_in("tomas")
    rights = publish(maya)
    name_source(maya, rights, of="/datasets/ben/port-logs")
    name_source(maya, rights, of="/datasets/tomas/buoy-notes")

    maya.goto(rights)
    follow(maya, "Change the licence")
    check_page(maya)
    choose(maya, "CC-BY-4.0", "Put it under this licence")
    expect(maya.get_by_role("alert")).to_contain_text("CC-BY-SA-4.0 (s.3(b)(1))")
    shoot(maya, "deriving-licence-refused")
    choose(maya, "CC-BY-SA-4.0", "Put it under this licence")
    expect(maya.locator("main")).to_contain_text("What CC-BY-SA-4.0 allows")

    offer(maya, rights, code="free", licence="CC-BY-SA-4.0")
    expect(maya.get_by_role("status").first).to_contain_text("The offer is live")
    declare_terms(maya, "Our agreement")
    offer(maya, rights, code="agreement", licence=re.compile("^Our agreement"))
    expect(maya.get_by_role("alert")).to_contain_text("s.3(b)(1)")
    shoot(maya, "deriving-offer-refused")

    tomas.goto("/datasets/tomas/buoy-notes")
    follow(tomas, "Rights and offers")
    follow(tomas, "Recall it")
    check_page(tomas)
    tomas.get_by_label("Reason").fill("The buoy had drifted; its days are wrong.")
    tomas.get_by_role("button", name="Recall it").click()
    expect(tomas.locator("main")).to_contain_text("cannot be taken back")
    check_page(tomas)
    shoot(tomas, "deriving-recall")

    maya.goto("/dashboard")
    expect(maya.locator("main")).to_contain_text("Buoy notes was withdrawn")
    check_page(maya)
    shoot(maya, "deriving-dashboard")
    page.goto(MERGED)
    flag = page.get_by_role("region", name="A source is recalled")
    expect(flag).to_contain_text("The buoy had drifted")
    check_page(page)
    shoot(page, "deriving-flagged")
    page.goto(f"{rights}/lineage")
    expect(page.locator("svg .is-reached")).to_have_count(2)
    check_page(page)
    shoot(page, "deriving-lineage")
    narrow_page.goto(rights)
    check_page(narrow_page)
    shoot(narrow_page, "deriving-rights-narrow")


def publish(page: Page) -> str:
    """Make a public dataset without a licence; return the address of its rights."""
    page.goto("/new")
    main = page.locator("main")
    main.get_by_label("Name", exact=True).fill("two-shores")
    main.get_by_label(re.compile("^Title")).fill("Two shores")
    main.get_by_label("Public: everyone sees it").check()
    main.get_by_role("button", name="Create").click()
    page.wait_for_url(f"**{MERGED}/publish/files")
    main.get_by_label("Files to send").set_input_files(
        [
            {"name": "README.md", "mimeType": "text/markdown", "buffer": CARD},
            {"name": "days.csv", "mimeType": "text/csv", "buffer": ROWS},
        ]
    )
    main.get_by_role("button", name="Upload").click()
    page.wait_for_url(f"**{MERGED}/publish/card")
    page.goto(MERGED)
    follow(page, "Rights and offers")
    return page.url


def name_source(page: Page, rights: str, *, of: str) -> None:
    page.goto(of)
    source = page.get_by_role("link", name="Rights and offers").get_attribute("href")
    page.goto(f"{rights}/sources/new")
    page.get_by_label("Source").fill(source or "")
    page.get_by_label("Relation").select_option("MERGE")
    page.get_by_label("Changes").fill("Joined by day.")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_role("status").first).to_contain_text("The source is recorded")


def choose(page: Page, licence: str, action: str) -> None:
    page.get_by_label(re.compile("^Licence")).select_option(licence)
    page.get_by_role("button", name=action).click()


def declare_terms(page: Page, title: str) -> None:
    page.goto("/terms/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("It may be used in business").check()
    page.get_by_role("button", name="Write the terms").click()
    expect(page.get_by_role("status").first).to_contain_text("The terms are written")


def offer(
    page: Page, rights: str, *, code: str, licence: str | re.Pattern[str]
) -> None:
    page.goto(f"{rights}/offers/new")
    page.get_by_label("Title").fill(f"For everyone: {code}")
    page.get_by_label("Code").fill(code)
    chosen = page.get_by_label(re.compile("^Licence"))
    if isinstance(licence, str):
        chosen.select_option(licence)
    else:
        label = chosen.locator("option").filter(has_text=licence).text_content()
        chosen.select_option(label=label or "")
    page.locator("main form .form__actions button").click()
