"""Celery's side of webhooks: the sweep, one attempt, the end of old logs."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from marketplace.webhooks.services import (
    Due,
    announce_acts,
    claim,
    deliver,
    forget_old,
    lease_due,
)


@shared_task(name="webhooks.sweep")
def sweep(**_from_newer_senders: object) -> None:
    """Turn what happened into deliveries, and hand out those that are due."""
    base_url = settings.STOA.base_url.rstrip("/")
    while announce_acts(base_url=base_url, now=timezone.now()):
        pass
    for due in lease_due(now=timezone.now()):
        attempt.delay(str(due.delivery_id), due.attempts)


@shared_task(name="webhooks.attempt")
def attempt(delivery_id: str, attempts: int, **_from_newer_senders: object) -> None:
    now = timezone.now()
    delivery = claim(Due(UUID(delivery_id), attempts), now=now)
    if delivery is not None:
        deliver(delivery, networks=settings.STOA.webhook_networks, now=now)


@shared_task(name="webhooks.forget_old")
def forget_old_deliveries(**_from_newer_senders: object) -> None:
    forget_old(now=timezone.now())
