"""Celery's side of the catalog. No decisions."""

from celery import shared_task

from marketplace.catalog.downloads import count_downloads


@shared_task(name="catalog.count_downloads")
def count_fresh_downloads(**_from_newer_senders: object) -> None:
    """Add up what left since the last time."""
    while count_downloads():
        pass
