"""Housekeeping of the kit: what is remembered for a while, and what for good."""

from celery import shared_task
from django.utils import timezone

from marketplace.kit.limits import WINDOW_SECONDS
from marketplace.kit.models import RequestCount
from marketplace.kit.sealing import BATCH, seal_records


@shared_task(name="kit.forget_counts")
def forget_counts(**_from_newer_senders: object) -> None:
    """Forget request counts after their window."""
    window = int(timezone.now().timestamp() // WINDOW_SECONDS)
    RequestCount.objects.filter(window__lt=window - 1).delete()


@shared_task(name="kit.seal_audit")
def seal_audit(**_from_newer_senders: object) -> None:
    """Give the records of late their places in the chain of the audit trail."""
    while seal_records(sealed_at=timezone.now()) == BATCH:
        pass
