"""What every sandbox is asked and answers, whichever wall it builds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from training.jobs import Limits, Usage


class SandboxUnavailable(Exception):
    """This machine has no safe sandbox; the message says what to install."""


class SandboxBroken(Exception):
    """The wall itself could not be built for this run: ours to mend, not the job's."""


class Risk(StrEnum):
    """What a job brings, which decides how strong its wall must be."""

    TABLES = "TABLES"  # bytes that our own readers parse, and nothing of it runs
    CODE = "CODE"  # models and code, which are programs


class Status(StrEnum):
    """How a run ended."""

    OK = "OK"
    FAILED = "FAILED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    OUT_OF_CPU = "OUT_OF_CPU"
    OUT_OF_TIME = "OUT_OF_TIME"
    OUT_OF_OUTPUT = "OUT_OF_OUTPUT"
    OUT_OF_SCRATCH = "OUT_OF_SCRATCH"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One run: a program of `training.runner.inside` and what it may read.

    Args:
        program: the module's name.
        inputs: what it reads, by name; it gets sealed copies and never our files.
        arguments: plain JSON for it.
        packages: distributions it may import besides the standard library.
        offered: likewise, where they are installed.
        gpu: it needs one, and has it to itself.
        is_bulk: a reader of ours that takes and gives much. Where the wall can, it hands
            back by shared memory, and reads a file of ours itself that its account
            cannot write to, through a descriptor that cannot either; else a large file
            is copied to disk.
    """

    program: str
    limits: Limits
    inputs: Mapping[str, Path | bytes] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    gpu: bool = False
    is_bulk: bool = False


@dataclass(frozen=True, slots=True)
class TakenOfCard:
    """What a job took of the graphics card that it had; None is not counted there.

    `busy_fraction` is the part of its time in which a kernel ran, from 0 to 1.
    """

    name: str
    energy_joules: float | None = None
    peak_memory_bytes: int | None = None
    busy_fraction: float | None = None

    def added_to(self, usage: Usage) -> Usage:
        return replace(
            usage,
            device=self.name,
            gpu_energy_joules=self.energy_joules,
            gpu_peak_memory_bytes=self.peak_memory_bytes,
            gpu_busy=self.busy_fraction,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended, what it handed back (untrusted) and what it took.

    A run that met a limit may yet end well, when only a child of it was refused. The
    `memory` is as untrusted as the output, which may say how much of it is meant.
    """

    status: Status
    exit_code: int
    output: bytes | bytearray
    log_tail: str
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    has_met_process_limit: bool = False
    has_met_memory_limit: bool = False
    energy_joules: float | None = None
    card: TakenOfCard | None = None
    memory: memoryview = field(default=memoryview(b""), repr=False)


def never() -> bool:
    """Stop for nobody."""
    return False


def unheard(_: str) -> None:
    """Throw log lines away."""


Take = Callable[[memoryview], None]  # a piece of an answer, whose memory is used again


class Sandbox(Protocol):
    """A wall. `name` tells which, like "bwrap+seccomp+cgroup v1"."""

    @property
    def name(self) -> str: ...

    def run(
        self,
        spec: JobSpec,
        *,
        stop: Callable[[], bool] = never,
        on_log: Callable[[str], None] = unheard,
        on_answer: Take | None = None,
    ) -> Result:
        """Run one job to its end or to its limits, and leave nothing behind.

        Args:
            spec: what to run.
            stop: asked twice a second; True ends the run as STOPPED.
            on_log: told what the job prints, as it prints it.
            on_answer: given the answer as it comes, which is then not kept; what it
                raises ends the run.

        Raises:
            SandboxBroken: the wall could not be built.
        """
        ...
