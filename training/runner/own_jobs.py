"""Runs a person's own notebook or script in the sandbox, and takes what it leaves.

What comes back is as untrusted as what went in: names are judged here anew, and of how it
ended the kernel's word counts for more than the program's.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from training.jobs import MIB, Limits, Stage, SubmissionFailed, Usage
from training.runner.energy import joules_between, read_energy
from training.runner.failures import answer_in, failure_of, hints_of
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.inside.run_job import NOTEBOOK, OUT
from training.runner.sandbox.runtime import EVERYTHING
from training.runner.sandbox.spec import (
    JobSpec,
    Result,
    Sandbox,
    Status,
    never,
    unheard,
)

LIBRARIES = (
    *("numpy", "pandas", "polars", "scipy", "sklearn", "yaml", "matplotlib", "torch"),
    *("lightgbm", "onnx", "onnxruntime", "safetensors", "skops"),
)
MOST_OUTPUT_BYTES = 128 * MIB
GRACE_SECONDS = 20.0  # to lay out data, and to take what is left
PROCESSES = 64
WORKING_BYTES = 256 * MIB  # of scratch, besides the data
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class MountedData:
    """A dataset for a job: `place` below /data, and its files by their paths in it."""

    place: str
    files: Sequence[tuple[str, Path]]

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for _, path in self.files)


@dataclass(frozen=True, slots=True)
class OwnJob:
    """What to run: a notebook, or a script.

    `memory_bytes` is for the program and what it writes; its data come on top. With
    `has_everything` it may import whatever is installed beside the interpreter.
    """

    source: Path
    is_notebook: bool
    seconds: float
    memory_bytes: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    data: Sequence[MountedData] = ()
    gpu: bool = False
    has_everything: bool = False

    @property
    def limits(self) -> Limits:
        data_bytes = sum(each.size_bytes for each in self.data)
        return Limits(
            memory_bytes=self.memory_bytes + data_bytes,
            cpu_seconds=int(self.seconds * 2) + 60,
            wall_seconds=self.seconds + GRACE_SECONDS,
            processes=PROCESSES,
            scratch_bytes=data_bytes + MOST_OUTPUT_BYTES + WORKING_BYTES,
            output_bytes=MOST_OUTPUT_BYTES + 32 * MIB,
        )


@dataclass(frozen=True, slots=True)
class Ran:
    """What a job left. `notebook` is the executed one; `fault` says why it ended badly."""

    usage: Usage
    log: str
    notebook: bytes | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    fault: SubmissionFailed | None = None


def run_own_job(
    job: OwnJob,
    *,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> Ran:
    """Run one job to its end.

    Args:
        job: its files must stay where they are until this returns.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`, for code.
        stop: asked twice a second; True ends the run.
        on_log: told what it prints, as it prints it.

    Raises:
        RunStopped: `stop` said so; nothing is to be recorded.
        SandboxBroken: the sandbox failed, and the run may be tried again.
    """
    limits = job.limits
    plan = {
        "is_notebook": job.is_notebook,
        "parameters": dict(job.parameters),
        "seconds": job.seconds,
        "output_bytes": MOST_OUTPUT_BYTES,
        "data": [
            [each.place, [[name, path.stat().st_size] for name, path in each.files]]
            for each in job.data
        ],
    }
    with ExitStack() as stack:
        data = {
            f"data{number}": stack.enter_context(_joined(each))
            for number, each in enumerate(job.data)
        }
        spec = JobSpec(
            "run_job",
            limits,
            inputs={"plan": json.dumps(plan).encode(), "source": job.source, **data},
            offered=(EVERYTHING,) if job.has_everything else LIBRARIES,
            gpu=job.gpu,
        )
        before = read_energy()
        result = sandbox.run(spec, stop=stop, on_log=on_log)
    joules = joules_between(before, read_energy(), cpu_seconds=result.cpu_seconds)
    usage = Usage(
        wall_seconds=result.wall_seconds,
        cpu_seconds=result.cpu_seconds,
        peak_memory_bytes=result.peak_memory_bytes,
        device="GPU" if job.gpu else "CPU (1 thread)",
        sandbox=sandbox.name,
        energy_joules=joules,
    )
    if result.card:
        usage = result.card.added_to(usage)
    ended = Ran(usage, result.log_tail)
    answer = answer_in(result)
    if result.status is not Status.OK or answer is None:
        return replace(ended, fault=failure_of(result, spec, stage=Stage.RUN))
    try:
        kept, told = decode_files(bytes(answer))
    except GarbledFiles:
        return replace(ended, fault=_failed("garbled_answer", GARBLED))
    return replace(
        ended,
        notebook=kept.get(NOTEBOOK) if job.is_notebook else None,
        files=safe_files(kept),
        fault=_fault_of(told, job, result, limits),
    )


GARBLED = (
    "It answered with something other than what it was to answer, so nothing is kept."
)


@contextmanager
def _joined(data: MountedData) -> Iterator[Path]:
    """Yield a file of all files of a dataset, one after another."""
    with tempfile.NamedTemporaryFile() as joined:
        for _, path in data.files:
            with path.open("rb") as file:
                while chunk := file.read(MIB):
                    joined.write(chunk)
        joined.flush()
        yield Path(joined.name)


def safe_files(kept: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what was written to /out, by names that a file of ours may have."""
    found = {}
    for name, content in kept.items():
        path = name.removeprefix(OUT)
        parts = PurePosixPath(path).parts
        is_plain = path.isprintable() and "\\" not in path and len(path) <= LONGEST_NAME
        is_below = "/".join(parts) == path and not {"..", "/"} & set(parts)
        if name.startswith(OUT) and parts and is_plain and is_below:
            found[path] = content
    return found


def _fault_of(
    told: dict[str, Any], job: OwnJob, result: Result, limits: Limits
) -> SubmissionFailed | None:
    """Say in words of ours how a program ended that was asked, if that was badly."""
    status, cell, unkept = told.get("status"), told.get("cell"), told.get("unkept")
    if told.get("is_late"):
        minutes = f"{job.seconds / 60:g} minute{'s' * (job.seconds != 60)}"
        return _failed(
            "out_of_time",
            f"It took longer than its {minutes} and was stopped. What it had made until "
            "then is kept. Give it more time, or less to do.",
        )
    if status == 0 or type(status) is not int:
        if isinstance(unkept, str) and unkept:
            message = f"{unkept[:500]} So none of its files is kept."
            return _failed("unsafe_output", message)
        return None
    if status < 0:
        message = f"It was killed by signal {-status}."
    elif job.is_notebook and type(cell) is int and cell:
        message = f"Cell {cell} stopped it; see what it says below."
    else:
        message = f"It ended with exit status {status}; see the end of its log."
    if hints := hints_of(result, limits):
        message += f" From what it printed, it seems that {'; '.join(hints)}."
    return _failed("code_failed", message)


def _failed(code: str, message: str) -> SubmissionFailed:
    return SubmissionFailed(code, message, stage=Stage.RUN)
