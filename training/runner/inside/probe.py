"""Tries from within what no job may do, and answers with what it managed. Harmless."""

import hashlib
import json
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.runner.inside.boot import Call

PATIENCE_SECONDS = 1
CORE_PATTERN = "/proc/sys/kernel/core_pattern"


def _read(path: str) -> Callable[[], object]:
    return lambda: Path(path).read_bytes()


def _open_core_pattern() -> None:
    os.close(os.open(CORE_PATTERN, os.O_WRONLY))  # and write nothing


def _connect(address: list[Any]) -> Callable[[], object]:
    """Connect to who listens there, for only that shows a network that leads somewhere."""

    def connect() -> None:
        with socket.create_connection(tuple(address), timeout=PATIENCE_SECONDS):
            pass

    return connect


def _read_environment(worker: int, sha256: str) -> Callable[[], object]:
    """Read an environment that is the worker's, for its number may be another's here."""

    def read() -> None:
        content = Path(f"/proc/{worker}/environ").read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise OSError("another's environment")

    return read


def _write_beside_programs() -> None:
    path = Path("/usr/stoa-probe")
    path.touch()
    path.unlink()


def _raise_limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))


def _be_root() -> None:
    os.setuid(0)


def main(call: Call) -> bytes:
    told = call.arguments
    environment = _read_environment(told["worker"], told["environment_sha256"])
    attempts: dict[str, Callable[[], object]] = {
        "read the worker's files": _read(told["secret"]),
        "read /etc/passwd": _read("/etc/passwd"),
        "read the worker's environment": environment,
        "change the kernel's settings": _open_core_pattern,
        "open a network socket": _connect(told["listener"]),
        "write beside the system's programs": _write_beside_programs,
        "raise its own limits": _raise_limit,
        "become root": _be_root,
    }
    if told["has_own_files"]:  # what it reads there is its image's
        del attempts["read /etc/passwd"]
    managed = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        managed.append(name)
    if allocated := told["allocate_bytes"]:
        block = bytearray(allocated)
        block[:: resource.getpagesize()] = b"x" * len(block[:: resource.getpagesize()])
        managed.append("use more memory than it may")
    (call.scratch / "note").write_text("a benign job may write here")
    return json.dumps(managed).encode()
