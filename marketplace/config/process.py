"""One process of an installation, for who supervises them: systemd, Compose, Kubernetes.

`python -m marketplace.config.process worker --queues runs` becomes that very process, so
signals reach it. What `serve` runs together is started by the same command lines.
"""

import argparse
import os
from collections.abc import Sequence
from typing import NoReturn

from marketplace.config import supervisor
from marketplace.config.env import ROOT, Environment, environment

PORTS = {"web": 8000, "files": 8001}


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="marketplace.config.process")
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, port in PORTS.items():
        listening = kinds.add_parser(kind)
        listening.add_argument("--host", default="127.0.0.1", help="where to listen")
        listening.add_argument("--port", type=int, default=port)
    working = kinds.add_parser("worker")
    working.add_argument("--queues", required=True, help="such as runs,predictions")
    working.add_argument("--name", help="its own on this host; unset means its queues")
    kinds.add_parser("beat")
    return parser.parse_args(given)


def command(told: argparse.Namespace, within: Environment) -> list[str]:
    """Return the command line of the process that was asked for."""
    match told.kind:
        case "web":
            return supervisor.web(within, told.host, told.port)
        case "files":
            return supervisor.files(told.host, told.port)
        case "worker":
            queues = told.queues.split(",")
            name = told.name or "-".join(queues)
            return supervisor.worker(within, queues, name=name)
        case _:
            return supervisor.beat()


def main(given: Sequence[str] | None = None) -> NoReturn:
    line = command(arguments(given), environment)
    os.chdir(ROOT)
    os.execve(line[0], line, {**os.environ, **supervisor.PROCESS})  # noqa: S606  that is the point


if __name__ == "__main__":
    main()
