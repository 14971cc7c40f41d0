"""Workers that hosts bring: what they may take, and what is believed of what they say."""

import base64
import io
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.contests.asking import BASE, each, signed_in, text_of, url
from tests.factories.training import (
    ROWS,
    ContestFactory,
    enter,
    hand_in,
    outcome_of,
)
from training.contests import services
from training.contests.models import Score
from training.runs.dispatch import sweep
from training.runs.models import BroughtWorker, Run, RunStatus

pytestmark = pytest.mark.django_db


def bring(contest, *, for_namespace=False):
    return services.bring_worker(
        contest.host,
        contest=contest,
        name="lab",
        for_namespace=for_namespace,
        at=timezone.now(),
    )


def client_of(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def ask(client, act, body=None):
    return client.post(f"{BASE}/worker/{act}", body or {}, format="json")


def losses(count=ROWS, *, value=0.5, kind=np.float32):
    out = io.BytesIO()
    np.save(out, np.full(count, value, dtype=kind))
    return base64.b64encode(out.getvalue()).decode()


def result(value=0.75, **changes):
    plain = outcome_of(value).as_json()
    del plain["log_tail"]
    return {**plain, **changes}


@pytest.fixture
def worker(contest):
    _, secret = bring(contest)
    return client_of(secret)


@pytest.fixture
def claimed(contest, worker):
    """A claimed run, as a worker names it."""
    hand_in(enter(contest))
    job = ask(worker, "claim").json()
    return {"run": job["run"], "lease": job["lease"]}


def test_a_worker_takes_what_waits_and_brings_its_scores(contest, worker):
    submission = hand_in(enter(contest))

    job = ask(worker, "claim").json()
    held = {"run": job["run"], "lease": job["lease"]}
    beat = ask(worker, "heartbeat", {**held, "log_tail": ["one"], "stage": "RUN"})
    running = Run.objects.get()
    done = ask(worker, "complete", {**held, "outcome": result(losses=losses())})

    assert set(job["files"]) == {"submission", "truth"}
    assert "expires=" in job["files"]["truth"]["url"]
    assert job["target"]["metrics"][0] == "accuracy"
    assert (beat.json(), running.stage) == ({"standing": "HELD"}, "RUN")
    assert running.log_tail == ["one"]
    assert done.json() == {"recorded": True}
    attempt = submission.attempts.get()
    assert attempt.run.status == RunStatus.SUCCEEDED
    assert attempt.scores.get(metric="accuracy").value == 0.75
    assert attempt.losses is not None


def test_nothing_waits_and_workers_count_by_their_token_not_their_address(
    contest, worker, settings
):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 1, "member": 2}
    _, secret = bring(contest)
    sister = client_of(secret)

    first = [ask(worker, "claim").status_code for _ in range(3)]
    second = [ask(sister, "claim").status_code for _ in range(3)]
    nobody = [APIClient().get(f"{BASE}/contests").status_code for _ in range(2)]

    assert first == second == [204, 204, 429]
    assert nobody == [200, 429]


def test_a_worker_of_one_contest_takes_nothing_of_another(contest, worker):
    hand_in(enter(ContestFactory(host=contest.host)))
    hand_in(enter(ContestFactory()))

    assert ask(worker, "claim").status_code == 204


def test_a_worker_of_a_namespace_takes_what_is_its_and_no_one_else_s(contest):
    _, secret = bring(contest, for_namespace=True)
    sister = ContestFactory(host=contest.host)
    hand_in(enter(sister))
    hand_in(enter(ContestFactory()))

    answers = [ask(client_of(secret), "claim") for _ in range(2)]

    assert answers[0].json()["contest"] == sister.slug
    assert answers[1].status_code == 204


def test_a_revoked_token_opens_nothing_and_its_run_goes_to_another(
    contest, worker, claimed
):
    brought = BroughtWorker.objects.get()
    services.dismiss_worker(
        contest.host, contest=contest, worker_id=brought.pk, at=timezone.now()
    )

    answer = ask(worker, "complete", {**claimed, "outcome": result()})
    sweep(timezone.now() + timedelta(hours=1))

    assert (answer.status_code, answer.json()["code"]) == (401, "worker_unknown")
    assert Run.objects.get().status == RunStatus.QUEUED
    assert not Score.objects.exists()


def test_a_worker_s_token_opens_nothing_else(contest, worker):
    for path in ("contests", "runs", f"contests/{contest.slug}/submissions"):
        assert worker.get(f"{BASE}/{path}").status_code == 401


def test_the_token_is_kept_as_a_digest(contest):
    brought, secret = bring(contest)

    kept = BroughtWorker.objects.filter(pk=brought.pk).values().get()
    assert not any(secret in str(value) for value in kept.values())
    assert secret.startswith("stoaw_")


def test_another_worker_s_lease_is_not_one_s_own(contest, claimed):
    _, secret = bring(contest)

    answer = ask(client_of(secret), "complete", {**claimed, "outcome": result()})

    assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
    assert not Score.objects.exists()


def test_a_late_result_is_refused_and_another_s_stands(contest, worker, claimed):
    sweep(timezone.now() + timedelta(hours=1))
    again = ask(worker, "claim").json()
    held = {"run": again["run"], "lease": again["lease"]}

    late = ask(worker, "complete", {**claimed, "outcome": result(0.99)})
    done = ask(worker, "complete", {**held, "outcome": result(0.5)})
    twice = ask(worker, "complete", {**held, "outcome": result(0.6)})

    assert (late.status_code, done.status_code, twice.status_code) == (409, 200, 409)
    assert Score.objects.get(metric="accuracy").value == 0.5


def test_a_cancelled_run_is_told_to_stop_and_keeps_no_score(contest, worker, claimed):
    run = Run.objects.get()
    services.cancel_submission(
        contest.host, submission=run.attempt.submission, at=timezone.now()
    )

    beat = ask(worker, "heartbeat", claimed)
    done = ask(worker, "complete", {**claimed, "outcome": result()})

    assert beat.json() == {"standing": "CANCEL_REQUESTED"}
    assert done.status_code == 200
    assert Run.objects.get().status == RunStatus.CANCELLED
    assert not Score.objects.exists()


METRIC = {"name": "accuracy", "value": 0.5, "low": 0.4, "high": 0.6}


@pytest.mark.parametrize(
    "changes",
    [
        {"metrics": []},
        {"metrics": [{**METRIC, "value": "0.5x"}]},
        {"metrics": [{**METRIC, "name": "made_up"}]},
        {"metrics": [{**METRIC, "name": "ece"}]},
        {"metrics": [METRIC, METRIC]},
        {"metrics": [{**METRIC, "low": 0.55}]},
        {"metrics": [{**METRIC, "more": 1}]},
        {"private_metrics": [METRIC]},
        {"row_count": ROWS + 1},
        {"row_count": -1},
        {"predictions_sha256": "x" * 64},
        {"usage": {}},
        {"calibration": [{"confidence": 2}]},
        {"losses": "no base64!"},
        {"losses": base64.b64encode(b"\x93NUMPY\x01\x00").decode()},
        {"losses": losses(ROWS + 1)},
        {"losses": losses(value=float("nan"))},
        {"losses": losses(value=float("inf"))},
        {"losses": losses(kind=np.float64)},
        {"surprise": 1},
    ],
)
def test_what_no_scoring_gives_is_refused(worker, claimed, changes):
    answer = ask(worker, "complete", {**claimed, "outcome": result(**changes)})

    assert answer.status_code == 400
    assert answer.json()["code"] == "result_refused"
    assert not Score.objects.exists()
    assert Run.objects.get().status == RunStatus.RUNNING


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_score_that_is_no_number_is_refused(worker, claimed, word):
    body = (
        f'{{"run": "{claimed["run"]}", "lease": "{claimed["lease"]}", "outcome": '
        f'{{"metrics": [{{"name": "accuracy", "value": {word}, "low": 0, "high": 1}}]}}}}'
    )

    answer = worker.post(
        f"{BASE}/worker/complete", body, content_type="application/json"
    )

    assert answer.status_code == 400
    assert not Score.objects.exists()


def test_a_failure_is_told_as_it_came(contest, worker, claimed):
    failure = {"code": "bad_rows", "message": "Row 2 is bad.", "stage": "READ"}

    answer = ask(worker, "fail", {**claimed, "failure": failure, "log_tail": ["x"]})

    run = Run.objects.get()
    assert answer.json() == {"recorded": True}
    assert (run.failure_code, run.failure_stage, run.log_tail) == (
        "bad_rows",
        "READ",
        ["x"],
    )


@pytest.mark.parametrize(
    "failure",
    [
        {},
        {"code": "worker_lost", "message": "m", "stage": "RUN"},
        {"code": "Bad Code", "message": "m", "stage": "RUN"},
        {"code": "bad", "message": "m", "stage": "NOWHERE"},
        {"code": "bad", "message": "m" * 2001, "stage": "RUN"},
    ],
)
def test_a_failure_that_no_worker_has_is_refused(worker, claimed, failure):
    answer = ask(worker, "fail", {**claimed, "failure": failure})

    assert (answer.status_code, answer.json()["code"]) == (400, "result_refused")
    assert Run.objects.get().status == RunStatus.RUNNING


def test_what_is_given_back_waits_again_and_costs_no_attempt(worker, claimed):
    assert ask(worker, "release", claimed).json() == {"recorded": True}

    run = Run.objects.get()
    assert (run.status, run.attempts) == (RunStatus.QUEUED, 0)


@pytest.mark.parametrize(("who", "status"), each(401, 403, 403, 201, 201))
def test_making_a_worker_takes_a_host(api, contest, people, who, status):
    answer = api(people[who]).post(
        url(contest, "workers"), {"name": "lab"}, format="json"
    )

    assert answer.status_code == status
    assert BroughtWorker.objects.exists() == (status == 201)


def test_hosts_see_when_a_worker_was_here_and_what_it_runs(api, contest, claimed):
    (seen,) = api(contest.host).get(url(contest, "workers")).json()

    assert seen["runs"] == [claimed["run"]]
    assert seen["seen_at"] is not None
    assert "token" not in seen


def test_hosts_make_and_revoke_a_worker_on_its_page(contest):
    browser = signed_in(contest.host)
    path = f"/contests/{contest.slug}/workers"

    made = text_of(browser.post(path, {"name": "lab"}))
    shown = text_of(browser.get(path))
    brought = BroughtWorker.objects.get()
    browser.post(f"{path}/revoke", {"worker": brought.pk})

    assert "STOA_WORKER_TOKEN=stoaw_" in made
    assert "STOA_WORKER_TOKEN=stoaw_" not in shown
    assert "lab" in shown
    brought.refresh_from_db()
    assert brought.revoked_at is not None


def test_the_host_of_another_contest_revokes_nothing(api, contest):
    brought, _ = bring(contest)
    other = ContestFactory()

    answer = api(other.host).delete(
        url(other, "workers"), {"worker": str(brought.pk)}, format="json"
    )

    assert answer.status_code == 404
    brought.refresh_from_db()
    assert brought.revoked_at is None
