"""What happens to orders and handovers by itself."""

from celery import shared_task
from django.utils import timezone

from licensing.expiry import expire_handovers, expire_orders


@shared_task(name="licensing.expire_orders")
def expire_unpaid_orders(**_from_newer_senders: object) -> list[str]:
    """Close the unpaid orders whose time is over; return their numbers."""
    return expire_orders(timezone.now())


@shared_task(name="licensing.expire_handovers")
def expire_unanswered_handovers(**_from_newer_senders: object) -> None:
    """Close the handovers that nobody answered in time."""
    expire_handovers(timezone.now())
