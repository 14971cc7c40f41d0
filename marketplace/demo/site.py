"""A running installation beside the story: started, waited for, ended."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

# Below those that systems give to outgoing connections (RFC 6056, section 3.2; Linux
# begins at 32768): a connection can hold one of those when a server comes to bind it.
PORTS = range(20_000, 32_000)
STARTS_WITHIN_SECONDS = 90
ENDS_WITHIN_SECONDS = 30


class SiteFailed(Exception):
    """The site did not start; the message quotes the end of its log."""


def free_port(host: str, *, following: int = 0) -> int:
    """Return a port of `PORTS` that is free, and so are the next `following`."""
    while True:
        port = random.choice(PORTS)  # noqa: S311  any will do
        if all(is_free(host, port + step) for step in range(following + 1)):
            return port


def free_port_pair(host: str) -> int:
    """Return a port that is free and whose next one is, for the site and its files."""
    return free_port(host, following=1)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; one that just stopped does not count."""
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False


@contextmanager
def running(*, host: str, port: int, log: Path) -> Iterator[str]:
    """Run `manage.py serve` until the block ends; give its address once it is ready.

    Raises:
        SiteFailed: it ended or was not ready in time.
    """
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--host", host, "--port", str(port)],
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://{host}:{port}"
    try:
        _wait_until_ready(process, address, log)
        yield address
    finally:
        _end(process)


def _wait_until_ready(
    process: "subprocess.Popen[bytes]", address: str, log: Path
) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310  our own address
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    tail = log.read_text(errors="replace")[-3000:]
    raise SiteFailed(f"The site did not start. {log} ends with:\n{tail}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=ENDS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
