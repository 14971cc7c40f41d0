import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.config.backups.manifest import read_manifest
from marketplace.config.backups.places import place_at
from marketplace.config.backups.restoring import restore_backup
from marketplace.kit.errors import DomainError


class Command(BaseCommand):
    help = "Make this empty installation what it was when a backup was taken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="where `backup` wrote it")
        parser.add_argument("--backup", default="", help="which; unset, the newest")
        parser.add_argument(
            "--into",
            default="",
            metavar="DATABASE",
            help="this database's name, to replace all that is in it",
        )
        parser.add_argument(
            "--key-is-lost",
            action="store_true",
            help="go on under another SECRET_KEY",
        )

    def handle(
        self, *, source: str, backup: str, into: str, key_is_lost: bool, **_: Any
    ) -> None:
        began = time.monotonic()
        try:
            place = place_at(source)
            manifest = read_manifest(place, name=backup)
            restore_backup(
                place,
                manifest,
                into=into,
                is_key_lost=key_is_lost,
                tell=self.stderr.write,
            )
        except (DomainError, ValueError) as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(
            f"Restored {manifest.name}: {sum(manifest.rows.values()):,} rows, "
            f"{manifest.content_count:,} contents, in {time.monotonic() - began:,.1f} s. "
            "Now run verify_storage and ledger_check, erase again whoever was erased "
            "since, and start the site."
        )
        if manifest.damaged:
            self.stderr.write(
                f"{len(manifest.damaged):,} contents were damaged when the backup was "
                "taken, and are missing."
            )
