"""Make an API token for a person, as an operator."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import Http404
from django.utils import timezone

from marketplace.accounts.models import Scope
from marketplace.accounts.queries import find_person
from marketplace.accounts.services import issue_token
from marketplace.kit.errors import DomainError

LONGEST_LABEL = 100
MOST_DAYS = 36_500


class Command(BaseCommand):
    requires_system_checks = []  # as Django's own: `check` and `serve` ask
    help = (
        "Make a token that acts as someone, and print it alone; it is shown this once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="whose it is")
        parser.add_argument(
            "--scopes", nargs="+", required=True, help=", ".join(Scope.values)
        )
        parser.add_argument("--label", default="made at the command line")
        parser.add_argument(
            "--days", type=int, help="how long it works; for ever if unset"
        )

    def handle(
        self,
        *,
        name: str,
        scopes: list[str],
        label: str,
        days: int | None,
        **_: Any,
    ) -> None:
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days: give a number from 1 to {MOST_DAYS}.")
        if not 1 <= len(label.strip()) <= LONGEST_LABEL:
            raise CommandError(f"--label: give 1 to {LONGEST_LABEL} characters.")
        now = timezone.now()
        try:
            _token, secret = issue_token(
                find_person(name),
                label=label,
                scopes=scopes,
                expires_at=now + timedelta(days=days) if days else None,
                issued_at=now,
            )
        except (DomainError, Http404) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(secret)
