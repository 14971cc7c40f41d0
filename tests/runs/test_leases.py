import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from tests.factories.accounts import NOON
from tests.factories.training import RunFactory
from training.runs import leases
from training.runs.dispatch import WORKER_LOST, sweep
from training.runs.leases import Failure, Standing
from training.runs.models import LOG_LINES, Run, RunStatus

pytestmark = pytest.mark.django_db
TERM = timedelta(seconds=60)
LATER = NOON + timedelta(seconds=1)
AFTER_TERM = NOON + TERM + timedelta(seconds=1)
FAILURE = Failure("unknown_ids", "Row 2 names an id that is unknown.", "READ")


def claim(run, *, now=NOON, worker="worker-1"):
    return leases.claim(run.pk, worker=worker, now=now, term=TERM)


@pytest.fixture
def run():
    return RunFactory()


def test_a_claim_takes_a_queued_run_once(run):
    lease = claim(run)

    assert claim(run, worker="worker-2") is None
    run.refresh_from_db()
    assert (run.status, run.worker, run.attempts) == (
        RunStatus.RUNNING,
        "worker-1",
        1,
    )
    assert (run.lease_token, run.lease_until) == (lease.token, NOON + TERM)
    assert (run.started_at, run.heartbeat_at) == (NOON, NOON)


def test_what_is_not_queued_or_not_there_cannot_be_claimed(run):
    leases.complete(claim(run), now=LATER, usage={})

    assert claim(run) is None
    assert leases.claim(uuid.uuid4(), worker="w", now=NOON, term=TERM) is None


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_claim_at_once_one_has_the_run():
    run = RunFactory()
    start = threading.Barrier(8)
    won = []

    def work(number):
        start.wait()
        if claim(run, worker=f"worker-{number}"):
            won.append(number)
        connection.close()

    workers = [threading.Thread(target=work, args=[n]) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    run.refresh_from_db()
    assert len(won) == 1
    assert (run.attempts, run.worker) == (1, f"worker-{won[0]}")


def test_renewing_moves_the_end_and_publishes_log_and_progress(run):
    lease = claim(run)

    assert (
        leases.renew(lease, now=LATER, log_tail=["a", "b"], progress=0.5)
        is Standing.HELD
    )
    run.refresh_from_db()
    assert (run.lease_until, run.heartbeat_at) == (LATER + TERM, LATER)
    assert (run.log_tail, run.progress) == (["a", "b"], 0.5)


def test_a_renewal_keeps_the_last_lines_of_a_long_log(run):
    lease = claim(run)

    leases.renew(lease, now=LATER, log_tail=[str(n) for n in range(LOG_LINES + 5)])

    run.refresh_from_db()
    assert (run.log_tail[0], len(run.log_tail)) == ("5", LOG_LINES)


def test_a_renewal_tells_that_the_owner_wants_it_to_stop(run):
    lease = claim(run)
    Run.objects.update(cancel_requested_at=LATER)

    assert leases.renew(lease, now=LATER) is Standing.CANCEL_REQUESTED


def test_completing_ends_the_run_once(run):
    lease = claim(run)

    assert leases.complete(lease, now=LATER, usage={"wall_seconds": 2}, log_tail=["x"])
    assert not leases.complete(lease, now=LATER, usage={})
    run.refresh_from_db()
    assert (run.status, run.finished_at, run.lease_token) == (
        RunStatus.SUCCEEDED,
        LATER,
        None,
    )
    assert (run.usage, run.log_tail) == ({"wall_seconds": 2}, ["x"])


def test_failing_ends_the_run_and_says_why(run):
    lease = claim(run)

    assert leases.fail(lease, now=LATER, failure=FAILURE)
    run.refresh_from_db()
    assert (run.status, run.failure_code, run.failure_stage) == (
        RunStatus.FAILED,
        "unknown_ids",
        "READ",
    )
    assert sweep(AFTER_TERM).requeued == 0


def test_a_run_whose_owner_cancelled_is_not_completed_but_cancelled(run):
    lease = claim(run)
    Run.objects.update(cancel_requested_at=LATER)

    assert not leases.complete(lease, now=LATER, usage={})
    assert not leases.fail(lease, now=LATER, failure=FAILURE)
    assert leases.cancel(lease, now=LATER)
    run.refresh_from_db()
    assert (run.status, run.failure_code) == (RunStatus.CANCELLED, "")


def test_only_what_was_asked_to_stop_is_cancelled(run):
    assert not leases.cancel(claim(run), now=LATER)
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING


def test_a_released_run_is_queued_again_and_the_attempt_is_not_counted(run):
    lease = claim(run)

    assert leases.release(lease, now=LATER)
    run.refresh_from_db()
    assert (run.status, run.attempts, run.due_at) == (RunStatus.QUEUED, 0, LATER)
    assert claim(run) is not None


def test_a_worker_that_was_given_up_on_can_change_nothing(run):
    lost = claim(run)
    sweep(AFTER_TERM)
    held = claim(run, now=AFTER_TERM, worker="worker-2")

    assert leases.renew(lost, now=AFTER_TERM) is Standing.LOST
    assert not leases.complete(lost, now=AFTER_TERM, usage={"by": "the lost one"})
    assert not leases.fail(lost, now=AFTER_TERM, failure=FAILURE)
    assert not leases.cancel(lost, now=AFTER_TERM)
    assert not leases.release(lost, now=AFTER_TERM)
    assert leases.complete(held, now=AFTER_TERM, usage={"by": "its successor"})
    run.refresh_from_db()
    assert run.usage == {"by": "its successor"}


def test_a_run_that_loses_its_worker_three_times_fails_with_a_reason(run):
    now = NOON
    for attempt in (1, 2):
        claim(run, now=now)
        now += TERM + timedelta(seconds=1)
        assert sweep(now).requeued == 1
        run.refresh_from_db()
        assert (run.status, run.attempts) == (RunStatus.QUEUED, attempt)

    claim(run, now=now)
    now += TERM + timedelta(seconds=1)

    assert sweep(now).failed == 1
    run.refresh_from_db()
    assert (run.status, run.failure_code, run.attempts) == (
        RunStatus.FAILED,
        WORKER_LOST,
        3,
    )


def test_an_abandoned_run_that_was_to_be_cancelled_is_cancelled(run):
    claim(run)
    Run.objects.update(cancel_requested_at=LATER)

    assert sweep(AFTER_TERM).cancelled == 1
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
