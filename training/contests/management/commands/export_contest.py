from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from training.contests.models import Contest
from training.contests.services import export_contest


class Command(BaseCommand):
    help = "Export a contest to a bundle that `import_contest` takes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the contest's address")
        parser.add_argument("file", type=Path, help="the zip to write")
        parser.add_argument(
            "--with-truth",
            action="store_true",
            help="labels go along; without them it cannot be imported again",
        )

    def handle(self, *, slug: str, file: Path, with_truth: bool, **_: Any) -> None:
        contest = Contest.objects.select_related("host").filter(slug=slug).first()
        if contest is None:
            raise CommandError(f"There is no contest {slug!r}.")
        try:
            with (
                export_contest(
                    contest.host,
                    contest=contest,
                    with_truth=with_truth,
                    at=timezone.now(),
                ) as bundle,
                file.open("xb") as target,
            ):
                while chunk := bundle.read(1 << 20):
                    target.write(chunk)
        except OSError as fault:
            raise CommandError(f"{file}: {fault.strerror}.") from fault
        self.stdout.write(self.style.SUCCESS(f"{file}: {file.stat().st_size:,} bytes"))
