"""Make a person's account, as an operator."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.accounts.services import create_account
from marketplace.kit.errors import DomainError


class Command(BaseCommand):
    requires_system_checks = []  # as Django's own: `check` and `serve` ask
    help = "Make an account and print its name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="also the first part of its addresses")
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--staff", action="store_true", help="may run this site, with all rights"
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input",
        )

    def handle(
        self, *, name: str, email: str, staff: bool, password_stdin: bool, **_: Any
    ) -> None:
        password = None
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            _require_strong(password, User(username=name, email=email))
        try:
            user = create_account(
                name=name,
                email=email,
                password=password,
                is_staff=staff,
                email_is_proven=True,
                created_at=timezone.now(),
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        if password is None:
            self.stderr.write(
                f"{user.username} has no password yet. Set one with `manage.py "
                f"changepassword {user.username}`, or let them ask for a link at "
                "/accounts/password/reset/."
            )
        self.stdout.write(user.username)


def _require_strong(password: str, user: User) -> None:
    if not password:
        raise CommandError("Standard input has no password on its first line.")
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise CommandError(" ".join(fault.messages)) from fault
