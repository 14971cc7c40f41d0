"""Someone without a terminal makes a contest from a table of their dataset."""

import re

from playwright.sync_api import expect

from tests.journeys.moving import press

WORKED_MS = 60_000
DRAFT = re.compile(r"/contests/drafts/[0-9a-f-]{36}$")


def test_a_table_becomes_a_contest_by_clicking(
    worker, sign_in, open_page, shoot, check_both
):
    tomas = sign_in("tomas")
    tomas.goto("/contests/new")
    with tomas.expect_navigation():
        tomas.get_by_role("link", name="tomas/waves").click()
    expect(tomas.get_by_role("heading", name="What the licence allows")).to_be_visible()
    check_both(tomas, "contest-new")
    tomas.get_by_label("Table", exact=True).select_option("data/rows.csv")
    press(tomas, "Look at it")
    assert DRAFT.search(tomas.url)
    shoot(tomas, "draft-looking")

    worker.ask("contests.prepare_drafts")
    choosing = tomas.get_by_role("button", name="Cut the table")
    expect(choosing).to_be_visible(timeout=WORKED_MS)
    expect(tomas.get_by_role("region", name="Columns of the table")).to_contain_text(
        "whole numbers"
    )
    check_both(tomas, "draft-choosing")
    tomas.get_by_label("Column to predict", exact=True).select_option("level")
    tomas.get_by_label("What is predicted", exact=True).select_option("A number")
    tomas.get_by_role("checkbox", name="day").uncheck()
    press(tomas, "Cut the table")
    shoot(tomas, "draft-cutting")

    worker.ask("contests.prepare_drafts")
    opening = tomas.get_by_role("button", name="Open the contest")
    expect(opening).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "draft-ready")
    tomas.get_by_label("Namespace", exact=True).select_option("tomas")
    tomas.get_by_label("Address", exact=True).fill("buoy-levels")
    tomas.get_by_label("Title", exact=True).fill("Buoy levels")
    tomas.get_by_label("Metric", exact=True).select_option("rmse")
    press(tomas, "Open the contest")

    assert tomas.url.endswith("/contests/buoy-levels")
    expect(tomas.locator("main")).to_contain_text(
        "Its labels of 40 rows are held back."
    )
    check_both(tomas, "contest-from-table")
    stranger = open_page()
    stranger.goto("/contests/buoy-levels")
    expect(stranger.locator("main")).to_contain_text("learn from 160 rows")
