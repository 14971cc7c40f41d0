"""Follows a program of its own process: passes on what it prints, and ends it in time.

What it prints comes by a pipe, of which the beginning and the end go on.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import IO

CHUNK = 1 << 16
MOST_HEAD_BYTES, MOST_TAIL_BYTES = 640 * 1024, 128 * 1024
CUT = b"\n[It prints a lot: from here on only the end of it is kept.]\n"
LOOK_EVERY_SECONDS = 0.5


class Printed:
    """Passes on what a program prints: the beginning at once, the end at its end."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._told = 0
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0

    def take(self, chunk: bytes) -> None:
        if self._told < MOST_HEAD_BYTES:
            self._told += len(chunk)
            self._pass_on(chunk)
            if self._told >= MOST_HEAD_BYTES:
                self._pass_on(CUT)
            return
        self._tail.append(chunk)
        self._tail_bytes += len(chunk)
        while self._tail_bytes - len(self._tail[0]) > MOST_TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft())

    def end(self) -> None:
        self._pass_on(b"".join(self._tail)[-MOST_TAIL_BYTES:])

    def _pass_on(self, chunk: bytes) -> None:
        self._out.write(chunk)
        self._out.flush()


def followed(
    command: list[str], home: Path, environment: dict[str, str], seconds: float
) -> tuple[int, bool]:
    """Run a program for so long; return its exit status, and whether it was stopped."""
    process = subprocess.Popen(
        command,
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        bufsize=0,
    )
    assert process.stdout is not None  # noqa: S101  for mypy; a pipe was asked for
    deadline = time.monotonic() + seconds
    printed = Printed(sys.stdout.buffer)
    fd, is_open, is_late = process.stdout.fileno(), True, False
    while not is_late and (is_open or process.poll() is None):
        left = deadline - time.monotonic()
        is_late = left <= 0
        wait = min(max(left, 0.0), LOOK_EVERY_SECONDS)
        ready, _, _ = select.select([fd] if is_open else [], [], [], wait)
        if ready:
            chunk = os.read(fd, CHUNK)
            is_open = bool(chunk)
            printed.take(chunk)
        elif process.poll() is not None:  # a child of its own may hold the pipe
            break
    if is_late:
        os.killpg(process.pid, signal.SIGKILL)
    status = process.wait()
    printed.end()
    return status, is_late
