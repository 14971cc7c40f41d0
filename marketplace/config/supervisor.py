"""Web, files, worker and beat under one supervisor (honcho); one ending ends them all."""

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from honcho.manager import Manager

from marketplace.config.env import ROOT, Environment
from marketplace.config.watching.folder import begin_anew
from marketplace.storage.files import serving

BIN = Path(sys.executable).parent
CELERY = (str(BIN / "celery"), "--app", "marketplace.config.celery")
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
        *(*CELERY, "worker", "--queues", ",".join(queues)),
        *("--hostname", f"{name}@%h"),
        *("--concurrency", str(environment.worker_concurrency)),
        "--without-gossip",
        "--without-mingle",
    ]


def beat() -> list[str]:
    """Return how the clock runs, of which an installation has one."""
    return [*CELERY, "beat", "--pidfile="]


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
