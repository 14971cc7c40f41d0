"""Hosts whose clocks are wrong: leases are by the database's alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.kit.clock import database_now
from tests.factories.training import RunFactory
from training.runs import leases
from training.runs.models import Run, RunStatus
from training.runs.tasks import sweep_runs

pytestmark = pytest.mark.django_db
TERM = timedelta(seconds=60)
right_now = timezone.now


@pytest.fixture(params=[timedelta(hours=1), timedelta(hours=-1)])
def astray(request, monkeypatch):
    """Have this host's clock be wrong by an hour."""
    monkeypatch.setattr(timezone, "now", lambda: right_now() + request.param)
    return request.param


def test_the_time_is_the_databases(astray):
    told = database_now()

    assert abs(told - right_now()) < timedelta(seconds=5)
    assert abs(timezone.now() - told - astray) < timedelta(seconds=5)
    assert database_now() > told


def test_a_sweep_takes_back_only_what_the_database_says_is_over(astray):
    held, lost = RunFactory.create_batch(2)
    now = database_now()
    leases.claim(held.pk, worker="another host's", now=now, term=TERM)
    leases.claim(lost.pk, worker="another host's", now=now - 2 * TERM, term=TERM)

    sweep_runs()

    assert Run.objects.get(status=RunStatus.RUNNING) == held
    assert Run.objects.get(status=RunStatus.QUEUED) == lost
