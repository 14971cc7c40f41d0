"""Celery's side of notebooks: runs, schedules, and what each worker has installed."""

import uuid
from typing import Any

import structlog
from celery import Task, shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import connection

from marketplace.kit.clock import database_now
from training.notebooks.offered import bounds_here
from training.notebooks.services import start_due
from training.notebooks.working import Worker, report_environments, work
from training.runs.dispatch import sweep


@shared_task(name="notebooks.work", bind=True)
def work_on_execution(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Do one run of a job. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        work(uuid.UUID(run_id), worker=_worker(self.request.hostname or ""))
    sweep(database_now())


@shared_task(name="notebooks.start_due")
def start_due_jobs(**_from_newer_senders: object) -> None:
    """Start the jobs whose time has come; twice is harmless."""
    start_due(bounds=bounds_here(), now=database_now())


@worker_ready.connect
def tell_environments(sender: Any, **_: object) -> None:
    report_environments(_worker(sender.hostname))
    connection.close()  # the pool forks; a child must not inherit it


def _worker(name: str) -> Worker:
    site = settings.STOA
    return Worker(
        name=name,
        term=site.lease,
        python=site.sandbox_python,
        clock=database_now,
        environments=site.job_environments,
        cpu_hour_minor=site.cpu_hour_minor,
        allow_unsandboxed=site.allow_unsandboxed,
        containers=site.containers,
    )
