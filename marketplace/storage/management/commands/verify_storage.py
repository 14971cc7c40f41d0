"""Read what is stored again, and say what is missing, corrupt or orphaned."""

import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.storage.services.inspection import Findings, inspect_storage

EVERY_SECONDS = 5
SHOWN = 1000
UNSOUND = 1


def share_of(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = 0
    if not 0 < share <= 1:
        raise ArgumentTypeError(f"{text}: give a percentage, such as 10%.")
    return share


class Command(BaseCommand):
    help = (
        "Read stored contents and compare them with their digests. Ends with status 1 if "
        "any is missing or corrupt. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--share", type=share_of, default=1.0, help="how much of it, such as 10%%"
        )
        parser.add_argument(
            "--limit", type=int, help="at most so many, longest unverified first"
        )

    def handle(self, *, share: float, limit: int | None, **_: Any) -> None:
        told_at = time.monotonic()

        def tell(findings: Findings) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= EVERY_SECONDS:
                told_at = time.monotonic()
                self.stderr.write(read(findings))

        findings = inspect_storage(
            now=timezone.now(), share=share, limit=limit, tell=tell
        )
        for word in ("missing", "corrupt", "orphaned"):
            for digest in getattr(findings, word)[:SHOWN]:
                self.stdout.write(f"{word} {digest}")
        self.stdout.write(
            f"{read(findings)}: {len(findings.missing)} missing, "
            f"{len(findings.corrupt)} corrupt, {len(findings.orphaned)} orphaned."
        )
        if not findings.is_sound:
            sys.exit(UNSOUND)


def read(findings: Findings) -> str:
    size = findings.size_bytes / 2**30
    return f"{findings.count:,} contents read, {size:,.2f} GiB"
