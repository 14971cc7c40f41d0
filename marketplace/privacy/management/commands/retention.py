from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.privacy.services import count_overdue, forget_overdue


class Command(BaseCommand):
    help = "Forget what is over its time, as workers do each hour, or only count it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="count, and change nothing"
        )

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        now = timezone.now()
        for lasts, count in count_overdue(at=now):
            table = lasts.model._meta.label  # noqa: SLF001  documented
            act = "emptied" if lasts.emptied else "deleted"
            self.stdout.write(f"{count:>8}  {table}, {act}: {lasts.said}")
        if not dry_run:
            self.stdout.write(f"{forget_overdue(at=now)} rows are forgotten.")
