"""Stoa's workers and its beat as operators run them, to be killed and started again."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.granians import ROOT
from tests.servers.processes import Server, private_folder, running

CELERY = Path(sys.executable).with_name("celery")
APP = ("--app", "marketplace.config.celery", "--workdir", str(ROOT))


@contextmanager
def worker(
    environment: Mapping[str, str], *, name: str = "worker", concurrency: int = 2
) -> Iterator[Server]:
    """Run one worker with a pool of processes; it has started when it says so."""
    with private_folder("worker") as folder:
        started = 0

        def answers() -> bool:
            nonlocal started
            said = server.log.read_text(errors="replace").count(f"{name}@test ready.")
            if said > started:
                started = said
                return True
            return False

        server = _server(
            folder,
            environment,
            *("worker", "--hostname", f"{name}@test", "--queues", "runs,default"),
            *("--pool", "prefork", "--concurrency", str(concurrency)),
            *("--without-gossip", "--without-mingle"),
        )
        server.answers = answers
        with running(server):
            yield server


@contextmanager
def beat(environment: Mapping[str, str]) -> Iterator[Server]:
    """Run the clock that asks for sweeps; it answers nobody, so it counts as started."""
    with private_folder("beat") as folder:
        schedule = str(folder / "schedule")
        server = _server(
            folder, environment, "beat", "--pidfile=", "--schedule", schedule
        )
        with running(server):
            yield server


def _server(folder: Path, environment: Mapping[str, str], *arguments: str) -> Server:
    return Server(
        command=[CELERY, *APP, *arguments],
        folder=folder,
        answers=lambda: True,
        url="",
        environment={
            "HOME": os.environ.get("HOME", "/"),
            **environment,
            "LOG_LEVEL": "INFO",
            "LOG_FORMAT": "console",
        },
    )
