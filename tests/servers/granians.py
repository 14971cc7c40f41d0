"""Stoa's own processes as operators run them: the site, and the file process."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from marketplace.storage.files import serving
from tests.servers.processes import HOST, Server, free_port, private_folder, running

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def file_process(
    environment: Mapping[str, str], *, port: int | None = None
) -> Iterator[Server]:
    """Run the file process; `environment` gives at least DATA_DIR and SECRET_KEY."""
    port = port or free_port()
    with private_folder("files") as folder:
        server = Server(
            command=[
                Path(sys.executable).with_name("gunicorn"),
                *("--chdir", str(ROOT)),
                *serving(f"{HOST}:{port}"),
            ],
            folder=folder,
            answers=lambda: _is_healthy(port),
            url=f"http://{HOST}:{port}",
            port=port,
            environment={"HOME": os.environ.get("HOME", "/"), **environment},
        )
        with running(server):
            yield server


@contextmanager
def site(
    environment: Mapping[str, str], *, workers: int = 2, port: int | None = None
) -> Iterator[Server]:
    """Run the site and its API on the database that `environment` names."""
    target = ("wsgi", "marketplace.config.wsgi:application")
    options = ("--workers", str(workers), "--blocking-threads", "1")
    with granian(*target, environment, *options, port=port) as server:
        yield server


@contextmanager
def granian(
    interface: str,
    target: str,
    environment: Mapping[str, str],
    *options: str,
    port: int | None = None,
) -> Iterator[Server]:
    """Run any application that answers 200 on /healthz."""
    port = port or free_port()
    with private_folder("granian") as folder:
        server = Server(
            command=[
                Path(sys.executable).with_name("granian"),
                *("--interface", interface, "--host", HOST, "--port", str(port)),
                *options,
                *("--working-dir", ROOT, target),
            ],
            folder=folder,
            answers=lambda: _is_healthy(port),
            url=f"http://{HOST}:{port}",
            port=port,
            environment={"HOME": os.environ.get("HOME", "/"), **environment},
        )
        with running(server):
            yield server


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False
