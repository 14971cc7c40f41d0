"""A whole installation of its own, as `manage.py serve` runs one, on free ports."""

import os
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from kombu import Connection
from psycopg import sql

from marketplace.config import supervisor
from marketplace.config.celery import app as celery
from marketplace.config.env import ROOT, environment
from marketplace.config.services import broker_options, broker_url
from marketplace.demo.site import free_port_pair

HOST = "127.0.0.1"
STARTS_WITHIN_SECONDS = 60


@dataclass
class RunningSite:
    """Processes of one installation: files below `folder`, and a database of its own."""

    folder: Path
    address: supervisor.Address
    template: str  # the database to begin with a copy of
    variables: dict[str, str] = field(init=False)
    stack: ExitStack = field(default_factory=ExitStack)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.variables = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
            "DATA_DIR": str(self.folder / "var"),
            "DATABASE_URL": _copy_of(self.template),
            "BASE_URL": self.address.base_url,
            "FILES_URL": self.address.files_url,
            "LOG_LEVEL": "WARNING",
            "OPERATOR_NAME": "The Agora Society",
            "BANK_DETAILS": "Agora Bank, IBAN GR16 0110 1250 0000 0001 2300 695",
            "ANONYMOUS_REQUESTS_PER_MINUTE": "100000",
        }

    @property
    def base_url(self) -> str:
        return self.address.base_url

    def manage(self, *arguments: str, given: str = "") -> str:
        """Run one management command and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.variables,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, f"manage.py {arguments}: {done.stderr[-3000:]}"
        return done.stdout

    def start(self, *names: str) -> None:
        """Start processes by their names, such as web and files, until `stop`."""
        commands = supervisor.commands(environment, self.address)
        for name in names:
            log = self.stack.enter_context((self.folder / f"{name}.log").open("ab"))
            process = subprocess.Popen(
                commands[name], cwd=ROOT, env=self.variables, stdout=log, stderr=log
            )
            self.processes[name] = process
            self.stack.callback(_end, process)

    def end(self, name: str) -> None:
        """End one process, whatever it is doing; `start` starts another."""
        _end(self.processes[name])

    def ask(self, task: str) -> None:
        """Ask for a task by its name, as beat does by the clock."""
        ours = environment.model_copy(update={"data_dir": self.folder / "var"})
        with Connection(
            broker_url(ours), transport_options=broker_options(ours)
        ) as broker:
            celery.send_task(task, connection=broker)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=5):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise TimeoutError(self.log("web")) from None
                time.sleep(0.1)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        self.stack.close()


def free_address() -> supervisor.Address:
    """Find two neighbouring free ports on the loopback interface."""
    return supervisor.Address(HOST, free_port_pair(HOST))


def _copy_of(template: str) -> str:
    """Copy a database in the cluster that the tests use; return the copy's address."""
    server, _, _ = environment.resolved_database_url.rpartition("/")
    name = f"journeys_{uuid.uuid4().hex}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(made)
    return f"{server}/{name}"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
