from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from licensing.money import shown
from licensing.payments import processor_of
from licensing.reconciliation import Row, report


class Command(BaseCommand):
    help = (
        "Compare the ledger with Stripe's own statement, with what was confirmed of the "
        "bank, and with the orders; end with an error where they differ or something "
        "waits for a person."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how far back")

    def handle(self, *, days: int, **_: Any) -> None:
        since = timezone.now() - timedelta(days=days)
        found = report(processor=processor_of(settings.STOA), since=since)
        for held in found.held:
            theirs = _amount(held.provider_minor, held.currency)
            self.stdout.write(
                f"{held.place}: ledger {shown(held.ledger_minor, held.currency)}, "
                f"{held.place} {theirs}"
            )
        for row in found.differing:
            self.stdout.write(f"{row.at:%Y-%m-%d %H:%M} {_told(row)}")
        if found.fault:
            raise CommandError(found.fault)
        if count := len(found.differing):
            raise CommandError(f"{count} of {len(found.rows)} wait for a person.")
        self.stdout.write(f"The last {days} days agree.")


def _told(row: Row) -> str:
    said = f"{row.place}, {row.source}: {row.finding.label.lower()};"
    if row.words:
        return f"{said} {row.words}"
    ours, theirs = (
        _amount(minor, row.currency) for minor in (row.ledger_minor, row.provider_minor)
    )
    return f"{said} ledger {ours}, {row.place} {theirs}."


def _amount(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else shown(minor, currency)
