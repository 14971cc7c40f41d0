"""Web, files, worker and beat under one supervisor (honcho); one ending ends them all.

It is a process of its own without Django, of which honcho makes one more for each.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from honcho.manager import Manager

from marketplace.config import boot
from marketplace.config.env import ROOT, Environment, environment
from marketplace.config.watching.folder import begin_anew
from marketplace.storage.files import serving

BIN = Path(sys.executable).parent
CELERY = str(BIN / "celery")
WORKER = (CELERY, "--app", "marketplace.config.celery", "worker")
BEAT = (CELERY, "--app", "marketplace.config.clock", "beat")
PROCESS = {
    "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the site listens; the file process takes the next port."""

    host: str
    port: int

    @property
    def files_port(self) -> int:
        return self.port + 1

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def files_url(self) -> str:
        return f"http://{self.host}:{self.files_port}"


def addressed(environment: Environment, address: Address) -> dict[str, str]:
    """Return the process environment under which links lead to `address`.

    What the operator has set stands: behind a proxy the public address is another.
    """
    said = environment.model_fields_set
    found = {}
    if "base_url" not in said:
        found["BASE_URL"] = address.base_url
    if "files_url" not in said:
        found["FILES_URL"] = address.files_url
    return {**os.environ, **PROCESS, **found}


def commands(environment: Environment, address: Address) -> dict[str, list[str]]:
    """Return the command line of each process by its name."""
    return {
        "web": web(environment, address.host, address.port),
        "files": files(address.host, address.files_port),
        "worker": worker(environment, queues_of(environment), name="worker"),
        "beat": beat(),
    }


def web(environment: Environment, host: str, port: int) -> list[str]:
    """Return how the site is served at an address."""
    return [
        *(str(BIN / "granian"), "--host", host, "--no-ws"),
        *("--interface", "wsgi", "--port", str(port)),
        *("--workers", str(environment.web_workers or os.cpu_count() or 1)),
        *("--blocking-threads", "2"),
        "marketplace.config.wsgi:application",
    ]


def files(host: str, port: int) -> list[str]:
    """Return how the file process is served at an address."""
    return [str(BIN / "gunicorn"), *serving(f"{host}:{port}")]


def worker(environment: Environment, queues: Sequence[str], *, name: str) -> list[str]:
    """Return how a worker serves some queues; its name is its own on its host."""
    return [
        *(*WORKER, "--queues", ",".join(queues)),
        *("--hostname", f"{name}@%h"),
        *("--concurrency", str(environment.worker_concurrency)),
        "--without-gossip",
        "--without-mingle",
    ]


def beat() -> list[str]:
    """Return how the clock runs, of which an installation has one."""
    return [*BEAT, "--pidfile="]


def queues_of(environment: Environment) -> list[str]:
    """Return what the one worker serves: the larger tier too, where it has that."""
    larger = ["large"] if environment.studio_autogluon_python else []
    return ["runs", "predictions", "default", *larger]


def run(environment: Environment, address: Address) -> int:
    """Run the installation until it is interrupted; return the exit status."""
    begin_anew()
    manager = Manager()
    variables = addressed(environment, address)
    for name, command in commands(environment, address).items():
        manager.add_process(name, shlex.join(command), env=variables, cwd=str(ROOT))
    manager.loop()
    return 0 if manager.returncode in (130, 143) else manager.returncode or 0


def become(address: Address) -> NoReturn:
    """Have this process be the supervisor, and nothing of what it was."""
    given = ("--host", address.host, "--port", str(address.port))
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", __name__, *given])  # noqa: S606  that is the point


def main() -> int:
    parser = argparse.ArgumentParser(prog=__spec__.name)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    told = parser.parse_args()
    boot.start()
    return run(environment, Address(told.host, told.port))


if __name__ == "__main__":
    sys.exit(main())
