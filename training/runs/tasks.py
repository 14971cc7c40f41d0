"""Celery's side of runs: the sweep."""

from celery import shared_task
from django.utils import timezone

from training.runs.dispatch import sweep


@shared_task(name="runs.sweep")
def sweep_runs(**_from_newer_senders: object) -> None:
    """Dispatch what is due, take back what was abandoned; twice is harmless."""
    sweep(timezone.now())
