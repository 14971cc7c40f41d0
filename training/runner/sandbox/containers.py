"""What the container engines share: a stream in, a stream out, and a client between."""

import json
import os
import secrets
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from training.jobs import MIB, Containers, Limits
from training.runner.sandbox.booting import LENGTH_BYTES
from training.runner.sandbox.cgroups import OUR_PROCESSES
from training.runner.sandbox.process import (
    MOST_SEALED_BYTES,
    Watched,
    copied,
    result_pipe,
    sealed,
)
from training.runner.sandbox.spec import (
    JobSpec,
    Result,
    Risk,
    SandboxBroken,
    Take,
    never,
    unheard,
)
from training.runner.sandbox.verdict import verdict
from training.runner.sandbox.wall import job_uid_by_chance, rlimits_of

SCRATCH = "/tmp"  # noqa: S108  a new file system, of bounded size
ENTRY = ("python3", "-B", "-P", "-m", "training.runner.sandbox.contained")
PREFIX = "stoa-job-"
LABEL = "stoa.job"
SHM_BYTES = 16 * MIB
MOST_FILES = 20_000
ASKED_WITHIN_SECONDS = 60
STARTED_WITHIN_SECONDS = 60.0


class EngineSilent(SandboxBroken):
    """The engine's client failed; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What an engine tells of a job that ended; it counts neither time nor memory."""

    exit_code: int
    has_run_out_of_memory: bool
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    has_met_process_limit: bool = False


def memory_of(spec: JobSpec) -> int:
    """Return the bytes a container may hold: the job's, and the inputs kept beside."""
    return spec.limits.memory_bytes + sum(_sizes_of(spec).values())


def _sizes_of(spec: JobSpec) -> dict[str, int]:
    return {
        name: len(it) if isinstance(it, bytes) else it.stat().st_size
        for name, it in spec.inputs.items()
    }


def processes_of(limits: Limits) -> int:
    return limits.processes + OUR_PROCESSES


@contextmanager
def stream_of(spec: JobSpec, *, root: str) -> Iterator[int]:
    """Yield the descriptor of all that a job is told, as `contained` reads it."""
    sizes = _sizes_of(spec)
    head = {
        "program": spec.program,
        "limits": asdict(spec.limits),
        "arguments": dict(spec.arguments),
        "packages": spec.packages,
        "offered": spec.offered,
        "inputs": list(sizes.items()),
        "rlimits": rlimits_of(spec.limits, inputs=len(spec.inputs)),
        "root": root,
    }
    told = json.dumps(head).encode()
    length = len(told).to_bytes(LENGTH_BYTES, "little")
    is_small = sum(sizes.values()) <= MOST_SEALED_BYTES
    kept = sealed if is_small else copied
    with kept(length, told, *spec.inputs.values()) as stream:
        yield stream


class ContainerWall(ABC):
    """A sandbox of a container engine, which its command-line client drives."""

    kind: ClassVar[str]
    client: ClassVar[str]
    holds = Risk.CODE

    def __init__(self, containers: Containers) -> None:
        self.containers = containers

    @property
    def name(self) -> str:
        runtime = self.containers.runtime
        return f"{self.kind}+{runtime or 'default runtime'}+seccomp"

    @abstractmethod
    def start(self, spec: JobSpec, *, name: str, uid: int) -> list[str]:
        """Make what is to be made before; return the client's command that runs it."""

    @abstractmethod
    def counted(self, name: str) -> Counted | None:
        """Ask how the job ended; None if it cannot be known."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """End the job, whatever it is at, and leave nothing of it."""

    def ask(self, *words: str, told: Any = None) -> str:
        """Run the client to its end; return what it printed.

        Raises:
            EngineSilent: it failed.
        """
        try:
            done = subprocess.run(
                [self.client, *words],
                input=None if told is None else json.dumps(told),
                capture_output=True,
                text=True,
                timeout=ASKED_WITHIN_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise EngineSilent(f"{self.client}: {fault}") from fault
        if done.returncode:
            raise EngineSilent(f"{self.client} {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def run(
        self,
        spec: JobSpec,
        *,
        stop: Callable[[], bool] = never,
        on_log: Callable[[str], None] = unheard,
        on_answer: Take | None = None,
    ) -> Result:
        name = f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
        with ExitStack() as stack:
            stream = stack.enter_context(stream_of(spec, root=f"{SCRATCH}/{name}"))
            results, answers = stack.enter_context(result_pipe())
            stack.callback(self.remove, name)
            command = self.start(spec, name=name, uid=job_uid_by_chance())
            process = subprocess.Popen(
                command,
                stdin=stream,
                stdout=answers,
                stderr=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
            )
            answers.close()
            watched = Watched(process, limits=spec.limits)
            ended = watched.follow(
                results, stop=stop, on_log=on_log, on_answer=on_answer
            )
            counted = self.counted(name) if ended.status is None else None
            if counted:
                ended.exit_code = counted.exit_code
            ended.cpu_seconds = 0.0  # the client's, and none of the job's
            account = counted or Counted(ended.exit_code, has_run_out_of_memory=False)
            return verdict(ended, spec.limits, account=account)


def host_name() -> str:
    """Name this machine, for whom else's jobs are not ours to remove."""
    return socket.gethostname()


def is_gone(name: str) -> bool:
    """Tell whether the worker of this machine that named a job so has ended."""
    pid = name.removeprefix(PREFIX).split("-")[0]
    return name.startswith(PREFIX) and not Path("/proc", pid).exists()
