"""What all walls share: account, limits, clean environment, pipes and the verdict."""

import json
import marshal
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from training.jobs import Limits
from training.runner.sandbox.cgroups import (
    OUR_PROCESSES,
    JobGroup,
    find_hierarchy,
    job_group,
    remove_abandoned,
)
from training.runner.sandbox.process import Ended, Watched, result_pipe, sealed
from training.runner.sandbox.runtime import PLACE_OF_INSIDE, Runtime, find_runtime
from training.runner.sandbox.seccomp import job_filter
from training.runner.sandbox.spec import (
    JobSpec,
    Result,
    SandboxBroken,
    Status,
    never,
    unheard,
)

FIRST_JOB_UID, JOB_UIDS = 60_600, 500  # a range that no distribution hands out
CAP_SYS_ADMIN = 21
HELLO = b"\x06"  # a job's first byte: the wall stands and our program runs
NO_MEMORY_LEFT = 86  # how our programs end when an allocation fails
KILLED, CPU_SIGNAL = 128 + 9, 128 + 24


def is_root() -> bool:
    return os.geteuid() == 0


def may_stage() -> bool:
    """Tell whether this process may mount, which staging for another account takes."""
    status = Path("/proc/self/status").read_text().splitlines()
    rights = next(line.split()[1] for line in status if line.startswith("CapEff:"))
    return is_root() and bool(int(rights, 16) >> CAP_SYS_ADMIN & 1)


@dataclass(slots=True)
class Site:
    """Where one job finds its things.

    `root` is what places of the runtime lie below; `scratch` is the job's to write.
    """

    root: str
    scratch: str
    scratch_bytes: int
    uid: int | None
    is_staged: bool
    watched_scratch: Path | None = None
    watched_mounts: dict[str, int] = field(default_factory=dict)
    landlock: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Fds:
    """What a job inherits: sealed inputs, the way out, the system call filter."""

    inputs: dict[str, int]
    result: int
    calls: int | None

    @property
    def every(self) -> list[int]:
        calls = [] if self.calls is None else [self.calls]
        return [*self.inputs.values(), self.result, *calls]


@dataclass(frozen=True, slots=True)
class Command:
    """A command line with its whole environment."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)


class Wall(ABC):
    """A sandbox on this machine."""

    kind: ClassVar[str]
    hides_host_files: ClassVar[bool] = False
    filters_calls: ClassVar[bool] = True
    is_a_program: ClassVar[bool] = False  # the launcher becomes it and is not needed

    def __init__(self, *, python: Path | None = None) -> None:
        """Look at what this process may do.

        Args:
            python: the interpreter for jobs; None means ours.
        """
        self.python = python
        self.hierarchy = find_hierarchy()
        if self.hierarchy:
            remove_abandoned(self.hierarchy)

    @property
    def name(self) -> str:
        counted = self.hierarchy
        counter = f"cgroup v{counted.version}" if counted else "memory watch"
        return f"{self.kind}+{counter}"

    @abstractmethod
    def site(self, runtime: Runtime, limits: Limits) -> AbstractContextManager[Site]:
        """Prepare where a job runs, and clear it away after."""

    def command(
        self, job: Command, *, site: Site, runtime: Runtime, fds: Fds
    ) -> Command:
        """Put the wall before the job, if the wall is a program."""
        del site, runtime, fds
        return job

    def run(
        self,
        spec: JobSpec,
        *,
        stop: Callable[[], bool] = never,
        on_log: Callable[[str], None] = unheard,
    ) -> Result:
        limits = spec.limits
        runtime = find_runtime(spec.packages, python=self.python, offered=spec.offered)
        with ExitStack() as stack:
            enter = stack.enter_context
            group = (
                enter(job_group(self.hierarchy, limits=limits))
                if self.hierarchy
                else None
            )
            site = enter(self.site(runtime, limits))
            inputs = {name: enter(sealed(it)) for name, it in spec.inputs.items()}
            results, answers = enter(result_pipe())
            fds = Fds(inputs, answers.fileno(), enter(sealed(self._filter())))
            job = self._job(spec, site=site, runtime=runtime, fds=fds)
            command = self.command(job, site=site, runtime=runtime, fds=fds)
            plan = {
                "groups": group.entrances if group else [],
                "uid": site.uid,
                "stages": site.is_staged,
                "binds": [[str(bind.source), bind.place] for bind in runtime.binds],
                "scratch_bytes": site.scratch_bytes,
                "scratch": site.scratch,
                "rlimits": self._rlimits(limits),
                "becomes_wall": self.is_a_program,
                "landlock": site.landlock,
                "seccomp_fd": fds.calls if self.filters_calls else None,
                "fds": fds.every,
                "argv": command.argv,
                "env": command.environment,
            }
            watched = Watched(
                marshal.dumps(plan).hex(),
                fds=tuple(fds.every),
                limits=limits,
                group=group,
                stays_beside=not self.is_a_program,
                scratch=site.watched_scratch,
                mounts=site.watched_mounts,
            )
            answers.close()
            ended = watched.follow(results, stop=stop, on_log=on_log)
            return verdict(ended, limits, group=group)

    def _filter(self) -> bytes:
        return job_filter(among_host_files=not self.hides_host_files)

    def _job(self, spec: JobSpec, *, site: Site, runtime: Runtime, fds: Fds) -> Command:
        has_own_account = is_root() or self.hides_host_files
        boot = {
            "program": spec.program,
            "inputs": fds.inputs,
            "arguments": dict(spec.arguments),
            "result_fd": fds.result,
            "site": f"{site.root}/site",
            "scratch": site.scratch,
            "processes": spec.limits.processes if has_own_account else None,
        }
        script = f"{site.root}/{PLACE_OF_INSIDE}/boot.py"
        python = [runtime.python(site.root), "-I", "-S", "-B"]
        threads = str(spec.limits.threads)
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": site.scratch,
            "TMPDIR": site.scratch,
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "POLARS_MAX_THREADS": threads,
            "RESULT_FD": str(fds.result),
        }
        if runtime.place:
            environment["LD_LIBRARY_PATH"] = f"{site.root}/python/lib"
        return Command([*python, script, json.dumps(boot)], environment)

    def _rlimits(self, limits: Limits) -> dict[str, int]:
        wanted = {
            "CORE": 0,
            "CPU": limits.cpu_seconds,
            "FSIZE": limits.scratch_bytes,
            "NOFILE": 256,
            "MEMLOCK": 64 * 1024,
            "MSGQUEUE": 0,
        }
        if self.hierarchy is None:
            others = 0 if is_root() else tasks_of(os.getuid())
            wanted["NPROC"] = others + limits.processes + OUR_PROCESSES
            wanted["DATA"] = limits.memory_bytes
        return wanted


def job_uid() -> int | None:
    """Choose the account root drops a job to; None for those who cannot change theirs.

    Any number works, since no file is its own. Chance keeps jobs that run side by side
    apart from each other.
    """
    return FIRST_JOB_UID + secrets.randbelow(JOB_UIDS) if is_root() else None


def tasks_of(uid: int) -> int:
    """Count the threads of an account, which is how the kernel counts processes."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == uid:
                total += len(os.listdir(folder / "task"))  # noqa: PTH208  to count
        except OSError:
            continue
    return total


def verdict(ended: Ended, limits: Limits, *, group: JobGroup | None) -> Result:
    """Say how a run ended, from what was seen and what the kernel counted.

    Raises:
        SandboxBroken: our program never spoke, though nothing stopped it.
    """
    output = bytes(ended.output)
    log = ended.log.decode(errors="replace")
    cpu_seconds = max(ended.cpu_seconds, group.cpu_seconds if group else 0.0)
    status = ended.status
    if status is None:
        status = _status_of(ended, limits, group=group, cpu_seconds=cpu_seconds)
        if not output.startswith(HELLO) and status in {Status.OK, Status.FAILED}:
            raise SandboxBroken(log.strip() or f"exit status {ended.exit_code}")
    return Result(
        status=status,
        exit_code=ended.exit_code,
        output=output.removeprefix(HELLO),
        log_tail=log,
        wall_seconds=ended.wall_seconds,
        cpu_seconds=cpu_seconds,
        peak_memory_bytes=(
            group.peak_memory_bytes if group else ended.peak_memory_bytes
        ),
        has_met_process_limit=group.has_met_process_limit if group else False,
        has_met_memory_limit=group.has_run_out_of_memory if group else False,
    )


def _status_of(
    ended: Ended, limits: Limits, *, group: JobGroup | None, cpu_seconds: float
) -> Status:
    if ended.exit_code == 0:
        return Status.OK
    if group and group.has_run_out_of_memory:
        return Status.OUT_OF_MEMORY
    if ended.exit_code == NO_MEMORY_LEFT:
        return Status.OUT_OF_MEMORY
    is_killed = ended.exit_code in {KILLED, CPU_SIGNAL}
    if is_killed and cpu_seconds > limits.cpu_seconds / 2:  # rlimits go by samples
        return Status.OUT_OF_CPU
    return Status.FAILED
