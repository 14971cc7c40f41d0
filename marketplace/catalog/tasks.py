"""Celery's side of the catalog. No decisions."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from marketplace.catalog.download_days import count_downloads
from marketplace.catalog.letters import send_letters
from marketplace.catalog.services.purging import purge_deleted
from marketplace.catalog.services.scans import (
    BATCH,
    requeue_outdated,
    scan_waiting,
    wake_scanner,
)
from marketplace.catalog.services.words import learn_words


@shared_task(name="catalog.count_downloads")
def count_fresh_downloads(**_from_newer_senders: object) -> None:
    """Add up what left since the last time."""
    count_downloads(at=timezone.now())


@shared_task(name="catalog.send_letters")
def send_letters_about_access(**_from_newer_senders: object) -> None:
    """Write to owners of whom asked, and to those of what was decided."""
    send_letters(at=timezone.now(), base_url=settings.STOA.base_url)


@shared_task(name="catalog.scan_files")
def scan_committed_files(**_from_newer_senders: object) -> None:
    """Look into some of what was committed; what still waits goes behind other work."""
    now = timezone.now()
    if scan_waiting(now=now) == BATCH:
        wake_scanner()
    else:
        requeue_outdated(now=now)


@shared_task(name="catalog.learn_words")
def learn_public_words(**_from_newer_senders: object) -> None:
    """Take in the words that typing errors are measured against."""
    learn_words()


@shared_task(name="catalog.purge_deleted")
def purge_what_was_deleted(**_from_newer_senders: object) -> None:
    """Let go of the files of what may not come back any more."""
    now = timezone.now()
    before = now - timedelta(days=settings.STOA.restore_days)
    purge_deleted(before=before, purged_at=now)
