"""A whole installation of real processes, and those who kill them at random."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from tests.servers.celeries import beat, worker
from tests.servers.granians import site
from tests.servers.processes import Server
from training.runs.models import Run, RunStatus

LAST_BUT_ONE = 2  # attempts: a third loss would rightly end the run
BUSY_WITHIN_SECONDS = 3
PAUSES = {  # seconds a victim is left alone, beside as long as its restart took
    "web": (4, 7),
    "worker": (6, 10),
    "beat": (6, 10),
    "broker": (5, 9),
}


@dataclass
class Fleet:
    """What runs, and how each is killed and started again; `kills` counts."""

    web: Server
    workers: list[Server]
    kill: dict[str, Callable[[], bool]]
    kills: Counter[str] = field(default_factory=Counter)


@contextmanager
def fleet(
    environment: Mapping[str, str],
    *,
    broker: Server | None,
    second: Mapping[str, str] | None = None,
) -> Iterator[Fleet]:
    """Run web, two workers of two, and beat, on the database and broker told.

    `second` is what the second worker's host has otherwise, such as its way to the rest.
    """
    with ExitStack() as stack:
        web = stack.enter_context(site(environment, workers=2))
        workers = [
            stack.enter_context(worker({**environment, **own}, name=name))
            for name, own in (("one", {}), ("two", second or {}))
        ]
        clock = stack.enter_context(beat(environment))
        folder = Path(environment["DATA_DIR"]) / "broker" / "messages"
        yield Fleet(
            web,
            workers,
            {
                "web": lambda: _restart(web),
                "worker one": lambda: _restart_worker(workers[0], name="one"),
                "worker two": lambda: _restart_worker(workers[1], name="two"),
                "beat": lambda: _restart(clock),
                "broker": lambda: _restart(broker) if broker else _lose_half(folder),
            },
        )


@contextmanager
def killers(victims: Fleet, *, seed: int) -> Iterator[None]:
    """Kill each victim again and again, independently, until the block ends.

    Raises:
        Exception: whatever failed in the killing, such as a server that did not return.
    """
    ended = threading.Event()
    faults: list[BaseException] = []

    def kill_on(name: str, kill: Callable[[], bool]) -> None:
        chance, took_seconds = random.Random(f"{seed} {name}"), 0.0
        pauses = PAUSES[name.partition(" ")[0]]
        try:
            while not ended.wait(took_seconds + chance.uniform(*pauses)):
                killed_at = time.monotonic()
                victims.kills[name] += kill()
                took_seconds = time.monotonic() - killed_at
        except BaseException as fault:  # noqa: BLE001  told by the thread that waits
            faults.append(fault)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=kill_on, args=each) for each in victims.kill.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if faults:
        raise faults[0]


def _restart(server: Server) -> bool:
    """SIGKILL a server with all its children, and start it again."""
    server.kill()
    server.start()
    return True


def _restart_worker(server: Server, *, name: str) -> bool:
    """Kill a worker while it has a run in hand, and say whether it soon had one.

    It is stopped before that is looked at, so that no run ends between look and kill.
    """
    running = Run.objects.filter(status=RunStatus.RUNNING)
    in_hand = running.filter(worker__startswith=f"{name}@")
    give_up_at = time.monotonic() + BUSY_WITHIN_SECONDS
    while time.monotonic() < give_up_at:
        os.killpg(server.pid, signal.SIGSTOP)
        lost_before = running.filter(attempts__gte=LAST_BUT_ONE)
        if in_hand.exists() and not lost_before.exists():
            return _restart(server)
        os.killpg(server.pid, signal.SIGCONT)
        time.sleep(0.02)
    return False


def _lose_half(folder: Path) -> bool:
    """Have the broker forget every other message, and say whether it soon had any."""
    give_up_at = time.monotonic() + BUSY_WITHIN_SECONDS
    while not (messages := sorted(folder.glob("*.msg"))):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.005)
    for message in messages[::2]:
        message.unlink(missing_ok=True)
    return True
