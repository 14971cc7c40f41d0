"""Looks at tables of datasets and cuts contests from them, within the walls."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
GIB = 1024 * MIB
SECONDS_A_GIB = 120
NAMES = frozenset({"training", "inputs", "truth"})


@dataclass(frozen=True, slots=True)
class Cut:
    """The three files of a contest, each CSV in UTF-8, and what is told of them."""

    training: bytes
    inputs: bytes
    truth: bytes
    facts: CutFacts


def look_at(
    table: Path,
    *,
    form: str,
    sandbox: Sandbox,
    whole_bytes: int | None = None,
    stop: Callable[[], bool] = never,
) -> TableFacts:
    """Say what a table holds.

    Args:
        table: the file.
        form: csv, tsv, jsonl or parquet.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`.
        whole_bytes: above which a sample is looked at; without it, there is none.
        stop: asked twice a second; True ends the run.

    Raises:
        SubmissionFailed: it cannot be read; the message says why.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    if whole_bytes is None:
        require_whole(table)
    spec = reading(
        "look_table", table, LIMITS, {"form": form, "whole_bytes": whole_bytes}
    )
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
    require_whole(table)
    spec = reading("cut_table", table, LIMITS, {"form": form, **plan.as_json()})
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.READ)
    try:
        files, told = decode_files(answer)
        facts = CutFacts.from_json(told)
    except (GarbledFiles, ValueError, TypeError, KeyError) as garbled:
        raise _garbled() from garbled
    if files.keys() != NAMES:
        raise _garbled()
    return Cut(**files, facts=facts)


def reading(
    program: str, table: Path, limits: Limits, arguments: Mapping[str, object]
) -> JobSpec:
    """Return a job that reads a table and holds no more of it than its limits allow."""
    return for_large(
        JobSpec(
            program,
            limits,
            inputs={"table": table},
            arguments=arguments,
            packages=READS_TABLES,
        )
    )


def for_large(spec: JobSpec) -> JobSpec:
    """Return a job as it is where its input `table` is large: with more time, and bulk."""
    table = spec.inputs.get("table")
    size = table.stat().st_size if isinstance(table, Path) else 0
    if size <= MOST_TABLE_BYTES:
        return spec
    longer = SECONDS_A_GIB * (size // GIB + 1)
    limits = replace(
        spec.limits,
        cpu_seconds=spec.limits.cpu_seconds + longer,
        wall_seconds=spec.limits.wall_seconds + longer,
    )
    return replace(spec, limits=limits, is_bulk=True)


def require_whole(table: Path) -> None:
    """Return if a table is small enough to be read whole.

    Raises:
        SubmissionFailed: it is not.
    """
    size = table.stat().st_size
    if size > MOST_TABLE_BYTES:
        raise SubmissionFailed(
            "table_too_large",
            f"It has {size / MIB:.1f} MiB; {MOST_TABLE_BYTES // MIB} MiB is the most.",
            stage=Stage.READ,
        )


def _garbled() -> SubmissionFailed:
    message = "The table was read, and the answer makes no sense; tell the operator."
    return SubmissionFailed("garbled_answer", message, stage=Stage.READ)
