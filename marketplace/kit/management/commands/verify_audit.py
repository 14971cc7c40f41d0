import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.kit.sealing import Verification, verify


class Command(BaseCommand):
    help = (
        "Check the chain of the audit trail: say which rows were changed, removed or "
        "inserted, and what its head is, to be noted elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            metavar="NUMBER:DIGEST",
            help="a head that was noted before; the chain must still hold it",
        )

    def handle(self, *_args: Any, head: str | None, **_options: Any) -> None:
        read = Verification()
        wrong = 0
        for finding in verify(read, anchor=_anchor(head)):
            wrong += 1
            self.stderr.write(f"{finding.wrong}: {finding.said}")
        self.stdout.write(
            f"{read.sealed} sealed, {read.waiting} waiting to be sealed. "
            f"Head {read.head_number}:{read.head_digest}"
        )
        if wrong:
            raise CommandError(
                f"{wrong} {'thing does' if wrong == 1 else 'things do'} not agree.",
                returncode=1,
            )
        self.stdout.write("The audit trail is whole.")


def _anchor(head: str | None) -> tuple[int, str] | None:
    if head is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", head.strip())
    if found is None:
        raise CommandError("--head: give NUMBER:DIGEST, as this command prints it.")
    return int(found[1]), found[2]
