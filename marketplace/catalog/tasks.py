"""Celery's side of the catalog. No decisions."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from marketplace.catalog.downloads import count_downloads, forget_takers
from marketplace.catalog.letters import send_letters


@shared_task(name="catalog.count_downloads")
def count_fresh_downloads(**_from_newer_senders: object) -> None:
    """Add up what left since the last time."""
    count_downloads(at=timezone.now())


@shared_task(name="catalog.forget_takers")
def forget_old_takers(**_from_newer_senders: object) -> None:
    """Forget who took what longer ago than we say we keep it."""
    forget_takers(at=timezone.now())


@shared_task(name="catalog.send_letters")
def send_letters_about_access(**_from_newer_senders: object) -> None:
    """Write to owners of whom asked, and to those of what was decided."""
    send_letters(at=timezone.now(), base_url=settings.STOA.base_url)
