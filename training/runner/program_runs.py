"""One run of a program of strangers: what lies where below /app, what comes back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.runner.failures import (
    MOST_DETAILS_BYTES,
    MOST_SCORES_BYTES,
    STOPPED,
    answer_in,
    failure_of,
    hints_of,
    stopped,
)
from training.runner.sandbox.spec import JobSpec, Result, Sandbox, Status

LENGTH_BYTES = 8
MOST_HEAD_BYTES = 64 * 1024
LIBRARIES = ("numpy", "pandas", "polars", "scipy", "sklearn", "yaml")
DETAILS = "detailed_results.html"
RESULT = "result.json"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file and its own name. A zip is unpacked where programs take folders."""

    path: Path
    name: str

    @property
    def is_zip(self) -> bool:
        return self.name.casefold().endswith(".zip")


@dataclass(frozen=True, slots=True)
class Walled:
    """A sandbox with the caller's wishes for one submission."""

    sandbox: Sandbox
    stop: Callable[[], bool]
    on_log: Callable[[str], None]
    limits: Limits


def _refuse_limits(result: Result, spec: JobSpec, *, stage: Stage) -> None:
    """Raise if a program that ended badly had met a limit: then that is the reason."""
    if hints := hints_of(result, spec.limits):  # a host's program has no cause to lie
        raise stopped(hints, result=result, stage=stage)
    failed = failure_of(replace(result, output=b""), spec, stage=stage)
    if failed.code == STOPPED:
        raise failed


def _unframed(answer: bytes, *, stage: Stage) -> tuple[int, dict[str, bytes]]:
    """Read what `run_program` wrote, believing none of it."""
    size = int.from_bytes(answer[:LENGTH_BYTES], "little")
    at = LENGTH_BYTES + size
    garbled = SubmissionFailed(
        "garbled_answer",
        "It answered with something other than its output.",
        stage=stage,
    )
    if size > MOST_HEAD_BYTES or at > len(answer):
        raise garbled
    files = {}
    try:
        head = json.loads(answer[LENGTH_BYTES:at])
        status = int(head["status"])
        for name, length in head["files"]:
            files[str(name)] = answer[at : at + int(length)]
            at += int(length)
    except (ValueError, TypeError, KeyError, RecursionError) as broken:
        raise garbled from broken
    if at != len(answer):
        raise garbled
    return status, files


class ProgramRun:
    """One run of a program: what lies where below /app, and what is wanted back."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        self.inputs: dict[str, Path | bytes] = {}
        self.laid: list[tuple[str, str, str]] = []
        self.arguments: dict[str, Any] = {
            "home": "program",
            "output": "output",
            "evaluate": [],
        }

    def put(
        self, name: str, content: Path | bytes, place: str, *, filename: str
    ) -> None:
        self.inputs[name] = content
        self.laid.append((name, place, filename))

    def program(self, name: str, path: Path) -> None:
        self.put(name, path, "program", filename="")

    def lay(self, name: str, file: StoredFile | bytes, place: str) -> None:
        if isinstance(file, bytes):
            self.put(name, file, place, filename="")
        else:
            self.put(name, file.path, place, filename="" if file.is_zip else file.name)

    def run(
        self, walled: Walled, *, stage: Stage, on_log: Callable[[str], None]
    ) -> tuple[int, dict[str, bytes], Result]:
        """Run it, and return its exit status, the files it left and what it took.

        Raises:
            SubmissionFailed: it met a limit, or could not be started.
            RunStopped: the caller said stop.
        """
        limits = walled.limits
        if stage is Stage.SCORE:
            answer_bytes = 2 * MOST_SCORES_BYTES + MOST_DETAILS_BYTES + MIB
            limits = replace(limits, output_bytes=answer_bytes)
        spec = JobSpec(
            "run_program",
            limits,
            inputs=self.inputs,
            arguments=self.arguments
            | {
                "folders": self.folders,
                "inputs": self.laid,
                "unpacked_bytes": limits.scratch_bytes,
                "output_bytes": limits.output_bytes // 2,
            },
            offered=LIBRARIES,
        )
        result = walled.sandbox.run(spec, stop=walled.stop, on_log=on_log)
        answer = answer_in(result)
        if result.status is not Status.OK or answer is None:
            raise failure_of(result, spec, stage=stage)
        status, files = _unframed(bytes(answer), stage=stage)
        if status:
            _refuse_limits(result, spec, stage=stage)
        return status, files, result
