"""Has a model's file read in the walls, and says what it takes and gives."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.jobs import Described, Stage, TensorSpec
from training.kinds.labels import names_of
from training.runner.answers import garbled
from training.runner.execution import Walled, ends_of
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.serving.answering import (
    LIMITS,
    LOADS,
    require_small,
    telling_missing,
)
from training.signatures import FileKind

MOST_ENDS, LARGEST_SIDE = 200, 2**31


def describe(
    model: Path,
    *,
    kind: FileKind,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> Described:
    """Read how a model says it is called; nothing of it runs but one batch of zeros.

    Raises:
        SubmissionFailed: the file is at fault; the message says how.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    require_small(model)
    spec = JobSpec(
        "serving.describe",
        LIMITS,
        inputs={"model": model},
        arguments={"kind": kind.value},
        packages=LOADS[kind],
    )
    with telling_missing(kind):
        told, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.LOAD)
    try:
        return described_in(json.loads(told))
    except (ValueError, TypeError, KeyError, RecursionError) as broken:
        raise garbled(Stage.LOAD) from broken


def described_in(told: dict[str, Any]) -> Described:
    """Read what the walls answered, believing nothing of it.

    Raises:
        ValueError, TypeError, KeyError: it is nothing of the kind.
    """
    return Described(
        inputs=tuple(_plain(one) for one in ends_of(told["inputs"])[:MOST_ENDS]),
        outputs=tuple(_plain(one) for one in ends_of(told["outputs"])[:MOST_ENDS]),
        untried=_line(told["untried"], 300),
        columns=_names(told["columns"]),
        classes=_names(told["classes"]),
    )


def _plain(end: TensorSpec) -> TensorSpec:
    """Return an end with sides that are numbers, or open."""
    sides = tuple(
        side if type(side) is int and 0 < side < LARGEST_SIDE else None
        for side in end.shape
    )
    return TensorSpec(_line(end.name, 100), _line(end.element_type, 20), sides)


def _line(text: str, most: int) -> str:
    return "".join(one for one in str(text) if one.isprintable())[:most]


def _names(candidates: list[Any]) -> tuple[str, ...]:
    """Return the first that are names."""
    return next(filter(None, map(names_of, candidates)), ())
