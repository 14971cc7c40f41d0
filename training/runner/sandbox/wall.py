"""What all walls share: account, limits, a launcher and the job it turns into."""

import marshal
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG, S_IWGRP, S_IWOTH
from typing import Any, ClassVar

from training.jobs import Limits
from training.runner.sandbox.booting import Command, boot_command
from training.runner.sandbox.cards import CardWatch
from training.runner.sandbox.cgroups import (
    OUR_PROCESSES,
    find_hierarchy,
    job_group,
    remove_abandoned,
)
from training.runner.sandbox.gpu import Gpu, find_gpus, held_gpu
from training.runner.sandbox.process import (
    MOST_SEALED_BYTES,
    SharedMemory,
    Watch,
    Watched,
    copied,
    launched,
    opened,
    result_pipe,
    sealed,
)
from training.runner.sandbox.runtime import CUDA, Bind, Runtime, find_runtime
from training.runner.sandbox.seccomp import job_filter
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
from training.runner.sandbox.watch import FilesWatch, MemoryWatch, ScratchWatch

FIRST_JOB_UID, JOB_UIDS = 60_600, 500  # a range that no distribution hands out
CAP_SYS_ADMIN = 21
OPEN_FILES = 256
OTHERS_WRITE = S_IWGRP | S_IWOTH


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
    devices: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Fds:
    """What a job inherits: sealed inputs, the way out, the system call filter."""

    inputs: dict[str, int]
    result: int
    calls: int | None
    memory: int | None

    @property
    def every(self) -> list[int]:
        rest = [one for one in (self.calls, self.memory) if one is not None]
        return [*self.inputs.values(), self.result, *rest]


class Wall(ABC):
    """A sandbox on this machine."""

    kind: ClassVar[str]
    hides_host_files: ClassVar[bool] = False
    filters_calls: ClassVar[bool] = True
    is_a_program: ClassVar[bool] = False  # the launcher becomes it and is not needed
    needs_group: ClassVar[bool] = False  # to hold code; tables it reads without

    def __init__(self, *, python: Path | None = None) -> None:
        """Look at what this process may do.

        Args:
            python: the interpreter for jobs; None means ours.
        """
        self.python = python
        self.gpus = find_gpus()
        self.hierarchy = find_hierarchy()
        if self.hierarchy:
            remove_abandoned(self.hierarchy)

    @property
    def name(self) -> str:
        counted = self.hierarchy
        counter = f"cgroup v{counted.version}" if counted else "memory watch"
        return f"{self.kind}+{counter}"

    @property
    def holds(self) -> Risk:
        is_counted = self.hierarchy is not None or not self.needs_group
        return Risk.CODE if is_counted else Risk.TABLES

    @abstractmethod
    def site(
        self, runtime: Runtime, limits: Limits, *, gpu: Gpu | None
    ) -> AbstractContextManager[Site]:
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
        on_answer: Take | None = None,
    ) -> Result:
        limits = spec.limits
        with ExitStack() as stack:
            enter = stack.enter_context
            gpu = enter(held_gpu(self.gpus, stop=stop)) if spec.gpu else None
            runtime = self._runtime(spec, gpu)
            group = (
                enter(job_group(self.hierarchy, limits=limits))
                if self.hierarchy
                else None
            )
            site = enter(self.site(runtime, limits, gpu=gpu))
            inputs = {
                name: enter(readable(it, spec=spec, uid=site.uid))
                for name, it in spec.inputs.items()
            }
            results, answers = enter(result_pipe())
            memory = enter(_memory_for(limits)) if spec.is_bulk else None
            fds = Fds(
                inputs,
                answers.fileno(),
                enter(sealed(self._filter())),
                memory.fd if memory else None,
            )
            job = boot_command(
                spec,
                runtime=runtime,
                root=site.root,
                scratch=site.scratch,
                inputs=inputs,
                result=fds.result,
                memory=memory,
                limits_processes=is_root() or self.hides_host_files,
            )
            command = self.command(job, site=site, runtime=runtime, fds=fds)
            plan = {
                "groups": group.entrances if group else [],
                "uid": site.uid,
                "stages": site.is_staged,
                "binds": [[str(bind.source), bind.place] for bind in runtime.binds],
                "scratch_bytes": site.scratch_bytes,
                "scratch": site.scratch,
                "rlimits": self._rlimits(limits, inputs=len(inputs)),
                "becomes_wall": self.is_a_program,
                "landlock": site.landlock,
                "seccomp_fd": fds.calls if self.filters_calls else None,
                "fds": fds.every,
                "argv": command.argv,
                "env": command.environment,
            }
            process = launched(marshal.dumps(plan).hex(), fds=tuple(fds.every))
            counted = MemoryWatch(process.pid, limit_bytes=limits.memory_bytes)
            card = CardWatch.of(gpu.index) if gpu and not gpu.part else None
            watched = Watched(
                process,
                limits=limits,
                group=group,
                watches=[
                    *([] if group else [counted]),
                    *_watches_of(site, limits, pid=process.pid),
                    *([card] if card else []),
                ],
                stays_beside=not self.is_a_program,
            )
            answers.close()
            ended = watched.follow(
                results, stop=stop, on_log=on_log, on_answer=on_answer
            )
            result = verdict(ended, limits, account=group or counted)
            result = replace(result, card=card.taken() if card else None)
            return result if memory is None else _with_memory(result, memory)

    def _runtime(self, spec: JobSpec, gpu: Gpu | None) -> Runtime:
        offered = (*spec.offered, *((CUDA,) if gpu else ()))
        runtime = find_runtime(spec.packages, python=self.python, offered=offered)
        if gpu is None:
            return runtime
        libraries = tuple(Bind(path, place) for path, place in gpu.libraries)
        return replace(runtime, binds=(*runtime.binds, *libraries), has_driver=True)

    def _filter(self) -> bytes:
        return job_filter(among_host_files=not self.hides_host_files)

    def _rlimits(self, limits: Limits, *, inputs: int) -> dict[str, int]:
        wanted = rlimits_of(limits, inputs=inputs)
        if self.hierarchy is None:
            others = 0 if is_root() else tasks_of(os.getuid())
            wanted["NPROC"] = others + limits.processes + OUR_PROCESSES
            wanted["DATA"] = limits.memory_bytes
        return wanted


def readable(
    content: Path | bytes, *, spec: JobSpec, uid: int | None
) -> AbstractContextManager[int]:
    """Give what a job reads: a sealed copy, or the file where that is as safe.

    It is where the job has an account of its own, and only ours may write to the file.
    What a reader of ours reads and is too large for memory is copied to disk.
    """
    if spec.is_bulk and isinstance(content, Path):
        facts = content.lstat()
        is_ours = facts.st_uid == os.geteuid() != uid and uid is not None
        if is_ours and S_ISREG(facts.st_mode) and not facts.st_mode & OTHERS_WRITE:
            return opened(content)
        if content.stat().st_size > MOST_SEALED_BYTES:
            return copied(content)
    return sealed(content)


def _memory_for(limits: Limits) -> SharedMemory:
    """Give memory for an answer, no larger than a job may write anything."""
    return SharedMemory(min(limits.output_bytes, limits.scratch_bytes))


def _with_memory(result: Result, memory: SharedMemory) -> Result:
    """Add what the job wrote to memory.

    Raises:
        SandboxBroken: something of the job can still write to it.
    """
    try:
        return replace(result, memory=memory.sealed())
    except OSError as fault:
        raise SandboxBroken(f"the answer could not be sealed: {fault}") from fault


def rlimits_of(limits: Limits, *, inputs: int) -> dict[str, int]:
    """Return what the kernel limits of a process by itself, whatever else holds it.

    Never AS: numeric libraries and drivers reserve address space by the terabyte.
    """
    return {
        "CORE": 0,
        "CPU": limits.cpu_seconds,
        "FSIZE": limits.scratch_bytes,
        "NOFILE": max(OPEN_FILES, 2 * inputs),
        "MEMLOCK": 64 * 1024,
        "MSGQUEUE": 0,
    }


def _watches_of(site: Site, limits: Limits, *, pid: int) -> Iterator[Watch]:
    if site.watched_mounts:
        yield FilesWatch(pid, sizes=site.watched_mounts)
    if site.watched_scratch:
        yield ScratchWatch(site.watched_scratch, limit_bytes=limits.scratch_bytes)


def job_uid() -> int | None:
    """Choose the account root drops a job to; None for those who cannot change theirs."""
    return job_uid_by_chance() if is_root() else None


def job_uid_by_chance() -> int:
    """Choose an account. Any number works, since no file is its own.

    Chance keeps jobs that run side by side apart from each other.
    """
    return FIRST_JOB_UID + secrets.randbelow(JOB_UIDS)


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
