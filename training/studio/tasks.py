"""Celery's side of the studio."""

import uuid

import structlog
from celery import Task, shared_task
from celery.signals import worker_init
from django.conf import settings
from django.utils import timezone

from marketplace.kit.clock import database_now
from training.backbones import placed_in
from training.runs.dispatch import sweep
from training.studio.bench import Worker, hands_of
from training.studio.services import look_again, start_due, tell_of_drift
from training.studio.working import work

log = structlog.get_logger(__name__)


@shared_task(name="studio.start_due")
def start_due_trainings(**_from_newer_senders: object) -> None:
    """Queue the trainings whose time has come; twice is harmless."""
    start_due(at=database_now())


@shared_task(name="studio.look_again")
def look_at_moved_data(**_from_newer_senders: object) -> None:
    """Have models looked at again whose data moved on, and tell; twice is harmless."""
    look_again(at=timezone.now())
    tell_of_drift(at=timezone.now())


@worker_init.connect
def check_backbones(**_: object) -> None:
    """Read what is placed before anybody trains, and say what cannot be used."""
    for why in placed_in(settings.STOA.studio_backbones).refused:
        log.error("backbone_refused", why=why)


@shared_task(name="studio.work", bind=True)
def work_on_project(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Do one step of a project. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        worker = Worker(
            name=self.request.hostname or "",
            term=settings.STOA.lease,
            python=settings.STOA.sandbox_python,
            allow_unsandboxed=settings.STOA.allow_unsandboxed,
            containers=settings.STOA.containers,
            clock=database_now,
            at_once=hands_of(settings.STOA.worker_concurrency),
            larger_python=settings.STOA.studio_autogluon_python,
            placed=placed_in(settings.STOA.studio_backbones),
        )
        work(uuid.UUID(run_id), worker=worker)
    sweep(database_now())
