"""Housekeeping of storage: what nobody finished, and what must be read again."""

from celery import shared_task
from django.utils import timezone

from marketplace.kit.inspections import note_inspection
from marketplace.storage import services
from marketplace.storage.queries import stored


@shared_task(name="storage.collect_abandoned")
def collect_abandoned(**_from_newer_senders: object) -> None:
    services.collect_abandoned(now=timezone.now())


@shared_task(name="storage.verify_some")
def verify_some(**_from_newer_senders: object) -> None:
    now = timezone.now()
    services.verify_some(now=now)
    note_inspection("storage", faults=stored().quarantined, at=now)


@shared_task(name="storage.collect_unneeded")
def collect_unneeded(**_from_newer_senders: object) -> None:
    services.collect_unneeded(now=timezone.now())


@shared_task(name="storage.collect_xorbs")
def collect_xorbs(**_from_newer_senders: object) -> None:
    services.collect_xorbs(now=timezone.now())
