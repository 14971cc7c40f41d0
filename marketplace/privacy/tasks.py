"""What is done about personal data without being asked: copies, erasures, forgetting."""

from celery import shared_task
from django.utils import timezone

from marketplace.privacy.services import erase_due, forget_overdue, make_copies


@shared_task(name="privacy.make_copies")
def make_waiting_copies(**_from_newer_senders: object) -> None:
    """Make the copies of their data that people asked for."""
    make_copies(at=timezone.now())


@shared_task(name="privacy.erase_due")
def erase_due_accounts(**_from_newer_senders: object) -> None:
    """Erase the accounts whose time to come back is over."""
    erase_due(at=timezone.now())


@shared_task(name="privacy.forget")
def forget(**_from_newer_senders: object) -> None:
    """Forget what is over its time."""
    forget_overdue(at=timezone.now())
