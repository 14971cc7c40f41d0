"""From a posted table of predictions to its score on the board, worker and all.

Post and worker run in this process, one after the other, so nothing is waited for: a
broker adds what it takes to deliver an id. Seconds are told and not held: they are the
machine's; the aim is half a second.
"""

import statistics
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from tests.contests.asking import url
from tests.factories.training import ContestFactory, enter, predictions
from training.contests.evaluations import Worker, evaluate
from training.contests.models import Attempt, BoardRow, Submission
from training.runs.models import RunStatus

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
ROUNDS = 15
MOST_TO_POST, MOST_TO_SCORE = 40, 24  # what it takes now; the aim is 20 in all
WORKER = Worker(
    name="worker-1",
    term=timedelta(seconds=60),
    allow_unsandboxed=False,
    python=None,
    clock=timezone.now,
)


@pytest.mark.parametrize("is_guarded", [False, True], ids=["plain", "guarded"])
def test_predictions_are_scored_while_one_waits(is_guarded, settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    contest = ContestFactory(is_guarded=is_guarded, daily_limit=ROUNDS + 2)
    for baseline in Submission.objects.filter(contest=contest):
        evaluate(baseline.attempts.get().run_id, worker=WORKER)
    entrant = enter(contest)
    client = APIClient()
    client.force_authenticate(entrant.user)
    taken, posting, scoring = [], [], []
    for number in range(ROUNDS):
        table = predictions(wrong=ROUNDS - number, noise=0.1)
        asked = []
        begun = time.perf_counter()
        with connection.execute_wrapper(counting(asked)):
            answer = client.post(
                url(contest, "submissions"),
                {
                    "format": "PREDICTIONS",
                    "file": SimpleUploadedFile("p.csv", table, "text/csv"),
                },
                format="multipart",
            )
            assert answer.status_code == 201, answer.json()
            posting.append(len(asked))
            attempt = Attempt.objects.get(submission=answer.json()["id"])
            evaluate(attempt.run_id, worker=WORKER)
            scoring.append(len(asked) - posting[-1] - 1)
        taken.append(time.perf_counter() - begun)
        attempt.run.refresh_from_db()
        assert attempt.run.status == RunStatus.SUCCEEDED

    kind = "guarded" if is_guarded else "plain"
    print(
        f"\nposted to scored, {kind} board: p50 {statistics.median(taken):.3f} s, "
        f"{statistics.median(posting):.0f} queries to post and "
        f"{statistics.median(scoring):.0f} to score"
    )
    assert BoardRow.objects.filter(entrant=entrant).exists()
    assert statistics.median(posting) <= MOST_TO_POST
    assert statistics.median(scoring) <= MOST_TO_SCORE


def counting(asked):
    def wrapper(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    return wrapper
