import time
from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.storage.blobs import StorageFull, StoreSilent
from tests.factories.training import RunFactory
from training.runs import leases
from training.runs.heartbeat import SHORTAGE_PAUSE, Heartbeat
from training.runs.models import LOG_LINES, Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)
TERM = timedelta(seconds=0.6)


@pytest.fixture
def lease():
    run = RunFactory()
    return leases.claim(run.pk, worker="worker-1", now=timezone.now(), term=TERM)


def held(lease):
    return Run.objects.get(pk=lease.run_id)


def wait_for(condition, *, seconds=5.0):
    """Return whether the condition came true in time."""
    give_up_at = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return condition()


def test_the_lease_outlives_its_term_while_the_work_goes_on(lease):
    with Heartbeat(lease, clock=timezone.now) as pulse:
        time.sleep(2 * TERM.total_seconds())

        assert not pulse.stop()
        assert not Run.objects.abandoned(timezone.now()).exists()


def test_lines_of_the_log_can_be_read_while_the_work_goes_on(lease):
    with Heartbeat(lease, clock=timezone.now) as pulse:
        pulse.write_log("first\nsecond\0")

        assert wait_for(lambda: held(lease).log_tail == ["first", "second\ufffd"])


def test_only_the_last_lines_are_kept():
    lease = leases.Lease(RunFactory().pk, RunFactory().pk, TERM)
    pulse = Heartbeat(lease, clock=timezone.now)

    for number in range(LOG_LINES + 3):
        pulse.write_log(f"line {number}")

    assert (len(pulse.log_tail), pulse.log_tail[0]) == (LOG_LINES, "line 3")


def test_cancelling_tells_the_worker_to_stop(lease):
    with Heartbeat(lease, clock=timezone.now) as pulse:
        Run.objects.update(cancel_requested_at=timezone.now())

        assert wait_for(pulse.stop)
    assert pulse.standing is leases.Standing.CANCEL_REQUESTED


def test_losing_the_lease_tells_the_worker_to_stop(lease):
    with Heartbeat(lease, clock=timezone.now) as pulse:
        Run.objects.update(lease_token=lease.run_id)

        assert wait_for(pulse.stop)
    assert pulse.standing is leases.Standing.LOST


def test_no_beat_comes_after_the_block(lease):
    with Heartbeat(lease, clock=timezone.now):
        pass
    before = held(lease).heartbeat_at

    time.sleep(TERM.total_seconds())

    assert held(lease).heartbeat_at == before


@pytest.mark.parametrize("shortage", [StoreSilent, StorageFull])
def test_a_run_whose_bytes_cannot_be_had_is_given_back_unspent(lease, shortage):
    began_at = timezone.now()

    with pytest.raises(shortage), Heartbeat(lease, clock=timezone.now):
        raise shortage("not just now")

    run = held(lease)
    assert (run.status, run.attempts) == (RunStatus.QUEUED, 0)
    assert began_at + SHORTAGE_PAUSE <= run.due_at <= timezone.now() + SHORTAGE_PAUSE


def test_a_run_that_breaks_its_worker_stays_with_it_until_its_lease_ends(lease):
    with pytest.raises(OSError, match="a fault"), Heartbeat(lease, clock=timezone.now):
        raise OSError("a fault of ours")

    assert (held(lease).status, held(lease).attempts) == (RunStatus.RUNNING, 1)
