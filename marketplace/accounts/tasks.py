"""Housekeeping of accounts: logins that nobody decided on."""

from celery import shared_task
from django.utils import timezone

from marketplace.accounts.services import forget_undecided


@shared_task(name="accounts.forget_logins")
def forget_logins(**_from_newer_senders: object) -> None:
    forget_undecided(now=timezone.now())
