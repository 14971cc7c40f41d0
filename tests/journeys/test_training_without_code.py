"""Someone who has never programmed trains a model, and knows how far to trust it."""

import re

from playwright.sync_api import expect

from tests.journeys.moving import press

WORKED_MS = 60_000


def test_a_table_becomes_a_model_by_clicking(worker, sign_in, shoot, check_both):
    tomas = sign_in("tomas")
    tomas.goto("/studio")
    check_both(tomas, "studio")
    tomas.get_by_label("Dataset", exact=True).fill("tomas/waves")
    press(tomas, "Choose a table")
    tomas.get_by_label("Table", exact=True).select_option("data/waves.csv")
    check_both(tomas, "studio-new")
    press(tomas, "Look at it")

    training = tomas.get_by_role("button", name="Train", exact=True)
    expect(training).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "studio-choosing")
    press(tomas, "Train")
    tried = tomas.get_by_role("region", name="Candidates, best first")
    expect(tried).to_contain_text("Linear model", timeout=WORKED_MS)
    shoot(tomas, "studio-training")
    press(tomas, "Stop")

    keep = tomas.get_by_role("button", name="Keep Linear model", exact=True)
    expect(keep).to_be_visible(timeout=WORKED_MS)
    expect(tried).to_contain_text("Recommended")
    check_both(tomas, "studio-tried")
    with tomas.expect_navigation():
        keep.click()
    opening = tomas.get_by_role("button", name="Open the test")
    expect(opening).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "studio-kept")
    press(tomas, "Open the test")
    heading = "How good it is, on rows that it never saw"
    judged = tomas.get_by_role("heading", name=heading)
    expect(judged).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "studio-tested")
    with tomas.expect_download() as taken:
        tomas.get_by_role("link", name=re.compile("Download it")).click()
    assert taken.value.suggested_filename.endswith(".zip")
