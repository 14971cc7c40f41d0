"""Celery's side of runs: the sweep, and what each worker says of itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import connection

from marketplace.kit.clock import database_now
from training.jobs import LARGER
from training.runner import sandbox_level
from training.runner.environments import computes_by, larger_in
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runs.dispatch import sweep
from training.runs.metering import meter
from training.runs.workers import report_worker

REPORT_EVERY_SECONDS = 30.0
log = structlog.get_logger(__name__)


@shared_task(name="runs.sweep")
def sweep_runs(**_from_newer_senders: object) -> None:
    """Dispatch what is due, take back what was abandoned; twice is harmless."""
    sweep(database_now())


@shared_task(name="runs.meter")
def meter_runs(**_from_newer_senders: object) -> None:
    """Add what ended to the months of whoever it was for."""
    meter(database_now())


@worker_ready.connect
def start_reporting(sender: Any, **_: object) -> None:
    """Have a worker report itself now and every half minute, from its own timer."""
    told = (sender, database_now(), offers_here())
    report(*told)
    sender.timer.call_repeatedly(REPORT_EVERY_SECONDS, report, told)


def offers_here() -> list[str]:
    """Return what this worker has and others need not, told with its version.

    Containers have an image of their own, and so nothing that lies on this machine.
    """
    if settings.STOA.containers:
        return []
    computes = computes_by(settings.STOA.sandbox_python)
    python = settings.STOA.studio_autogluon_python
    if python is None:
        return computes
    try:
        return [f"{LARGER} {larger_in(python)}", *computes]
    except RuntimeIncomplete as missing:
        log.error("larger_tier_missing", why=str(missing))  # noqa: TRY400  told in words
        return computes


def report(consumer: Any, started_at: datetime, offers: Sequence[str]) -> None:
    report_worker(
        consumer.hostname,
        queues=sorted(consumer.app.amqp.queues.consume_from),
        concurrency=consumer.pool.limit or 1,
        sandbox=sandbox_level(
            python=settings.STOA.sandbox_python, containers=settings.STOA.containers
        ),
        started_at=started_at,
        now=database_now(),
        offers=offers,
    )
    connection.close()  # the pool forks; a child must not inherit it
