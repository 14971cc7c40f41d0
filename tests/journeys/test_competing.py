"""A contestant joins, hands in what is wrong, mends it, and stands on the board."""

import re

from playwright.sync_api import Page, expect

ROWS = 40
SCORING_MS = 90_000
RIGHT = "id,probability\n" + "".join(f"r{n},{n % 2}\n" for n in range(ROWS))
WRONG = RIGHT.replace("r4,", "r400,").replace("r7,", "r700,")


def hand_in(page: Page, text: str) -> None:
    page.goto("/contests/olive-cup/submit")
    page.get_by_label(re.compile("format", re.IGNORECASE)).select_option("PREDICTIONS")
    page.locator("main input[type=file]").set_input_files(
        {
            "name": "predictions.csv",
            "mimeType": "text/csv",
            "buffer": text.encode(),
        }
    )
    page.locator("main").get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/submissions/[0-9a-f-]{36}$"))


def test_a_contestant_sees_what_was_wrong_and_then_a_score(
    worker, sign_in, shoot, check_page
):
    ben = sign_in("ben")
    ben.goto("/contests/olive-cup")
    ben.get_by_role("button", name="Accept the rules and join").click()
    expect(ben.get_by_role("link", name=re.compile("^Submit"))).to_be_visible()

    hand_in(ben, WRONG)
    shoot(ben, "submission-waiting")
    expect(ben.get_by_text("Why it failed")).to_be_visible(timeout=SCORING_MS)
    shoot(ben, "submission-failed")
    check_page(ben)
    reasons = ben.get_by_role("region", name="Rows that are wrong")
    expect(reasons).to_contain_text("r400")
    expect(reasons).to_contain_text("r700")

    hand_in(ben, RIGHT)
    expect(ben.get_by_role("heading", name="Scores")).to_be_visible(timeout=SCORING_MS)
    shoot(ben, "submission-scored")
    check_page(ben)

    ben.get_by_role("link", name="See the leaderboard").click()
    own = ben.locator("tr.is-mine")
    expect(own).to_contain_text("ben")
    expect(own.locator(".score__value")).to_have_text("1")
    shoot(ben, "board-mine")
    ben.goto("/dashboard")
    expect(ben.locator("main")).to_contain_text("Scored")


def test_strangers_see_the_board_and_no_submission(worker, open_page, sign_in):
    nikos = sign_in("nikos")
    nikos.goto("/submissions")
    address = nikos.locator("main a[href^='/submissions/']").first.get_attribute("href")

    stranger = open_page()
    answer = stranger.goto(f"{address}")

    assert answer is not None
    assert answer.status == 404 or "/accounts/login/" in stranger.url
    assert stranger.goto("/contests/olive-cup/leaderboard").status == 200
