"""Celery's side of models that answer."""

import uuid

import structlog
from celery import Task, shared_task
from django.conf import settings

from marketplace.kit.clock import database_now
from training.backbones import placed_in
from training.runs.dispatch import sweep
from training.serving.working import Server, calibrate_model, read_model, work


@shared_task(name="serving.answer", bind=True)
def answer_prediction(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Answer one prediction. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        work(uuid.UUID(run_id), server=_server(self.request.hostname))
    sweep(database_now())


@shared_task(name="serving.describe", bind=True)
def describe_model(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Read how one model's file says it is called. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        read_model(uuid.UUID(run_id), server=_server(self.request.hostname))
    sweep(database_now())


@shared_task(name="serving.calibrate", bind=True)
def calibrate_model_of(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Work out when one model does not know. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        calibrate_model(uuid.UUID(run_id), server=_server(self.request.hostname))
    sweep(database_now())


def _server(hostname: str | None) -> Server:
    return Server(
        name=hostname or "",
        term=settings.STOA.lease,
        python=settings.STOA.sandbox_python,
        allow_unsandboxed=settings.STOA.allow_unsandboxed,
        containers=settings.STOA.containers,
        placed=placed_in(settings.STOA.studio_backbones),
        clock=database_now,
    )
