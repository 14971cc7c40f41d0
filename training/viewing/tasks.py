"""Celery's side of viewing."""

import uuid
from datetime import timedelta

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.utils import timezone

from marketplace.kit.clock import database_now
from marketplace.viewer.services import forget_past
from training.runs.dispatch import sweep
from training.viewing.services import look
from training.viewing.working import Worker, work

KEPT = timedelta(days=30)  # tables of versions that nothing points at any more


@shared_task(name="viewing.convert", bind=True)
def convert_version(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Make tables of one version, and queue what waited for its place.

    Delivering it twice is harmless.
    """
    site = settings.STOA
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        worker = Worker(
            name=self.request.hostname or "",
            term=site.lease,
            python=site.sandbox_python,
            clock=database_now,
            most_bytes=site.viewer_bytes,
            allow_unsandboxed=site.allow_unsandboxed,
            containers=site.containers,
        )
        work(uuid.UUID(run_id), worker=worker)
    look(at=database_now())
    sweep(database_now())


@shared_task(name="viewing.look")
def look_for_work(**_from_newer_senders: object) -> None:
    """Ask for the newest versions, and queue what waits; twice is harmless."""
    look(at=database_now())


@shared_task(name="viewing.forget")
def forget_tables_of_the_past(**_from_newer_senders: object) -> None:
    """Let go of tables that nobody needs; twice is harmless."""
    forget_past(before=timezone.now() - KEPT)
