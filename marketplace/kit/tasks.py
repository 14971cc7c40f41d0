"""Housekeeping of the kit: what is remembered for a while, and what for good."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from marketplace.kit.limits import WINDOW_SECONDS
from marketplace.kit.models import IdempotencyKey, RequestCount
from marketplace.kit.sealing import BATCH, seal_records

KEYS_LIVE = timedelta(hours=24)


@shared_task(name="kit.forget_expired")
def forget_expired(**_from_newer_senders: object) -> None:
    """Forget stored answers after a day and request counts after their window."""
    now = timezone.now()
    IdempotencyKey.objects.filter(created_at__lt=now - KEYS_LIVE).delete()
    window = int(now.timestamp() // WINDOW_SECONDS)
    RequestCount.objects.filter(window__lt=window - 1).delete()


@shared_task(name="kit.seal_audit")
def seal_audit(**_from_newer_senders: object) -> None:
    """Give the records of late their places in the chain of the audit trail."""
    while seal_records(sealed_at=timezone.now()) == BATCH:
        pass
