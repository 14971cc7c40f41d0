"""Celery's side of runs: the sweep, and what each worker says of itself."""

from datetime import datetime
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import connection
from django.utils import timezone

from training.runner import sandbox_level
from training.runs.dispatch import sweep
from training.runs.workers import report_worker

REPORT_EVERY_SECONDS = 30.0


@shared_task(name="runs.sweep")
def sweep_runs(**_from_newer_senders: object) -> None:
    """Dispatch what is due, take back what was abandoned; twice is harmless."""
    sweep(timezone.now())


@worker_ready.connect
def start_reporting(sender: Any, **_: object) -> None:
    """Have a worker report itself now and every half minute, from its own timer."""
    started_at = timezone.now()
    report(sender, started_at)
    sender.timer.call_repeatedly(REPORT_EVERY_SECONDS, report, (sender, started_at))


def report(consumer: Any, started_at: datetime) -> None:
    report_worker(
        consumer.hostname,
        queues=sorted(consumer.app.amqp.queues.consume_from),
        concurrency=consumer.pool.limit or 1,
        sandbox=sandbox_level(
            python=settings.STOA.sandbox_python, containers=settings.STOA.containers
        ),
        started_at=started_at,
        now=timezone.now(),
    )
    connection.close()  # the pool forks; a child must not inherit it
