import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.config.backups.places import place_at
from marketplace.config.backups.taking import take_backup, thin_out
from marketplace.kit.errors import DomainError

SECRETS = (
    "In it: everything in the database, so password hashes, addresses and sealed secrets. "
    "Not in it: SECRET_KEY, without which nothing sealed can be opened, and the other "
    "settings. Keep those elsewhere."
)


class Command(BaseCommand):
    help = (
        "Back up the tables and the contents they name, while the site goes on. Contents "
        "that are at TARGET already are not copied again. Ends with status 1 if a content "
        "could not be read whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "target", help="a folder, or s3://KEY:SECRET@host/bucket?region=…"
        )
        parser.add_argument(
            "--keep", type=int, help="afterwards remove all but so many backups there"
        )

    def handle(self, *, target: str, keep: int | None, **_: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep: at least one.")
        try:
            place = place_at(target)
            made = take_backup(
                place,
                began_at=timezone.now(),
                clock=timezone.now,
                tell=self.stderr.write,
            )
        except (DomainError, ValueError) as fault:
            raise CommandError(str(fault)) from fault
        seconds = (made.ended_at - made.began_at).total_seconds()
        self.stdout.write(
            f"Backup {made.name}: {sum(made.rows.values()):,} rows, "
            f"{made.content_count:,} contents, of which {made.copied_count:,} new, in "
            f"{seconds:,.1f} s.\n{SECRETS}"
        )
        if keep is not None:
            backups, contents = thin_out(place, keep=keep)
            self.stdout.write(f"Removed {backups} backups and {contents:,} contents.")
        if made.damaged:
            for digest in made.damaged:
                self.stderr.write(f"damaged {digest}")
            sys.exit(1)
