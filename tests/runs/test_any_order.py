"""Leases under any order of events, found by hypothesis: none is lost, none ends twice."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from tests.factories.accounts import NOON, UserFactory
from tests.factories.training import RunFactory
from training.runs import leases
from training.runs.dispatch import sweep
from training.runs.leases import Failure, Standing
from training.runs.models import Run, RunStatus
from training.runs.services import request_cancel

TERM = timedelta(seconds=60)
ENDED = {RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED}


class Queue(RuleBasedStateMachine):
    """Workers, a sweeper, impatient owners and a clock, over a handful of runs."""

    leases = Bundle("leases")

    def __init__(self):
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.now = NOON
        self.effects = {}
        self.ended = {}

    @initialize(count=st.integers(1, 3))
    def queue(self, count):
        owner = UserFactory()
        self.runs = [
            RunFactory(owner=owner, queued_at=self.now).pk for _ in range(count)
        ]

    @rule(target=leases, which=st.integers(0, 2))
    def claim(self, which):
        run_id = self.runs[which % len(self.runs)]
        lease = leases.claim(run_id, worker="w", now=self.now, term=TERM)
        return lease or multiple()

    @rule(lease=leases)
    def renew(self, lease):
        standing = leases.renew(lease, now=self.now, log_tail=["still here"])
        run = Run.objects.get(pk=lease.run_id)
        assert (standing is Standing.LOST) == (run.lease_token != lease.token)

    @rule(lease=leases)  # not consumed: a slow worker may come again
    def complete(self, lease):
        if leases.complete(lease, now=self.now, usage={}):
            assert lease.run_id not in self.effects
            self.effects[lease.run_id] = lease.token

    @rule(lease=leases)
    def fail(self, lease):
        leases.fail(lease, now=self.now, failure=Failure("bad", "It was bad."))

    @rule(lease=leases)
    def stop(self, lease):
        leases.cancel(lease, now=self.now)

    @rule(lease=consumes(leases))
    def release(self, lease):
        leases.release(lease, now=self.now)

    @rule(lease=consumes(leases))
    def kill(self, lease):
        """Lose the worker: its lease is never used again."""

    @rule(which=st.integers(0, 2))
    def ask_to_cancel(self, which):
        run = Run.objects.get(pk=self.runs[which % len(self.runs)])
        if run.is_live:
            request_cancel(run.owner, run=run, at=self.now)

    @rule(seconds=st.sampled_from([1, 20, 61, 400]))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule()
    def sweep(self):
        sweep(self.now)
        assert not Run.objects.abandoned(self.now).exists()
        assert not Run.objects.due(self.now).exists()

    @invariant()
    def what_has_ended_stays_as_it_ended(self):
        for run in Run.objects.filter(status__in=ENDED):
            told = run.status, run.finished_at, run.attempts
            assert self.ended.setdefault(run.pk, told) == told

    @invariant()
    def effects_and_success_are_the_same(self):
        succeeded = Run.objects.filter(status=RunStatus.SUCCEEDED)
        assert {run.pk for run in succeeded} == set(self.effects)

    def teardown(self):
        """With workers that do their work, everything ends; then undo it all."""
        try:
            self.now += timedelta(seconds=1000)
            sweep(self.now)
            for run in Run.objects.queued():
                lease = leases.claim(run.pk, worker="w", now=self.now, term=TERM)
                assert leases.complete(lease, now=self.now, usage={})
            assert not Run.objects.exclude(status__in=ENDED).exists()
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)


@pytest.mark.django_db
class TestQueue(Queue.TestCase):
    settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
