"""Housekeeping of storage: what nobody finished, and what must be read again."""

from celery import shared_task
from django.utils import timezone

from marketplace.storage import services


@shared_task(name="storage.collect_abandoned")
def collect_abandoned(**_from_newer_senders: object) -> None:
    services.collect_abandoned(now=timezone.now())


@shared_task(name="storage.verify_some")
def verify_some(**_from_newer_senders: object) -> None:
    services.verify_some(now=timezone.now())


@shared_task(name="storage.collect_unneeded")
def collect_unneeded(**_from_newer_senders: object) -> None:
    services.collect_unneeded(now=timezone.now())


@shared_task(name="storage.collect_xorbs")
def collect_xorbs(**_from_newer_senders: object) -> None:
    services.collect_xorbs(now=timezone.now())
