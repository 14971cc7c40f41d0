from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.config.env import ROOT
from marketplace.config.example import written


class Command(BaseCommand):
    help = "Write the files that name every setting: env.example, the chart's schema."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what is old")

    def handle(self, *, check: bool, **_: Any) -> None:
        old = {
            path: text
            for path, text in written().items()
            if not path.exists() or path.read_text() != text
        }
        named = ", ".join(str(path.relative_to(ROOT)) for path in old)
        if check and old:
            raise CommandError(f"Old: {named}. Run `make schema`.")
        for path, text in old.items():
            path.write_text(text)
            self.stdout.write(f"Wrote {path.relative_to(ROOT)}")
