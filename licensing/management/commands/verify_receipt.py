"""Says what a signed receipt proves, without asking anybody."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from licensing.services import public_keys
from licensing.signatures import keys_in
from licensing.verification import Proof, findings_on


class Command(BaseCommand):
    help = (
        "Say what a signed receipt proves and what it does not; exit with 1 if anything "
        "in it is wrong. With --key neither network nor database is asked."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--key",
            metavar="PUBKEY",
            help="The site’s public key or keys: a file as it is at "
            "/.well-known/stoa-receipt-keys.json, or base64url. Without it, the keys of "
            "this installation.",
        )
        parser.add_argument(
            "--files", type=Path, metavar="DIR", help="Compare the files in a folder."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        file, folder = _read(options["file"]), options["files"]
        if folder is not None and not folder.is_dir():
            raise CommandError(f"{folder}: there is no such folder.")
        keys = _keys(options["key"]) if options["key"] else public_keys()
        faults = 0
        for finding in findings_on(file, keys=keys, folder=folder):
            faults += finding.proof is Proof.WRONG
            self.stdout.write(f"{finding.proof.value}: {finding.said}")
        if faults:
            raise CommandError("The receipt does not hold; see what is wrong above.")


def _keys(given: str) -> dict[str, bytes]:
    try:
        is_file = Path(given).is_file()
        return keys_in(_read(Path(given)).decode() if is_file else given)
    except (ValueError, OSError) as fault:
        raise CommandError(f"--key: {fault}") from fault


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise CommandError(f"{path}: {fault.strerror}.") from fault
