"""Take the second factor from an account, as an operator whom its owner convinced."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import Http404
from django.utils import timezone

from marketplace.accounts.queries import find_person
from marketplace.accounts.services import clear_second_factor


class Command(BaseCommand):
    help = (
        "Take the second factor from an account whose owner lost it, and every recovery "
        "code. Be sure who asks. Its sessions end, and its owner is written to."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of the person")

    def handle(self, *, name: str, **_: Any) -> None:
        try:
            person = find_person(name)
        except Http404 as fault:
            raise CommandError(str(fault)) from fault
        if not clear_second_factor(None, user=person, at=timezone.now()):
            raise CommandError(f"{person.username} has no second factor.")
        self.stdout.write(f"{person.username} signs in by password alone now.")
