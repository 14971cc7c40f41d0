"""What is done by the hour: sums, charges, warnings."""

from celery import shared_task
from django.utils import timezone

from marketplace.metering import services
from marketplace.metering.services.recording import accrue_storage


@shared_task(name="metering.count")
def count_use(**_from_newer_senders: object) -> None:
    """Add what was sent and stored to its days, and warn of budgets; twice is harmless."""
    now = timezone.now()
    services.sum_sent()
    accrue_storage(now)
    services.warn_owners(now)


@shared_task(name="metering.charge")
def charge_use(**_from_newer_senders: object) -> None:
    """Charge the days that are over; twice is once."""
    now = timezone.now()
    services.sum_sent()
    accrue_storage(now)
    services.charge_days(now)
