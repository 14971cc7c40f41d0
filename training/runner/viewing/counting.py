"""Has the columns of a table counted, from its Parquet, within the walls."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.runner.execution import Walled
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.viewing.converting import (
    LEAST_SECONDS,
    MEMORY_BYTES,
    WALL_FACTOR,
    storable,
)

COUNTS = ("pyarrow", "numpy")
BYTES_A_SECOND = 2 * MIB  # of Parquet
MOST_ANSWER_BYTES = 256 * MIB


def count(
    parts: Sequence[Path],
    features: Sequence[Mapping[str, Any]],
    *,
    rows: int,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> list[dict[str, Any]]:
    """Return the statistics of each column, in the shape of Hugging Face's viewer.

    Args:
        parts: the table's Parquet files in order.
        features: its columns, as `convert` returned them.
        rows: how many there are said to be.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`.
        stop: asked twice a second; True ends it.
        on_log: told what the program prints.

    Raises:
        SubmissionFailed: the parts cannot be read, or are not what was said of them.
        RunStopped, SandboxBroken: as `convert`.
    """
    size_bytes = sum(path.stat().st_size for path in parts)
    seconds = LEAST_SECONDS + (1 + len(features) // 100) * size_bytes // BYTES_A_SECOND
    names = [f"part{number}" for number in range(len(parts))]
    spec = JobSpec(
        "viewing.statistics",
        Limits(
            memory_bytes=MEMORY_BYTES,
            cpu_seconds=seconds,
            wall_seconds=float(WALL_FACTOR * seconds),
            output_bytes=MOST_ANSWER_BYTES,
        ),
        inputs={
            "plan": json.dumps({"features": list(features)}).encode(),
            **dict(zip(names, parts, strict=True)),
        },
        arguments={"parts": names},
        packages=COUNTS,
        is_bulk=True,
    )
    answer, _ = Walled(sandbox, stop, on_log).ask(spec, stage=Stage.READ)
    try:
        told = json.loads(answer)
        found: list[dict[str, Any]] = storable(told["statistics"])
        are_all = told["rows"] == rows
    except (ValueError, TypeError, KeyError, RecursionError) as torn:
        raise _garbled() from torn
    if not are_all:
        raise _garbled()
    return found


def _garbled() -> SubmissionFailed:
    return SubmissionFailed(
        "garbled_answer",
        "Its columns were counted, and the answer makes no sense; tell the operator.",
        stage=Stage.READ,
    )
