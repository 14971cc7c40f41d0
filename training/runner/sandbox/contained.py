"""The first steps of a job in a container, taken there: receive, tighten, become it.

The engine has built the wall. What it cannot carry comes by standard input: a head in
JSON after its length in 8 bytes, then the bytes of each input. The answer goes out by
standard output, and everything that is printed by standard error. So no folder of the
host is shown, and nothing is asked of where the engine runs.
"""

import fcntl
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from training.jobs import Limits
from training.runner.sandbox.booting import LENGTH_BYTES, boot_command
from training.runner.sandbox.launcher import (
    PR_SET_NO_NEW_PRIVS,
    call,
    limit,
    read_nothing,
    refuse_calls,
)
from training.runner.sandbox.process import SEALS
from training.runner.sandbox.runtime import RuntimeIncomplete, find_runtime
from training.runner.sandbox.seccomp import UnknownArchitecture, job_filter
from training.runner.sandbox.spec import JobSpec

CHUNK = 1 << 20
BROKEN = 125
SCRATCH = "scratch"


class CutOff(Exception):
    """Standard input ended before all had come."""


def _received(fd: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(fd, min(size, CHUNK))
        if not part:
            raise CutOff(f"{size} bytes of what was to come did not")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _kept(fd: int, size: int) -> int:
    """Keep an input in memory that nobody can change; return its descriptor."""
    memory = os.memfd_create("input", os.MFD_ALLOW_SEALING)
    while size:
        part = _received(fd, min(size, CHUNK))
        os.write(memory, part)
        size -= len(part)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, SEALS)
    os.lseek(memory, 0, os.SEEK_SET)
    return memory


def become_job(head: dict[str, Any], source: int) -> NoReturn:
    """Receive the inputs from `source` and turn into the job that `head` describes."""
    spec = JobSpec(
        head["program"],
        Limits(**head["limits"]),
        arguments=head["arguments"],
        packages=tuple(head["packages"]),
        offered=tuple(head["offered"]),
    )
    root = Path(head["root"])
    scratch = root / SCRATCH
    scratch.mkdir(parents=True)
    runtime = find_runtime(spec.packages, python=None, offered=spec.offered)
    for bind in runtime.binds:
        link = root / bind.place
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(bind.source)
    inputs = {name: _kept(source, size) for name, size in head["inputs"]}
    answers = os.dup(1)
    os.dup2(2, 1)
    for fd in (*inputs.values(), answers):
        os.set_inheritable(fd, True)  # noqa: FBT003  it takes no name
    read_nothing()
    job = boot_command(
        spec,
        runtime=runtime,
        root=str(root),
        scratch=str(scratch),
        inputs=inputs,
        result=answers,
    )
    signal.alarm(int(spec.limits.wall_seconds) + 1)  # should the worker be gone by then
    limit(head["rlimits"])
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.chdir(scratch)
    refuse_calls(job_filter(among_host_files=False))
    os.execve(job.argv[0], job.argv, job.environment)  # noqa: S606  the purpose


def main() -> int:
    try:
        size = int.from_bytes(_received(0, LENGTH_BYTES), "little")
        become_job(json.loads(_received(0, size)), 0)
    except (OSError, CutOff, RuntimeIncomplete, UnknownArchitecture) as fault:
        sys.stderr.write(f"sandbox: {fault}\n")
        return BROKEN


if __name__ == "__main__":
    sys.exit(main())
