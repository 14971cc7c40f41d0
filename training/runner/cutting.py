"""Looks at tables of datasets and cuts contests from them, within the walls."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.cutting import MOST_TABLE_BYTES, CutFacts, CutPlan, TableFacts
from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard

LIMITS = Limits(
    memory_bytes=3072 * MIB,
    cpu_seconds=300,
    wall_seconds=300.0,
    output_bytes=3 * MOST_TABLE_BYTES,
)
READS_TABLES = ("polars",)
NAMES = frozenset({"training", "inputs", "truth"})


@dataclass(frozen=True, slots=True)
class Cut:
    """The three files of a contest, each CSV in UTF-8, and what is told of them."""

    training: bytes
    inputs: bytes
    truth: bytes
    facts: CutFacts


def look_at(
    table: Path, *, form: str, sandbox: Sandbox, stop: Callable[[], bool] = never
) -> TableFacts:
    """Say what a table holds.

    Args:
        table: the file.
        form: csv, tsv, jsonl or parquet.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`.
        stop: asked twice a second; True ends the run.

    Raises:
        SubmissionFailed: it cannot be read; the message says why.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    spec = _spec("look_table", table, {"form": form})
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.READ)
    try:
        return TableFacts.from_json(json.loads(answer))
    except (ValueError, TypeError, KeyError, RecursionError) as garbled:
        raise _garbled() from garbled


def cut(
    table: Path,
    *,
    form: str,
    plan: CutPlan,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> Cut:
    """Cut a table by a plan. The same table, plan and seed give the same files.

    Raises:
        SubmissionFailed: the plan does not fit the table; the message says why.
        RunStopped, SandboxBroken: as `look_at`.
    """
    spec = _spec("cut_table", table, {"form": form, **plan.as_json()})
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.READ)
    try:
        files, told = decode_files(answer)
        facts = CutFacts.from_json(told)
    except (GarbledFiles, ValueError, TypeError, KeyError) as garbled:
        raise _garbled() from garbled
    if files.keys() != NAMES:
        raise _garbled()
    return Cut(**files, facts=facts)


def _spec(program: str, table: Path, arguments: dict[str, object]) -> JobSpec:
    size = table.stat().st_size
    if size > MOST_TABLE_BYTES:
        raise SubmissionFailed(
            "table_too_large",
            f"It has {size / MIB:.1f} MiB; {MOST_TABLE_BYTES // MIB} MiB is the most.",
            stage=Stage.READ,
        )
    return JobSpec(
        program,
        LIMITS,
        inputs={"table": table},
        arguments=arguments,
        packages=READS_TABLES,
    )


def _garbled() -> SubmissionFailed:
    message = "The table was read, and the answer makes no sense; tell the operator."
    return SubmissionFailed("garbled_answer", message, stage=Stage.READ)
