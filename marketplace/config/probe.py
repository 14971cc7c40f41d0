"""Whether one process of this host is well: exit status 0, or 1 and a sentence.

For health checks of containers, which ask often: so it loads no Django.
"""

import argparse
import http.client
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from marketplace.config.env import Environment, environment
from marketplace.config.process import PORTS

ASKED = {"web": "/readyz", "files": "/healthz"}
SILENT_AFTER_SECONDS = 300.0  # beat writes every three minutes, workers much more often


class NotWell(Exception):
    """It does not do what it should; the message says what."""


def signs_of(kind: str, name: str, within: Environment) -> list[Path]:
    """Return the files that beat, or the worker of this name, touches while it lives."""
    if kind == "beat":
        return sorted(within.data_dir.glob("beat*"))
    return sorted(within.data_dir.glob(f"alive/{name}"))


def heard(signs: Sequence[Path], *, now: float) -> None:
    """Look at when it last gave a sign of life.

    Raises:
        NotWell: never, or too long ago.
    """
    if not signs:
        raise NotWell("It has given no sign of life yet.")
    silent_seconds = now - max(sign.stat().st_mtime for sign in signs)
    if silent_seconds > SILENT_AFTER_SECONDS:
        raise NotWell(f"Its last sign of life is {silent_seconds:.0f} s old.")


def answered(kind: str, port: int, within: Environment) -> None:
    """Ask the site or the file process under the name that people use.

    Raises:
        NotWell: it answers otherwise, or not at all.
    """
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    host = urlsplit(within.base_url).netloc
    try:
        asking.request("GET", ASKED[kind], headers={"Host": host})
        answer = asking.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException) as fault:
        raise NotWell(f"It does not answer: {fault}") from fault
    finally:
        asking.close()
    if answer.status != HTTPStatus.OK:
        raise NotWell(f"It answers {answer.status}: {said.decode(errors='replace')}")


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="marketplace.config.probe")
    parser.add_argument("kind", choices=["web", "files", "worker", "beat"])
    parser.add_argument("--name", default="*", help="the worker's; unset means any")
    parser.add_argument("--port", type=int)
    told = parser.parse_args(given)
    try:
        if told.kind in ASKED:
            answered(told.kind, told.port or PORTS[told.kind], environment)
        else:
            heard(signs_of(told.kind, told.name, environment), now=time.time())
    except NotWell as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
