"""Celery's side of the community. No decisions."""

from celery import shared_task
from django.utils import timezone

from marketplace.community.services import tell_of_searches


@shared_task(name="community.tell_of_searches")
def tell_of_saved_searches(**_from_newer_senders: object) -> None:
    """Tell members of what is new in the searches they keep."""
    tell_of_searches(at=timezone.now())
