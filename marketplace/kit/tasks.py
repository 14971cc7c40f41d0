"""Housekeeping of the kit: what is remembered only for a while."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from marketplace.kit.limits import WINDOW_SECONDS
from marketplace.kit.models import IdempotencyKey, RequestCount

KEYS_LIVE = timedelta(hours=24)


@shared_task(name="kit.forget_expired")
def forget_expired(**_from_newer_senders: object) -> None:
    """Forget stored answers after a day and request counts after their window."""
    now = timezone.now()
    IdempotencyKey.objects.filter(created_at__lt=now - KEYS_LIVE).delete()
    window = int(now.timestamp() // WINDOW_SECONDS)
    RequestCount.objects.filter(window__lt=window - 1).delete()
