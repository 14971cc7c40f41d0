"""A guarded board of several tasks: each is a Ladder of its own, on one budget."""

import dataclasses
import io
import zipfile

import numpy as np
import pytest
from django.utils import timezone

from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in, text_of
from tests.contests.test_several import DIGITS, TASKS, opened, table, zipped
from tests.factories.training import enter, hand_in, lease_of, outcome_of
from training.contests import boards
from training.contests.integrity import near_duplicates_in
from training.contests.models import BoardRow, Submission, Verdict
from training.contests.receipts import signed_result, verified_result
from training.contests.results import record_outcome
from training.contests.services import withdraw
from training.contests.task_scoring import joined

pytestmark = pytest.mark.django_db
ROWS = 2_000
ANSWERS = zipped(german=table(DIGITS), french=table(DIGITS))


def outcome_with(wrong):
    value = 1 - wrong / ROWS
    half = 1.96 * (value * (1 - value) / ROWS) ** 0.5
    losses = io.BytesIO()
    np.save(losses, (np.arange(ROWS) < wrong).astype("<f4"), allow_pickle=False)
    told = outcome_of(value, low=value - half, high=value + half)
    return dataclasses.replace(told, losses=losses.getvalue())


def judged(submission, german, french):
    """Have a worker score a submission with so many of 2,000 rows wrong in each task."""
    attempt = submission.attempts.get()
    assert record_outcome(
        lease_of(attempt),
        attempt=attempt,
        outcome=joined(
            submission.contest, [outcome_with(german), outcome_with(french)]
        ),
        log_tail=[],
        now=timezone.now(),
    )
    return submission


def handed(entrant):
    return hand_in(entrant, ANSWERS, filename="a.zip")


def told(entrant):
    """Return what the board says: over all tasks, and of each."""
    row = BoardRow.objects.get(entrant=entrant)
    return row.score, row.columns["german"][0], row.columns["french"][0]


@pytest.fixture
def contest():
    both = [
        {**TASKS[0], "name": name, "split_column": ""} for name in ("german", "french")
    ]
    contest = opened(
        tasks=both,
        truth=zipped(german=table(DIGITS), french=table(DIGITS)),
        is_guarded=True,
        rank_by="mean_score",
        daily_limit=50,
    )
    baseline = Submission.objects.get(contest=contest)
    assert baseline.entrant.is_baseline
    with open_blob(baseline.blob_id) as file, zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["german.csv", "french.csv"]
        assert archive.read("german.csv").startswith(
            b"id,0,1,2,3,4,5,6,7,8,9\r\ng0,0.1"
        )
    judged(baseline, 1000, 1000)
    return contest


def test_of_a_task_nothing_is_told_that_luck_explains_there(contest):
    entrant = enter(contest)
    first = judged(handed(entrant), 400, 995)

    assert Verdict.objects.get().tasks == ["german"]
    assert Verdict.objects.get().question == 2
    assert told(entrant) == (pytest.approx(0.65), 0.8, 0.5)
    own = signed_in(entrant.user)
    answer = own.get(f"/api/v1/submissions/{first.pk}").json()
    assert {each["metric"] for each in answer["scores"]} == {
        "german.accuracy",
        "german.ece",
    }
    page = text_of(own.get(f"/submissions/{first.pk}"))
    assert "In “french” it cannot be told apart" in page
    assert "0.5025" not in page
    hosts = signed_in(contest.host).get(f"/api/v1/submissions/{first.pk}").json()
    assert "french.accuracy" in {each["metric"] for each in hosts["scores"]}
    site = "https://example.org"
    receipt = signed_result(
        Submission.objects.get(pk=first.pk), site=site, at=timezone.now()
    )
    signed = {each["metric"] for each in verified_result(receipt)["scores"]}
    assert signed == {"german.accuracy", "german.ece"}

    later = judged(handed(entrant), 995, 300)  # its German fell, which nobody is told
    assert Verdict.objects.get(attempt__submission=later).tasks == ["french"]
    assert told(entrant) == (pytest.approx(0.825), 0.8, pytest.approx(0.85))
    third = judged(handed(entrant), 398, 299)
    assert not Verdict.objects.get(attempt__submission=third).is_accepted
    assert "In none of its tasks" in text_of(own.get(f"/submissions/{third.pk}"))
    row = BoardRow.objects.get(entrant=entrant)
    assert row.submission == later  # 0.67625 exactly, above 0.65125
    assert boards.audit(contest.pk, at=timezone.now()) == 0


def test_what_counts_is_the_exact_best_of_what_was_accepted(contest):
    entrant = enter(contest)
    first = judged(handed(entrant), 100, 900)
    judged(handed(entrant), 990, 100)
    best = judged(handed(entrant), 101, 20)

    row = BoardRow.objects.get(entrant=entrant)
    assert row.submission == best
    assert told(entrant)[1:] == (pytest.approx(0.95), pytest.approx(0.99, abs=0.001))
    assert row.reached_at == best.submitted_at
    withdraw(entrant.user, submission=best, at=timezone.now())
    assert told(entrant)[2] == pytest.approx(0.95)
    withdraw(entrant.user, submission=first, at=timezone.now())
    assert told(entrant)[1] == 0.5
    assert boards.audit(contest.pk, at=timezone.now()) == 0


def test_what_is_told_of_one_task_does_not_hang_on_another(contest):
    """Whoever knows all of the German learns no more of the French by it."""
    steps = [(980, 900), (960, 700), (700, 690), (500, 880), (300, 500), (20, 498)]
    shown = []
    for knows_german in (True, False):
        entrant, found = enter(contest), []
        Verdict.objects.all().delete()  # so that both ask as many questions
        for german, french in steps:
            judged(handed(entrant), german if knows_german else 1000, french)
            row = BoardRow.objects.filter(entrant=entrant).first()
            found.append(row.columns["french"] if row else None)
        shown.append(found)
    assert shown[0] == shown[1]
    assert len({str(each) for each in shown[0]}) > 2


def test_errors_that_are_alike_in_all_tasks_are_shown_to_the_host(contest):
    for wrong in (100, 101):
        judged(handed(enter(contest)), wrong, wrong)
    (pair,) = near_duplicates_in(contest)
    assert pair.error_rows == 202
