"""A run that is cancelled when its work is done and not yet written down."""

import threading
from dataclasses import replace

import pytest
from django.utils import timezone

from tests.notebooks.test_jobs import BOUNDS, WORKER, made_job
from training.notebooks import services
from training.notebooks.working import work
from training.runs.models import RunStatus

pytestmark = pytest.mark.django_db(transaction=True)
WHEN_DONE = 3  # the worker looks at its clock when it begins, reads, and writes down


def test_a_run_that_is_cancelled_as_it_ends_is_cancelled_at_once():
    job = made_job()
    execution = services.start_job(
        job.owner, job=job, bounds=BOUNDS, asked_at=timezone.now()
    )
    looks = []

    def clock():
        if threading.current_thread() is threading.main_thread():
            looks.append(timezone.now())
            if len(looks) == WHEN_DONE:
                services.cancel_execution(job.owner, execution=execution, at=looks[-1])
        return timezone.now()

    work(execution.run_id, worker=replace(WORKER, clock=clock))

    execution.run.refresh_from_db()
    assert execution.run.status == RunStatus.CANCELLED
    assert not execution.files.exists()
