"""Make the people of an installation, and print the token of each as JSON."""

import json
import os

import django
from django.core.management import call_command
from django.utils import timezone

from tests.conformance.people import PASSWORD, PEOPLE, STAFF

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")

from marketplace.config import boot

boot.start()
django.setup()

from marketplace.accounts.models import STAFF_SCOPES, Scope  # noqa: E402  only once Django is set up
from marketplace.accounts.services import create_account, issue_token  # noqa: E402


def furnish() -> dict[str, str]:
    call_command("migrate", interactive=False, verbosity=0)
    now = timezone.now()
    tokens = {}
    for name in PEOPLE:
        person = create_account(
            name=name,
            email=f"{name}@example.org",
            password=PASSWORD,
            is_staff=name == STAFF,
            created_at=now,
        )
        scopes = [
            each for each in Scope.values if each not in STAFF_SCOPES or name == STAFF
        ]
        _, tokens[name] = issue_token(
            person, label="conformance", scopes=scopes, expires_at=None, issued_at=now
        )
    return tokens


if __name__ == "__main__":
    print(json.dumps(furnish()))
