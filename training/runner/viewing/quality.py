"""Has the splits of a dataset looked at for what would mislead whoever learns from them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.runner.execution import Walled
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard

MEMORY_BYTES = 3072 * MIB
LEAST_SECONDS = 600
BYTES_A_SECOND = 20 * MIB  # of Parquet, read twice
WALL_FACTOR = 3  # of processor time: others work too
MOST_ANSWER_BYTES = 16 * MIB
MOST_PARTS = 500  # files that a job is given
PACKAGES = ("polars", "sklearn", "PIL", "phonenumbers")
SEED = 20_261_123
MOST_FINDINGS = 60  # of a split
MOST_ROWS_TOLD = 10
MOST_TEXT = 500


@dataclass(frozen=True, slots=True)
class SplitFiles:
    """One split and its Parquet; `features` are as `marketplace.viewer` keeps them."""

    config: str
    split: str
    rows: int
    size_bytes: int
    features: Sequence[Mapping[str, Any]]
    parts: Sequence[Path]


def look_for_faults(
    splits: Sequence[SplitFiles],
    *,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> list[list[dict[str, Any]]]:
    """Return what was found in each split, in the order given.

    A finding has a `code`, `count` cells or rows `of` so many that were looked at, the
    numbers of some `rows` (from 0), whether the count `is_estimate`, and `facts` of its
    kind. It never has what stands in a row but for the names of classes.

    Args:
        splits: of all configs; those of one config are compared.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`.
        stop: asked twice a second; True ends the run.
        on_log: told what the program prints.

    Raises:
        SubmissionFailed: the tables cannot be read, or took too much.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    inputs: dict[str, Path] = {}
    told = []
    for at, split in enumerate(splits):
        names = [f"{at}.{number}" for number in range(len(split.parts))]
        inputs.update(zip(names, split.parts, strict=True))
        told.append(
            {
                "config": split.config,
                "split": split.split,
                "rows": split.rows,
                "bytes": split.size_bytes,
                "features": list(split.features),
                "parts": names,
            }
        )
    if len(inputs) > MOST_PARTS:
        raise SubmissionFailed(
            "too_large_to_look_over",
            f"Its tables have {len(inputs):,} files; {MOST_PARTS:,} are the most that are "
            "looked over for leaks, copies and the like.",
            stage=Stage.READ,
        )
    size_bytes = sum(part.stat().st_size for one in splits for part in one.parts)
    seconds = LEAST_SECONDS + size_bytes // BYTES_A_SECOND
    spec = JobSpec(
        "viewing.quality",
        Limits(
            memory_bytes=MEMORY_BYTES,
            cpu_seconds=seconds,
            wall_seconds=float(WALL_FACTOR * seconds),
            output_bytes=MOST_ANSWER_BYTES,
        ),
        inputs=inputs,
        arguments={"splits": told, "seed": SEED},
        packages=PACKAGES,
        is_bulk=True,
    )
    answer, _ = Walled(sandbox, stop, on_log).ask(spec, stage=Stage.READ)
    try:
        lots = json.loads(answer)["findings"]
        found = [[_checked(one) for one in lot[:MOST_FINDINGS]] for lot in lots]
    except (ValueError, TypeError, KeyError, RecursionError) as garbled:
        raise _garbled() from garbled
    if len(found) != len(splits):
        raise _garbled()
    return found


def _checked(told: Any) -> dict[str, Any]:
    """Return a finding as it may be kept, believing none of it.

    Raises:
        ValueError, TypeError, KeyError: it is none.
    """
    count, of = int(told["count"]), int(told["of"])
    rows = [int(row) for row in told["rows"][:MOST_ROWS_TOLD]]
    if count < 0 or of < 0 or any(row < 0 for row in rows):
        raise ValueError("counts and rows are not negative")
    facts = _plain(told["facts"])
    if not isinstance(facts, dict):
        raise TypeError("facts are told by name")
    return {
        "code": str(told["code"])[:MOST_TEXT],
        "count": count,
        "of": of,
        "rows": rows,
        "is_estimate": bool(told["is_estimate"]),
        "facts": facts,
    }


def _plain(value: Any) -> Any:
    """Return JSON that can be kept: texts cut, and no NUL, which the database refuses."""
    if isinstance(value, str):
        return value[:MOST_TEXT].replace("\x00", "�")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, float) and value - value != 0:
        raise ValueError("a number is none")
    return value


def _garbled() -> SubmissionFailed:
    message = "The tables were read, and the answer makes no sense; tell the operator."
    return SubmissionFailed("garbled_answer", message, stage=Stage.READ)
