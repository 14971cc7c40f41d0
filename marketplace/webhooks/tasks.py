"""Celery's side of webhooks: the sweep, and one attempt."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from marketplace.webhooks.services import (
    Due,
    announce_acts,
    claim,
    deliver,
    lease_due,
)


@shared_task(name="webhooks.sweep")
def sweep(**_from_newer_senders: object) -> None:
    """Turn what happened into deliveries, and hand out those that are due."""
    base_url = settings.STOA.base_url.rstrip("/")
    while announce_acts(base_url=base_url, now=timezone.now()):
        pass
    if due := lease_due(now=timezone.now()):
        attempt.delay([(str(each.delivery_id), each.attempts) for each in due])


@shared_task(name="webhooks.attempt")
def attempt(due: list[tuple[str, int]], **_from_newer_senders: object) -> None:
    """Send what a sweep has leased, side by side."""
    now = timezone.now()
    claimed = [claim(Due(UUID(key), attempts), now=now) for key, attempts in due]
    deliver(
        [delivery for delivery in claimed if delivery is not None],
        networks=settings.STOA.webhook_networks,
        now=now,
    )
