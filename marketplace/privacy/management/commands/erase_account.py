from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import Http404
from django.utils import timezone

from marketplace.accounts.queries import find_person
from marketplace.kit.errors import DomainError
from marketplace.privacy.services import erase_account


class Command(BaseCommand):
    help = (
        "Erase somebody's account at once and for good. What others rely on stays, signed "
        "with a pseudonym; what stands in the way is told."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of the account")
        parser.add_argument(
            "--words",
            action="store_true",
            help="take out the words of their comments as well",
        )

    def handle(self, *_args: Any, name: str, words: bool, **_options: Any) -> None:
        try:
            person = find_person(name, even_suspended=True)
            pseudonym = erase_account(
                person, removes_words=words, erased_at=timezone.now()
            )
        except (Http404, DomainError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{name} is erased; what stays is signed {pseudonym}.")
