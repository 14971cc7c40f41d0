from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.config import boot, supervisor
from marketplace.kit.migrating import migrate_if_needed


class Command(BaseCommand):
    help = "Serve the site: web, files, worker and beat, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument(
            "--port", type=int, default=8000, help="files: the next one"
        )

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        boot.start()
        migrate_if_needed()
        address = supervisor.Address(host, port)
        self.stdout.write(f"Stoa is at {address.base_url} (Ctrl-C ends it)")
        self.stdout.flush()
        supervisor.become(address)
