"""Tries from within what no job may do, and answers with what it managed. Harmless."""

import json
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path

from training.runner.inside.boot import Call

NEW_USER_NAMESPACE = "/proc/self/ns/user"
CORE_PATTERN = "/proc/sys/kernel/core_pattern"


def _read(path: str) -> Callable[[], object]:
    return lambda: Path(path).read_bytes()


def _open_core_pattern() -> None:
    os.close(os.open(CORE_PATTERN, os.O_WRONLY))  # and write nothing


def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("192.0.2.1", 53))  # sends nothing


def _write_beside_programs() -> None:
    path = Path("/usr/stoa-probe")
    path.touch()
    path.unlink()


def _raise_limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))


def _be_root() -> None:
    os.setuid(0)


def main(call: Call) -> bytes:
    worker = call.arguments["worker"]
    attempts: dict[str, Callable[[], object]] = {
        "read the worker's files": _read(call.arguments["secret"]),
        "read /etc/passwd": _read("/etc/passwd"),
        "read the worker's environment": _read(f"/proc/{worker}/environ"),
        "change the kernel's settings": _open_core_pattern,
        "open a network socket": _connect,
        "write beside the system's programs": _write_beside_programs,
        "raise its own limits": _raise_limit,
        "become root": _be_root,
    }
    managed = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        managed.append(name)
    if allocated := call.arguments["allocate_bytes"]:
        block = bytearray(allocated)
        block[:: resource.getpagesize()] = b"x" * len(block[:: resource.getpagesize()])
        managed.append("use more memory than it may")
    (call.scratch / "note").write_text("a benign job may write here")
    return json.dumps(managed).encode()
