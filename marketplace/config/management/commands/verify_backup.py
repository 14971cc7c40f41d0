from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.config.backups.manifest import names_of, read_manifest
from marketplace.config.backups.places import place_at
from marketplace.config.backups.restoring import verify
from marketplace.kit.errors import DomainError


class Command(BaseCommand):
    help = (
        "Read a backup whole and compare it with what its manifest says. Ends with status "
        "1 if anything of it is missing or other than it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="where `backup` wrote it")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--backup", default="", help="which; unset, the newest")
        which.add_argument("--all", action="store_true", help="every one there")
        parser.add_argument(
            "--quick", action="store_true", help="of contents, only the lengths"
        )

    def handle(self, *, source: str, backup: str, quick: bool, **options: Any) -> None:
        wrong = 0
        try:
            place = place_at(source)
            names = names_of(place) if options["all"] else [backup]
            for name in names:
                manifest = read_manifest(place, name=name)
                found = verify(place, manifest, is_quick=quick, tell=self.stderr.write)
                for said in found.wrong:
                    self.stdout.write(said)
                wrong += len(found.wrong)
                self.stdout.write(
                    f"{manifest.name}: {found.count:,} contents, "
                    f"{found.size_bytes:,} bytes, {len(found.wrong)} wrong."
                )
        except (DomainError, ValueError) as fault:
            raise CommandError(str(fault)) from fault
        if wrong:
            raise CommandError(f"{wrong} things are wrong.", returncode=1)
