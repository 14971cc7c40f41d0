"""What accounts do by themselves: letters to people."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from marketplace.accounts.services import send_notices


@shared_task(name="accounts.send_notices")
def send_waiting_notices(**_from_newer_senders: object) -> None:
    """Write to people about what concerns them."""
    send_notices(at=timezone.now(), base_url=settings.STOA.base_url)
