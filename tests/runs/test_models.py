from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.factories.accounts import NOON
from tests.factories.training import RunFactory
from training.runs.models import LOG_LINES, Run, RunStatus, WorkerReport

pytestmark = pytest.mark.django_db
TOKEN = "6f0f1b5a-0000-4000-8000-000000000001"
RUNNING = {
    "status": RunStatus.RUNNING,
    "attempts": 1,
    "worker": "worker-1",
    "lease_token": TOKEN,
    "lease_until": NOON,
    "heartbeat_at": NOON,
    "started_at": NOON,
}
ENDED = {"started_at": NOON, "finished_at": NOON, "attempts": 1}
FAILED = {
    **ENDED,
    "status": RunStatus.FAILED,
    "failure_code": "unknown_ids",
    "failure_message": "Row 2 names an id that is not in the contest.",
}


@pytest.mark.parametrize(
    "state",
    [
        {},
        RUNNING,
        {**ENDED, "status": RunStatus.SUCCEEDED},
        FAILED,
        {
            "status": RunStatus.CANCELLED,
            "finished_at": NOON,
            "cancel_requested_at": NOON,
        },
        {**RUNNING, "cancel_requested_at": NOON},
    ],
)
def test_the_database_takes_every_state_a_run_goes_through(state):
    run = RunFactory(**state)

    assert Run.objects.get(pk=run.pk).status == run.status


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("status_known", {"status": "LOST", "finished_at": NOON}),
        ("attempts_within_limit", {"attempts": 4}),
        ("attempts_within_limit", {"max_attempts": 0}),
        ("leased_while_running", {**RUNNING, "lease_token": None}),
        ("leased_while_running", {**RUNNING, "lease_until": None}),
        ("leased_while_running", {**RUNNING, "heartbeat_at": None}),
        ("leased_while_running", {**RUNNING, "started_at": None}),
        ("leased_while_running", {**RUNNING, "worker": ""}),
        ("leased_while_running", {**RUNNING, "attempts": 0}),
        ("leased_while_running", {"lease_token": TOKEN}),
        ("leased_while_running", {"lease_until": NOON}),
        ("not_started_while_queued", {"started_at": NOON}),
        (
            "ended_was_started",
            {"status": RunStatus.SUCCEEDED, "finished_at": NOON},
        ),
        ("ended_was_started", {**FAILED, "started_at": None}),
        ("finished_unless_live", {"finished_at": NOON}),
        ("finished_unless_live", {**FAILED, "finished_at": None}),
        ("failure_told", {**FAILED, "failure_code": ""}),
        ("failure_told", {**FAILED, "failure_message": ""}),
        ("failure_told", {"failure_code": "worker_lost"}),
        (
            "cancelled_on_request",
            {"status": RunStatus.CANCELLED, "finished_at": NOON},
        ),
        ("no_cancel_while_queued", {"cancel_requested_at": NOON}),
        ("progress_is_fraction", {**RUNNING, "progress": 1.5}),
        ("progress_is_fraction", {**RUNNING, "progress": float("nan")}),
        ("log_is_a_tail", {**RUNNING, "log_tail": ["x"] * (LOG_LINES + 1)}),
    ],
)
def test_the_database_refuses_states_that_must_not_be(rule, state):
    with pytest.raises(IntegrityError, match=f"runs_run_{rule}"), transaction.atomic():
        RunFactory(**state)

    assert not Run.objects.exists()


def test_a_worker_was_not_seen_before_it_started():
    with (
        pytest.raises(IntegrityError, match="runs_workerreport_seen_after_start"),
        transaction.atomic(),
    ):
        WorkerReport.objects.create(
            hostname="worker-1",
            concurrency=2,
            sandbox="bwrap",
            is_safe=True,
            started_at=NOON,
            seen_at=NOON - timedelta(seconds=1),
        )
