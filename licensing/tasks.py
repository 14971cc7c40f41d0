"""What happens to orders, handovers and letters by itself."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from licensing.expiry import expire_handovers, expire_orders
from licensing.letters import send_letters
from licensing.services.prices import roll_prices


@shared_task(name="licensing.expire_orders")
def expire_unpaid_orders(**_from_newer_senders: object) -> list[str]:
    """Close the unpaid orders whose time is over; return their numbers."""
    return expire_orders(timezone.now())


@shared_task(name="licensing.expire_handovers")
def expire_unanswered_handovers(**_from_newer_senders: object) -> None:
    """Close the handovers that nobody answered in time."""
    expire_handovers(timezone.now())


@shared_task(name="licensing.send_letters")
def send_letters_about_recalls(**_from_newer_senders: object) -> None:
    """Write to those who built on what was recalled, or hold it."""
    send_letters(at=timezone.now(), base_url=settings.STOA.base_url)


@shared_task(name="licensing.roll_prices")
def show_prices_of_now(**_from_newer_senders: object) -> None:
    """Let lists show the prices that have come to hold."""
    roll_prices(timezone.now())
