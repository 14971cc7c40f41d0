"""Celery's side of reports."""

import uuid

import structlog
from celery import Task, shared_task
from django.conf import settings

from marketplace.kit.clock import database_now
from training.backbones import placed_in
from training.reports.working import Worker, work
from training.runs.dispatch import sweep


@shared_task(name="reports.work", bind=True)
def work_on_report(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Work out one report. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        worker = Worker(
            name=self.request.hostname or "",
            term=settings.STOA.lease,
            python=settings.STOA.sandbox_python,
            clock=database_now,
            lines=settings.STOA.report_gates,
            allow_unsandboxed=settings.STOA.allow_unsandboxed,
            containers=settings.STOA.containers,
            placed=placed_in(settings.STOA.studio_backbones),
        )
        work(uuid.UUID(run_id), worker=worker)
    sweep(database_now())
