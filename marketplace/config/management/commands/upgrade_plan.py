import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from marketplace.kit.upgrading import breaking


class Command(BaseCommand):
    help = (
        "Say of each migration that waits whether it may be applied while the version "
        "before still runs. Ends with status 1 if one may not. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--release",
            type=Path,
            metavar="FILE",
            help="instead, write down which migrations this release has",
        )

    def handle(self, *, release: Path | None, **_: Any) -> None:
        if release is not None:
            names = sorted(".".join(key) for key in MigrationLoader(None).graph.nodes)
            release.write_text("\n".join([*names, ""]))
            return
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        stops = False
        for migration, _is_backwards in plan:
            faults = breaking(
                executor.loader.graph, (migration.app_label, migration.name)
            )
            stops = stops or bool(faults)
            word = "stop the site first" if faults else "beside the version before"
            self.stdout.write(f"{migration}: {word}")
            for fault in faults:
                self.stdout.write(f"    {fault}")
        if not plan:
            self.stdout.write("No migration waits.")
        if stops:
            sys.exit(1)
