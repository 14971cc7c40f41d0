"""Makes another secret key the one of now, and keeps the former to read with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.config.env import environment
from marketplace.config.secret_keys import forget_former, fresh_key, rotate


class Command(BaseCommand):
    help = (
        "Sign and seal with a new secret key; what the former one made stays good. "
        "deploy/security/keys.md says when, and what comes after."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--forget",
            action="store_true",
            help="rather delete the former keys: what they made opens nothing then",
        )

    def handle(self, *, forget: bool, **_: Any) -> None:
        if environment.secret_key:
            self.stdout.write(_by_hand(forget=forget))
        elif forget:
            count = forget_former(environment.data_dir)
            self.stdout.write(f"Former keys deleted: {count}. Restart every process.")
        else:
            rotate(environment.data_dir)
            self.stdout.write(
                "There is a new key. Restart every process, then run "
                "`python manage.py reseal_secrets`."
            )


def _by_hand(*, forget: bool) -> str:
    """Say what to do with keys that are set where this program cannot write."""
    if forget:
        return (
            "Take the former keys out of SECRET_KEY_FALLBACKS; restart every process."
        )
    return (
        "SECRET_KEY is set in the environment, so it is changed there, for every process:\n"
        "1. Put its present value first into SECRET_KEY_FALLBACKS, a JSON list.\n"
        f"2. Set SECRET_KEY={fresh_key()}\n"
        "3. Restart every process, then run `python manage.py reseal_secrets`."
    )
