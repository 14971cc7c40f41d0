"""Stoa's workers and its beat as operators run them, to be killed and started again."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.granians import ROOT
from tests.servers.processes import PATH, Server, private_folder, running

CELERY = Path(sys.executable).with_name("celery")
APP, CLOCK = "marketplace.config.celery", "marketplace.config.clock"


@contextmanager
def worker(
    environment: Mapping[str, str], *, name: str = "worker", concurrency: int = 2
) -> Iterator[Server]:
    """Run one worker with a pool of processes."""
    with _celery(
        environment,
        *(
            "worker",
            "--hostname",
            f"{name}@test",
            "--queues",
            "runs,predictions,default",
        ),
        *("--pool", "prefork", "--concurrency", str(concurrency)),
        *("--without-gossip", "--without-mingle"),
        says=f"{name}@test ready.",
    ) as server:
        yield server


@contextmanager
def beat(environment: Mapping[str, str]) -> Iterator[Server]:
    """Run the clock that asks for sweeps."""
    with private_folder("beat") as folder:
        schedule = str(folder / "schedule")
        arguments = ("beat", "--pidfile=", "--schedule", schedule)
        with _celery(
            environment, *arguments, app=CLOCK, says="beat: Starting..."
        ) as server:
            yield server


def wake(task: str, environment: Mapping[str, str]) -> None:
    """Send one of the tasks that beat sends, at once."""
    subprocess.run(
        [CELERY, *_of(APP), "call", task],
        env={"HOME": os.environ.get("HOME", "/"), "PATH": PATH, **environment},
        stdout=subprocess.DEVNULL,
        check=True,
    )


@contextmanager
def _celery(
    environment: Mapping[str, str], *arguments: str, app: str = APP, says: str
) -> Iterator[Server]:
    """Run a command of Celery, which has started each time that its log `says` so."""
    with private_folder("celery") as folder:
        started = 0

        def answers() -> bool:
            nonlocal started
            said = server.log.read_text(errors="replace").count(says)
            has_started, started = said > started, max(said, started)
            return has_started

        server = Server(
            command=[CELERY, *_of(app), *arguments],
            folder=folder,
            answers=answers,
            url="",
            environment={
                "HOME": os.environ.get("HOME", "/"),
                **environment,
                "LOG_LEVEL": "INFO",
                "LOG_FORMAT": "console",
            },
        )
        with running(server):
            yield server


def _of(app: str) -> tuple[str, ...]:
    return ("--app", app, "--workdir", str(ROOT))
