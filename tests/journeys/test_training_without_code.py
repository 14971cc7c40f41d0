"""Someone who has never programmed trains a model, and knows how far to trust it."""

import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.journeys.moving import press
from tests.studio.images import digits, png_of, zip_of

WORKED_MS = 60_000


def test_a_table_becomes_a_model_by_clicking(worker, sign_in, shoot, check_both):
    tomas = sign_in("tomas")
    tomas.goto("/studio")
    check_both(tomas, "studio")
    tomas.get_by_label("Dataset", exact=True).fill("tomas/waves")
    press(tomas, "Choose what to learn from")
    tomas.get_by_label("Table", exact=True).select_option("data/waves.csv")
    check_both(tomas, "studio-new")
    press(tomas, "Look at it")

    training = tomas.get_by_role("button", name="Train", exact=True)
    expect(training).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "studio-choosing")
    press(tomas, "Train")
    tried = tomas.get_by_role(
        "region", name="The best of each way to learn, best first"
    )
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


def test_a_folder_of_pictures_becomes_a_published_model(
    worker, sign_in, shoot, check_both, tmp_path
):
    zipped, folder = tmp_path / "Digits.zip", tmp_path / "chosen" / "digits"
    every = digits(500, classes=3)
    learnt = {f"digits/{name}": png for name, png in [*every.items()][:240]}
    zipped.write_bytes(zip_of(learnt))
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder.parent)
    tomas = sign_in("tomas")
    tomas.goto("/studio")
    tomas.get_by_label("A folder of pictures", exact=True).set_input_files(folder)
    ready = tomas.get_by_text("240 files in 3 folders, ready to be looked at.")
    expect(ready).to_be_visible()
    check_both(tomas, "studio-folder-chosen")
    press(tomas, "Look at it")
    training = tomas.get_by_role("button", name="Train", exact=True)
    expect(training).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "studio-pictures-choosing")
    press(tomas, "Train")
    tried = tomas.get_by_role(
        "region", name="The best of each way to learn, best first"
    )
    expect(tried).to_contain_text("Shapes and colours", timeout=WORKED_MS)
    press(tomas, "Stop")
    keep = tomas.get_by_role("button", name="Keep Shapes and colours", exact=True)
    expect(keep).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "studio-pictures-tried")
    with tomas.expect_navigation():
        keep.click()
    opening = tomas.get_by_role("button", name="Open the test")
    expect(opening).to_be_visible(timeout=WORKED_MS)
    press(tomas, "Open the test")
    heading = "How good it is, on pictures that it never saw"
    expect(tomas.get_by_role("heading", name=heading)).to_be_visible(timeout=WORKED_MS)
    check_both(tomas, "studio-pictures-tested")
    project = tomas.url
    tomas.get_by_role("link", name="Read the report").click()
    cleared = "nothing speaks against putting it to use"
    expect(tomas.get_by_text(cleared)).to_be_visible(timeout=2 * WORKED_MS)
    check_both(tomas, "report-pictures")
    tomas.goto(project)
    with tomas.expect_download() as taken:
        tomas.get_by_role("link", name=re.compile("Download it")).click()
    with zipfile.ZipFile(taken.value.path()) as bundle:
        bundle.extractall(tmp_path)
    told = subprocess.run(
        [sys.executable, "predict.py", "--verify", "Digits.zip"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "The same." in told.stdout, told.stderr

    tomas.get_by_text("Publish the model", exact=True).click()
    tomas.get_by_label("Name", exact=True).fill("digit-reader")
    tomas.get_by_role("radio", name=re.compile("^Public")).check()
    press(tomas, "Publish")
    expect(tomas).to_have_url(re.compile("/models/tomas/digit-reader"))
    stranger_asks(sign_in("ben"), [*every.items()][-1], check_both)


def stranger_asks(ben, unseen, check_both):
    """A digit that the model never saw is answered; of noise it says that it is unknown."""
    ben.goto("/models/tomas/digit-reader")
    ben.get_by_role("link", name="Try it", exact=True).click()
    check_both(ben, "model-try-picture")
    name, digit = unseen
    ask_about(ben, "digit.png", digit)
    expect(ben.locator("#told")).to_have_text(name[0], timeout=WORKED_MS)
    check_both(ben, "model-answered-picture")
    ben.get_by_role("link", name="Ask again").click()
    noise = np.random.default_rng(4).integers(0, 256, (200, 200, 3))
    ask_about(ben, "noise.png", png_of(noise))
    expect(ben.locator("#told")).to_have_text("Unknown", timeout=WORKED_MS)
    check_both(ben, "model-unknown-picture")


def ask_about(page, name, content):
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    page.get_by_label("Picture", exact=True).set_input_files(file)
    press(page, "Ask")
