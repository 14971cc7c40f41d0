"""From a posted table of predictions to its score on the board, worker and all.

Post and worker run in this process, one after the other, so nothing is waited for: a
broker adds what it takes to deliver an id. Queries and calls to the store are exact. The
seconds are the machine's and are told: the aim is half a second.
"""

import statistics
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.storage.queries import current_store
from tests.contests.asking import url
from tests.factories.training import ContestFactory, enter, predictions
from training.contests.evaluations import Worker, evaluate
from training.contests.models import Attempt, BoardRow, Submission
from training.runs.models import RunStatus

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
ROUNDS = 15
# The aim is 20 in all. Each of these writes a row of its own kind, or reads what decides:
#  9 to post: rate limit; contest, and whether one is of a team, before a byte is stored;
#   blob spared and written; team locked; place, quota and seat in the queue read;
#   submission, run, attempt and audit; run marked as sent, lane passed on; for the answer
#   the place in the queue.
#  9 to score: run claimed, attempt read; losses spared and written; board and run locked;
#   run ended, attempt, scores and what the team is told; standing and board read; row
#   written, version counted.
#  2 more on a guarded board: what waits with what it is held against, and the verdict.
TO_POST = 9
TO_SCORE = {"plain": 9, "guarded": 11}
STORE_CALLS = 4  # the table in and out, the truth, the losses
ASKED_OF_THE_STORE = ("put", "open", "on_disk", "size")
WORKER = Worker(
    name="worker-1",
    term=timedelta(seconds=60),
    allow_unsandboxed=False,
    python=None,
    clock=timezone.now,
)


@pytest.fixture
def store_calls(monkeypatch):
    """Note each call to the store by its name, and make it."""
    calls = []
    kind = type(current_store())

    def noting(name, act):
        def noted(self, *args, **given):
            calls.append(name)
            return act(self, *args, **given)

        return noted

    for name in ASKED_OF_THE_STORE:
        monkeypatch.setattr(kind, name, noting(name, getattr(kind, name)))
    return calls


@pytest.mark.parametrize("kind", ["plain", "guarded"])
def test_predictions_are_scored_while_one_waits(kind, settings, store_calls):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    contest = ContestFactory(is_guarded=kind == "guarded", daily_limit=ROUNDS + 2)
    for baseline in Submission.objects.filter(contest=contest):
        evaluate(baseline.attempts.get().run_id, worker=WORKER)
    entrant = enter(contest)
    client = APIClient()
    client.force_authenticate(entrant.user)
    taken, posting, scoring, stored = [], [], [], []
    for number in range(ROUNDS):
        table = predictions(wrong=ROUNDS - number, noise=0.1)
        asked = []
        store_calls.clear()
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
        stored.append(len(store_calls))
        attempt.run.refresh_from_db()
        assert attempt.run.status == RunStatus.SUCCEEDED

    print(
        f"\nposted to scored, {kind} board: p50 {statistics.median(taken):.3f} s, "
        f"{statistics.median(posting):.0f} queries to post and "
        f"{statistics.median(scoring):.0f} to score, "
        f"{statistics.median(stored):.0f} calls to the store"
    )
    assert BoardRow.objects.filter(entrant=entrant).exists()
    assert statistics.median(posting) == TO_POST
    assert statistics.median(scoring) <= TO_SCORE[kind]
    assert statistics.median(stored) <= STORE_CALLS


def counting(asked):
    def wrapper(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    return wrapper
