"""One attempt from claim to board, with the real runner and its walls."""

import io
import threading
import time
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.training import (
    ContestFactory,
    RunFactory,
    enter,
    hand_in,
    predictions,
)
from tests.runner.test_forging import INTO_PIPES, PLATFORM
from training.contests.catalogue import computed_for
from training.contests.evaluations import Worker, evaluate
from training.contests.models import BoardRow, Format, Score, Submission
from training.contests.queries import quota_of
from training.contests.tasks import evaluate_run
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = Worker(
    name="worker-1",
    term=timedelta(seconds=60),
    allow_unsandboxed=False,
    python=None,
    clock=timezone.now,
)


@pytest.fixture
def contest():
    return ContestFactory()


def evaluated(submission):
    evaluate(submission.attempts.get().run_id, worker=WORKER)
    return Submission.objects.get(pk=submission.pk), Run.objects.get()


def test_predictions_are_scored_and_placed(contest):
    submission, run = evaluated(hand_in(enter(contest), predictions(wrong=4)))

    assert (run.status, run.failure_message) == (RunStatus.SUCCEEDED, "")
    scores = {score.metric: score for score in submission.shown.public_scores}
    assert scores.keys() == set(computed_for("BINARY"))
    accuracy = scores["accuracy"]
    assert accuracy.value == pytest.approx(0.9)
    assert accuracy.low < 0.9 < accuracy.high
    row = BoardRow.objects.get()
    assert (row.score, row.ece) == (accuracy.value, scores["ece"].value)
    assert submission.shown.row_count == 40
    assert submission.shown.losses is not None
    assert run.usage["wall_seconds"] > 0


def test_wrong_ids_fail_with_their_rows(contest):
    content = predictions().replace(b"r3,", b"r99,")

    submission, run = evaluated(hand_in(enter(contest), content))

    assert (run.status, run.failure_code, run.failure_stage) == (
        RunStatus.FAILED,
        "unknown_ids",
        "READ",
    )
    assert run.failure_rows[0]["row"] == 5
    assert run.failure_rows[0]["id"] == "r99"
    assert not Score.objects.exists()
    quota = quota_of(submission.entrant, contest, at=timezone.now())
    assert quota.used == 0


def test_private_rows_are_scored_apart():
    contest = ContestFactory(split=True)

    submission, _ = evaluated(hand_in(enter(contest), predictions(wrong=2)))

    public, private = (
        next(each.value for each in scores if each.metric == "accuracy")
        for scores in (submission.shown.public_scores, submission.shown.private_scores)
    )
    assert (public, private) == (pytest.approx(0.9), pytest.approx(1.0))
    assert BoardRow.objects.get().score == public


def test_a_broken_model_fails_before_it_is_scored(contest):
    _, run = evaluated(hand_in(enter(contest), b"no model", format=Format.ONNX))

    assert run.status == RunStatus.FAILED
    assert run.failure_stage in {"READ", "LOAD"}


def test_a_model_that_harms_is_refused_before_anything_loads_it(contest):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", "")
        archive.writestr("weights.pkl", b"\x80\x02cos\nsystem\n(S'echo'\ntR.")

    _, run = evaluated(hand_in(enter(contest), packed.getvalue(), format=Format.CODE))

    assert (run.failure_code, run.failure_stage) == ("unsafe_file", "LOAD")
    assert "os.system" in run.failure_message


def test_a_second_delivery_changes_nothing(contest):
    submission, run = evaluated(hand_in(enter(contest)))

    evaluate_run(run_id=str(run.pk))

    again = Run.objects.get()
    assert (again.attempts, again.finished_at) == (1, run.finished_at)
    assert Score.objects.filter(metric="accuracy").count() == 1
    assert submission.attempts.count() == 1


def test_a_run_that_has_no_attempt_is_ours_to_mend_and_stays_leased():
    run = RunFactory()

    with pytest.raises(Exception, match="Attempt"):
        evaluate(run.pk, worker=WORKER)

    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING


def sleeper():
    """Return an archive whose code sleeps for a minute."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", "import time\ntime.sleep(60)\n")
    return packed.getvalue()


def test_a_run_that_is_cancelled_stops_and_costs_nothing():
    contest = ContestFactory()
    entrant = enter(contest)
    submission = hand_in(entrant, sleeper(), format=Format.CODE, filename="s.zip")
    run_id = submission.attempts.get().run_id
    quick = Worker(
        name="worker-1",
        term=timedelta(seconds=3),
        allow_unsandboxed=True,
        python=None,
        clock=timezone.now,
    )

    def work():
        evaluate(run_id, worker=quick)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    while Run.objects.get().status != RunStatus.RUNNING:
        time.sleep(0.05)
    Run.objects.update(cancel_requested_at=timezone.now())
    worker.join(timeout=60)

    assert not worker.is_alive()
    assert Run.objects.get().status == RunStatus.CANCELLED
    assert quota_of(entrant, contest, at=timezone.now()).used == 0


def test_code_cannot_have_itself_taken_for_a_fault_of_the_platform(contest):
    """It writes into every pipe it can reach that no sandbox was to be had."""
    script = INTO_PIPES.format(words=PLATFORM, status=1, whose="[0-9]*")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", script)

    submission, run = evaluated(
        hand_in(enter(contest), packed.getvalue(), format=Format.CODE, filename="c.zip")
    )

    assert (run.status, run.failure_stage) == (RunStatus.FAILED, "RUN")
    assert run.failure_code == "code_failed"
    assert quota_of(submission.entrant, contest, at=timezone.now()).used == 1
