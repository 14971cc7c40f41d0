import os
import sys
import time
from argparse import ArgumentParser
from typing import Any
from urllib.error import URLError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.demo import site, story
from marketplace.demo.cast import StoryBroken
from marketplace.kit.migrating import migrate_if_needed


class Command(BaseCommand):
    help = (
        "Do the main job on real data as five people: publish, license, buy, submit, "
        "benchmark, leaderboard; then serve the site. A second run resumes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="exit when done")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--started-at", type=float, help="seconds since the epoch; for the timing"
        )

    def handle(
        self,
        *,
        no_serve: bool,
        host: str,
        port: int,
        started_at: float | None,
        **_: Any,
    ) -> None:
        began = started_at or time.time()
        port = site.free_port_pair(host) if no_serve else port
        for wanted in (port, port + 1):
            if not site.is_free(host, wanted):
                raise CommandError(
                    f"Port {wanted} on {host} is taken. Choose another pair: "
                    "make demo PORT=8100"
                )
        migrate_if_needed()
        log = settings.STOA.data_dir / "demo.log"
        try:
            with site.running(host=host, port=port, log=log) as address:
                told = story.tell(self.stdout.write, address=address)
        except site.SiteFailed as fault:
            raise CommandError(str(fault)) from fault
        except (StoryBroken, URLError) as fault:
            raise CommandError(
                f"{fault}. The log of the site is {log}; run the command again to go on "
                "from here."
            ) from fault
        self.stdout.write(f"\nFrom start to leaderboard: {time.time() - began:.0f} s\n")
        if no_serve:
            return
        self.stdout.write(told.guide(f"http://{host}:{port}"))
        self.stdout.flush()
        command = ["manage.py", "serve", "--host", host, "--port", str(port)]
        os.execv(sys.executable, [sys.executable, *command])  # noqa: S606  our own command
