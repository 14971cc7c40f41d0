"""What happens to orders by itself."""

from celery import shared_task
from django.utils import timezone

from licensing.expiry import expire_orders


@shared_task(name="licensing.expire_orders")
def expire_unpaid_orders(**_from_newer_senders: object) -> list[str]:
    """Close the unpaid orders whose time is over; return their numbers."""
    return expire_orders(timezone.now())
