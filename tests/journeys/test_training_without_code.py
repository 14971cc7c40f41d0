"""Someone who has never programmed trains a model, and knows how far to trust it."""

import re

import pytest
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

    tomas.get_by_text("Publish the model").click()
    tomas.get_by_label("Name", exact=True).fill("waves-model")
    press(tomas, "Publish")
    tomas.get_by_role("link", name="Try it", exact=True).click()
    try_it(tomas, shoot, check_both)


def try_it(page, shoot, check_both):
    """Have the browser answer by itself, then a worker; both say the same."""
    check_both(page, "model-try")
    page.get_by_role("button", name="Answer here").click()
    here = page.locator("[data-try-here] [role=status]")
    expect(here).to_have_text(re.compile(r"^-?[\d.]+$"), timeout=WORKED_MS)
    shoot(page, "model-answered-here")
    said = here.inner_text()
    press(page, "Ask")
    told = page.get_by_role("status").filter(has_text="In about 90 of 100 cases")
    expect(told).to_be_visible(timeout=WORKED_MS)
    check_both(page, "model-answered")
    assert float(page.locator("#told").inner_text()) == pytest.approx(
        float(said), abs=0.1
    )
    page.get_by_role("link", name="Ask again").click()
    page.get_by_role("link", name="How often it was asked").click()
    check_both(page, "model-uses")
