"""A contest's whole life by clicking: cut, opened, entered by teams, ended, paid.

Its host has no terminal; one team hands in a model and the other code.
"""

import io
import re
import zipfile
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone
from onnx import TensorProto, helper
from playwright.sync_api import Page, expect

from tests.journeys.moving import follow, press, press_twice, prove
from tests.runner.models import model

SLUG = "wave-heights"
CONTEST = f"/contests/{SLUG}"
WORKED_MS = 60_000
SECONDS = 60
DAY_COMES = f"""
from django.utils import timezone
from training.contests.models import Contest
Contest.objects.filter(slug="{SLUG}").update(starts_at=timezone.now())
"""
PREDICT = b"""
import csv, os
with open(os.environ["INPUTS"]) as inputs, open(os.environ["OUTPUTS"], "w") as out:
    print("id,height", file=out)
    for row in csv.DictReader(inputs):
        print(row["id"], 2 * float(row["wind"]) + 9, sep=",", file=out)
"""


def linear_model() -> bytes:
    """Return a model that answers twice the first column and the second."""
    return model(
        [helper.make_node("MatMul", ["x", "w"], ["height"])],
        [("x", TensorProto.FLOAT, ["n", 2])],
        [("height", TensorProto.FLOAT, ["n", 1])],
        weights=[("w", np.array([[2], [1]], dtype=np.float32))],
    )


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        written.writestr("predict.py", PREDICT)
    return held.getvalue()


def cut_and_open(host: Page, worker, *, starts_at: datetime, check) -> None:
    host.goto("/contests/new/tomas/waves")
    host.get_by_label("Table", exact=True).select_option("data/waves.csv")
    press(host, "Look at it")
    worker.ask("contests.prepare_drafts")
    expect(host.get_by_role("button", name="Cut the table")).to_be_visible(
        timeout=WORKED_MS
    )
    host.get_by_label("Column to predict", exact=True).select_option("height")
    host.get_by_label("What is predicted", exact=True).select_option("A number")
    press(host, "Cut the table")
    worker.ask("contests.prepare_drafts")
    expect(host.get_by_role("button", name="Open the contest")).to_be_visible(
        timeout=WORKED_MS
    )
    host.get_by_label("Address", exact=True).fill(SLUG)
    host.get_by_label("Title", exact=True).fill("Wave heights")
    host.get_by_label("Rules").fill("One team a person.")
    host.get_by_label("Opens (UTC)", exact=True).fill(f"{starts_at:%Y-%m-%dT%H:%M}")
    press(host, "Open the contest")
    host.goto(f"{CONTEST}/registration")
    host.get_by_label("People in a team at most").fill("2")
    check(host, "life-registration")
    press(host, "Save")


def promise(host: Page, operator: Page, *, check) -> None:
    host.goto(f"{CONTEST}/purse")
    host.get_by_label("Prizes").fill("300.00\n100.00")
    press(host, "State the purse")
    reference = host.locator(".copyable, [data-copy]").first.inner_text().split("\n")[0]
    check(host, "life-purse")
    operator.goto(f"/operator/purses/{reference}")
    prove(operator)
    operator.get_by_label("Bank reference").fill("RF18 waves")
    operator.get_by_label("Amount").fill("400.00")
    operator.get_by_label(re.compile("Received")).fill(f"{timezone.now():%Y-%m-%d}")
    press(operator, "Confirm the transfer")


def enter_with(captain: Page, mate: Page, name: str, who: str) -> None:
    captain.goto(CONTEST)
    press(captain, "Accept the rules and join")
    captain.goto(f"{CONTEST}/team")
    captain.get_by_label("Name of the team").fill(name)
    press(captain, "Rename")
    captain.get_by_label("Invite a person").fill(who)
    press(captain, "Invite")
    mate.goto(f"{CONTEST}/team")
    with mate.expect_navigation():
        mate.get_by_role("button", name=re.compile("^Accept")).click()


def hand_in(page: Page, form: str, name: str, content: bytes) -> None:
    page.goto(f"{CONTEST}/submit")
    page.get_by_label(re.compile("format", re.IGNORECASE)).select_option(form)
    page.locator("main input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.locator("main").get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/submissions/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", name="Scores")).to_be_visible(timeout=WORKED_MS)


def test_a_contest_lives_from_a_table_to_its_prize(worker, sign_in, check_both):
    tomas, kleio = sign_in("tomas"), sign_in("kleio")
    ben, maya, nikos, ada = map(sign_in, ("ben", "maya", "nikos", "ada"))
    tomorrow = timezone.now() + timedelta(days=1)
    cut_and_open(tomas, worker, starts_at=tomorrow, check=check_both)
    promise(tomas, kleio, check=check_both)
    enter_with(ben, maya, "Keel", "maya")
    enter_with(nikos, ada, "Mast", "ada")
    check_both(ben, "life-team")

    worker.manage("shell", "-c", DAY_COMES)
    hand_in(maya, "ONNX", "waves.onnx", linear_model())
    check_both(maya, "life-model-scored")
    hand_in(nikos, "CODE", "waves.zip", archive())
    ada.goto("/submissions")
    expect(ada.locator("main")).to_contain_text("waves.zip")
    ben.goto(f"{CONTEST}/leaderboard")
    expect(ben.locator("tr.is-mine")).to_contain_text("Keel")
    check_both(ben, "life-board")

    tomas.goto(f"{CONTEST}/host")
    press_twice(tomas, "Close now", "Close it")
    press_twice(tomas, "Freeze the board", "Freeze it for good")
    check_both(tomas, "life-frozen")
    press(tomas, "Verify the winners")
    worker.ask("runs.sweep")
    checks = tomas.get_by_role("region", name="The winners, scored once more")
    for _ in range(SECONDS):
        if checks.get_by_text("The same").count() == 2:
            break
        tomas.wait_for_timeout(1_000)
        tomas.reload()
    expect(checks.get_by_text("The same")).to_have_count(2)
    check_both(tomas, "life-verified")
    press_twice(tomas, "Release the final board", "Release it to everyone")
    follow(tomas, "See the final board")
    check_both(tomas, "life-editions")
    for winner in (ben, nikos):
        winner.goto(CONTEST)
        follow(winner, "Accept it, or decline")
        prove(winner)
        press(winner, "Accept the prize")
    tomas.goto(f"{CONTEST}/purse")
    press_twice(tomas, "Release the purse", "Pay the prizes")

    expect(tomas.locator("main")).to_contain_text("The purse is closed.")
    tomas.goto(CONTEST)
    expect(tomas.locator("main")).to_contain_text("was paid to the winners")
    check_both(tomas, "life-paid")
    ben.goto("/earnings")
    expect(ben.locator("main")).to_contain_text("300.00")
    assert "The books agree." in worker.manage("ledger_check")
