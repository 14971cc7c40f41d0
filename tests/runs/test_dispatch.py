from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from marketplace.kit.errors import Malformed
from tests.factories.accounts import NOON, UserFactory
from tests.factories.training import RunFactory
from training.runs import dispatch, leases
from training.runs.dispatch import (
    LEAST_WINDOW,
    RESEND_AFTER,
    RESEND_AT_LATEST,
    next_in_turn,
    sweep,
)
from training.runs.models import Lane, Run, RunStatus
from training.runs.services import queue_backlog, queue_run, weigh_lane
from training.runs.turns import claim_next

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
WORK = {"task": "contests.evaluate", "queue": "runs", "queued_at": NOON}


CAP = Lane().per_claimant


def ids(runs):
    return [str(run.pk) for run in runs]


def test_queueing_sends_the_id_once_the_transaction_has_committed(
    sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run = queue_run(UserFactory(), lane="contest:one", **WORK)
        assert sent() == []

    assert sent() == ids([run])
    run.refresh_from_db()
    assert run.dispatched_at == NOON


def test_what_is_rolled_back_is_neither_queued_nor_sent(
    sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        queue_run(UserFactory(), **WORK)
        transaction.set_rollback(True)

    assert sent() == []
    assert not Run.objects.exists()


@pytest.fixture
def broken_broker():
    """Put a file where the broker keeps its folder, until the test ends."""
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    aside = folder.rename(folder.with_suffix(".aside"))
    folder.touch()
    yield
    folder.unlink()
    aside.rename(folder)
    dispatch.rest = dispatch.BrokerRest()


def test_a_broker_that_fails_does_not_fail_the_act(
    broken_broker, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run = queue_run(UserFactory(), **WORK)

    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert sweep(NOON + RESEND_AFTER).dispatched == 0


def test_while_the_broker_fails_requests_do_not_wait_for_it(
    broken_broker, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        tried, spared = (queue_run(UserFactory(), **WORK) for _ in range(2))

    tried.refresh_from_db()
    spared.refresh_from_db()
    assert (tried.dispatched_at, spared.dispatched_at) == (NOON, None)


def test_the_sweep_sends_what_was_never_sent(sent):
    runs = RunFactory.create_batch(3)

    assert sweep(NOON).dispatched == 3
    assert sorted(sent()) == sorted(ids(runs))
    assert sweep(NOON + SECOND).dispatched == 0


def test_what_the_broker_lost_is_sent_again_each_time_after_twice_the_wait(sent):
    run = RunFactory()
    sweep(NOON)
    sent()  # and lost

    assert sweep(NOON + RESEND_AFTER - SECOND).dispatched == 0
    now = NOON + RESEND_AFTER
    assert sweep(now).dispatched == 1
    assert sweep(now + 2 * RESEND_AFTER - SECOND).dispatched == 0
    assert sweep(now + 2 * RESEND_AFTER).dispatched == 1
    assert sent() == ids([run, run])


def test_however_old_a_run_is_it_is_sent_again_within_a_quarter_of_an_hour(sent):
    run = RunFactory()
    now = NOON
    for _ in range(12):
        sweep(now)
        run.refresh_from_db()
        now = run.due_at

    assert run.due_at - run.dispatched_at == RESEND_AT_LATEST
    assert len(sent()) == 12


def test_a_run_that_comes_back_is_sent_at_once(sent):
    run = RunFactory()
    sweep(NOON)
    leases.claim(run.pk, worker="w", now=NOON, term=SECOND)

    assert sweep(NOON + 2 * SECOND).dispatched == 1
    assert sent() == ids([run, run])


def test_the_broker_holds_no_more_than_a_window(sent):
    for owner in UserFactory.create_batch(LEAST_WINDOW // CAP + 2):
        queue_backlog(owner, lane="contest:one", count=CAP, **WORK)

    assert sweep(NOON).dispatched == LEAST_WINDOW
    assert sweep(NOON + SECOND).dispatched == 0
    for run_id in sent()[:3]:
        leases.claim(run_id, worker="w", now=NOON + SECOND, term=timedelta(hours=1))
    assert sweep(NOON + 2 * SECOND).dispatched == 3


def test_an_owner_with_a_thousand_runs_holds_no_more_than_a_few_at_once(sent):
    crowd, other = UserFactory.create_batch(2)
    queue_backlog(crowd, lane="contest:one", count=1000, **WORK)
    late = queue_run(other, lane="contest:one", **{**WORK, "queued_at": NOON + SECOND})

    order = next_in_turn(NOON + SECOND, limit=100)

    assert len(order) == CAP + 1
    assert order.index(late) == 1


def test_owners_take_turns_inside_a_contest(sent):
    one, two, three = UserFactory.create_batch(3)
    for owner in (one, one, one, two, two, three):
        queue_run(owner, **WORK)

    order = next_in_turn(NOON, limit=10)

    owners = [run.owner for run in order]
    assert {owner.pk for owner in owners[:3]} == {one.pk, two.pk, three.pk}
    assert owners[-1] == one


def weigh(*, lane, weight, cap=CAP):
    weigh_lane(
        UserFactory(is_staff=True),
        lane=Lane.objects.get(name=lane),
        weight=weight,
        per_claimant=cap,
        at=NOON,
    )


def test_contests_take_turns_by_weight():
    for _ in range(6):
        RunFactory(lane="contest:small")
    for _ in range(20):
        RunFactory(lane="contest:heavy")
    weigh(lane="contest:heavy", weight=2)

    order = next_in_turn(NOON, limit=12)

    lanes = Counter(run.lane_id for run in order)
    assert lanes == {"contest:heavy": 8, "contest:small": 4}


def test_a_contest_that_floods_the_queue_does_not_keep_another_waiting():
    for _ in range(100):
        RunFactory(lane="contest:flood")
    late = RunFactory(lane="contest:late", queued_at=NOON + timedelta(minutes=1))

    assert next_in_turn(NOON + timedelta(minutes=1), limit=200).index(late) <= 1


def test_what_an_owner_has_with_workers_counts_against_their_turns():
    owner = UserFactory()
    for run in RunFactory.create_batch(CAP - 1, owner=owner):
        leases.claim(run.pk, worker="w", now=NOON, term=timedelta(hours=1))
    RunFactory.create_batch(3, owner=owner)

    assert len(next_in_turn(NOON, limit=10)) == 1


def test_one_that_hands_in_anew_waits_for_the_round_of_others():
    crowd, other = UserFactory.create_batch(2)
    queue_backlog(crowd, lane="contest:one", count=100, **WORK)
    for run in next_in_turn(NOON, limit=3):
        leases.complete(
            leases.claim(run.pk, worker="w", now=NOON, term=SECOND), now=NOON, usage={}
        )

    fresh = queue_run(other, lane="contest:one", **WORK)

    assert next_in_turn(NOON, limit=5).index(fresh) <= 1


def test_a_contest_that_rested_does_not_make_up_for_it():
    old, new = UserFactory.create_batch(2)
    queue_backlog(old, lane="contest:busy", count=40, **WORK)
    for _ in range(30):
        taken_from("contest:busy")
    queue_backlog(new, lane="contest:fresh", count=40, **WORK)

    lanes = Counter(run.lane_id for run in next_in_turn(NOON, limit=10))

    assert lanes == {"contest:busy": 5, "contest:fresh": 5}


def taken_from(*lanes, queue="runs"):
    """Have a worker that asks by itself do one run, and say of which lane."""
    lease = claim_next(
        Lane.objects.filter(name__in=lanes),
        queues=[queue],
        worker="w",
        now=NOON,
        term=SECOND,
    )
    if lease is None:
        return None
    leases.complete(lease, now=NOON, usage={})
    return Run.objects.get(pk=lease.run_id).lane_id


def test_workers_that_ask_by_themselves_serve_lanes_by_weight():
    for name in ("contest:light", "contest:heavy"):
        queue_backlog(UserFactory(), lane=name, count=40, **WORK)
    weigh(lane="contest:heavy", weight=3)

    served = Counter(taken_from("contest:light", "contest:heavy") for _ in range(24))

    assert served == {"contest:heavy": 18, "contest:light": 6}
    assert taken_from("contest:other") is None
    assert taken_from("contest:light", queue="sites") is None


def test_nobody_has_more_with_workers_than_the_cap_of_the_lane():
    owner, other = UserFactory.create_batch(2)
    queue_backlog(owner, lane="contest:one", count=5, **WORK)
    weigh(lane="contest:one", weight=1, cap=2)

    def claimed():
        lanes = Lane.objects.all()
        return claim_next(lanes, queues=["runs"], worker="w", now=NOON, term=SECOND)

    assert [claimed() is None for _ in range(3)] == [False, False, True]
    run = queue_run(other, lane="contest:one", **WORK)
    assert claimed().run_id == run.pk


@pytest.mark.parametrize(("weight", "cap"), [(0, 8), (101, 8), (1, 0), (1, 1001)])
def test_a_weight_out_of_range_is_refused(weight, cap):
    RunFactory(lane="contest:one")

    with pytest.raises(Malformed, match="whole number"):
        weigh(lane="contest:one", weight=weight, cap=cap)


def test_only_staff_weigh_lanes():
    lane = RunFactory().lane

    with pytest.raises(PermissionDenied):
        weigh_lane(UserFactory(), lane=lane, weight=2, per_claimant=2, at=NOON)

    lane.refresh_from_db()
    assert lane.weight == 1
