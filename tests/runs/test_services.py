from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, UserFactory
from tests.factories.training import RunFactory
from training.jobs import SandboxLevel
from training.runs import leases
from training.runs.models import Run, RunStatus, WorkerReport
from training.runs.queries import live_workers, place_of, queue_states
from training.runs.services import RunEnded, request_cancel, stop_runs
from training.runs.workers import report_worker

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(seconds=30)
TERM = timedelta(minutes=5)


def claim(run, *, now=NOON):
    return leases.claim(run.pk, worker="worker-1", now=now, term=TERM)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", RunStatus.CANCELLED),
        ("staff", RunStatus.CANCELLED),
        ("stranger", RunStatus.QUEUED),
    ],
)
def test_a_run_is_cancelled_by_its_owner_and_staff_alone(who, status):
    run = RunFactory()
    people = {
        "owner": run.owner,
        "staff": UserFactory(is_staff=True),
        "stranger": UserFactory(),
    }

    if status == RunStatus.QUEUED:
        with pytest.raises(PermissionDenied):
            request_cancel(people[who], run=run, at=LATER)
    else:
        request_cancel(people[who], run=run, at=LATER)

    run.refresh_from_db()
    assert run.status == status
    assert AuditRecord.objects.filter(act="cancel_run").exists() == (
        status == RunStatus.CANCELLED
    )


def test_cancelling_a_running_run_asks_its_worker_and_twice_is_once():
    run = RunFactory()
    claim(run)

    request_cancel(run.owner, run=run, at=LATER)
    request_cancel(run.owner, run=run, at=LATER + TERM)

    run.refresh_from_db()
    assert (run.status, run.cancel_requested_at) == (RunStatus.RUNNING, LATER)


def test_what_has_ended_cannot_be_cancelled():
    run = RunFactory()
    leases.complete(claim(run), now=LATER, usage={})

    with pytest.raises(RunEnded, match="ended"):
        request_cancel(run.owner, run=run, at=LATER)


def test_stopping_runs_ends_the_waiting_and_asks_the_running():
    waiting, running, ended = RunFactory.create_batch(3)
    claim(running)
    leases.complete(claim(ended), now=NOON, usage={})

    stop_runs(Run.objects.all(), at=LATER)

    for run in (waiting, running, ended):
        run.refresh_from_db()
    assert [waiting.status, running.status, ended.status] == [
        RunStatus.CANCELLED,
        RunStatus.RUNNING,
        RunStatus.SUCCEEDED,
    ]
    assert (running.cancel_requested_at, ended.cancel_requested_at) == (LATER, None)


def test_the_first_in_the_queue_is_told_so():
    run = RunFactory()
    RunFactory(queued_at=LATER)

    assert place_of(run, now=NOON).position == 1


def test_a_place_counts_the_older_runs_of_the_same_queue():
    RunFactory.create_batch(3, queued_at=NOON)
    RunFactory(queue="other")
    run = RunFactory(queued_at=LATER)

    assert place_of(run, now=LATER).position == 4


def test_a_lane_of_its_own_shortens_the_wait_behind_a_flood():
    RunFactory.create_batch(9, lane="contest:flood")
    run = RunFactory(lane="contest:own", queued_at=LATER)

    assert place_of(run, now=LATER).position == 2


def test_the_wait_is_what_runs_took_shared_among_the_workers():
    for _ in range(2):
        leases.complete(claim(RunFactory()), now=NOON + timedelta(seconds=40), usage={})
    report("worker-1", concurrency=2)
    RunFactory()
    run = RunFactory(queued_at=LATER)

    assert place_of(run, now=LATER).estimated_wait == timedelta(seconds=40)


@pytest.mark.parametrize("ended", [False, True])
def test_a_run_that_does_not_wait_has_no_place(ended):
    run = RunFactory()
    lease = claim(run)
    if ended:
        leases.complete(lease, now=LATER, usage={})
    run.refresh_from_db()

    assert place_of(run, now=LATER) is None


def test_the_state_of_a_queue_counts_what_is_live():
    claim(RunFactory())
    RunFactory(queued_at=LATER)
    RunFactory.create_batch(2)
    leases.complete(claim(RunFactory()), now=LATER, usage={})

    (state,) = queue_states()

    assert (state.queue, state.queued, state.running) == ("runs", 3, 1)
    assert state.oldest_queued_at == NOON


def report(hostname, *, at=NOON, concurrency=2, is_safe=True):
    report_worker(
        hostname,
        queues=["runs"],
        concurrency=concurrency,
        sandbox=SandboxLevel("bwrap+seccomp", is_safe=is_safe, reasons=("none",)),
        started_at=NOON,
        now=at,
    )


def test_a_worker_keeps_one_report_its_last():
    report("worker-1")
    report("worker-1", at=LATER, is_safe=False)

    kept = WorkerReport.objects.get()
    assert (kept.seen_at, kept.started_at, kept.is_safe) == (LATER, NOON, False)


def test_a_worker_that_was_silent_for_minutes_is_not_counted():
    report("worker-1")
    report("worker-2", at=NOON + timedelta(minutes=3))

    live = live_workers(now=NOON + timedelta(minutes=4))
    assert [worker.hostname for worker in live] == ["worker-2"]
