"""What a program of ours is asked for, and what it answered, believed in nothing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import Job, Stage, SubmissionFailed, Target
from training.kinds import METRIC_FACTS, Kind
from training.kinds.columns import MANY_ROWS, NEED_COLUMNS, layouts
from training.runner.cases import columns_of, is_whole
from training.runner.inside.wire import Garbled, decode
from training.runner.matching import Submitted
from training.runner.sandbox.spec import Result
from training.runner.truth import Truth

SPARE_LINES = 1_000
PLAIN_FORMS = ("probabilities", "values", "scores", "quantiles", "survival")


@dataclass(frozen=True, slots=True)
class Answered:
    """Predictions as they came, with what they are and what they took."""

    submitted: Submitted
    form: str
    more: dict[str, NDArray[Any]]
    result: Result
    facts: dict[str, Any]


def _needs_probabilities(target: Target) -> bool:
    return METRIC_FACTS[target.metrics[0]].needs in NEED_COLUMNS


def asked_of(target: Target, truth: Truth) -> dict[str, Any]:
    """Return what a program of ours is told of the answer that is wanted."""
    found = layouts(
        target.asks,
        classes=target.classes,
        target=target.column,
        needs_columns=_needs_probabilities(target),
    )
    return {
        "layouts": found,
        "plain_forms": PLAIN_FORMS,
        "id_column": target.id_column,
        "column": target.column,
        "classes": list(target.classes),
        "has_integer_ids": truth.has_integer_ids,
        "needs_probabilities": _needs_probabilities(target),
        "most_lines": _most_lines(target, truth),
    }


def _most_lines(target: Target, truth: Truth) -> int | None:
    """Return how many lines a file may have; None where rows and ids do not match."""
    if target.asks in MANY_ROWS or target.asks in {Kind.TEXT, Kind.SPEECH}:
        return None
    return SPARE_LINES + 2 * len(truth.ids)


def garbled(stage: Stage) -> SubmissionFailed:
    """Return the refusal of an answer that is not what our programs write."""
    message = "It answered with something other than predictions."
    return SubmissionFailed("garbled_answer", message, stage=stage)


def answered_in(
    answer: memoryview, result: Result, job: Job, *, truth: Truth, stage: Stage
) -> Answered:
    """Read an answer, believing nothing of it.

    Raises:
        SubmissionFailed: it is not what our programs write.
    """
    try:
        arrays, facts = decode(answer)
        ids, values, rows = (arrays.pop(name) for name in ("ids", "values", "rows"))
        form = str(facts["form"])
        numbers: NDArray[np.int64] | range = rows
        if rows.shape == (1,):  # the rest follow
            numbers = range(int(rows[0]), int(rows[0]) + len(ids))
        forms = {name for name, _ in asked_of(job.target, truth)["layouts"]}
        if "positive" in forms:
            forms.add("probabilities")
        is_ours = (
            form in forms
            and values.shape == (len(ids), columns_of(form, job.target))
            and ids.ndim == rows.ndim == 1
            and len(numbers) == len(ids)
            and ids.dtype.kind == truth.ids.dtype.kind
            and values.dtype == np.float64
            and rows.dtype == np.int64
            and len(ids) > 0
            and is_whole(form, values, arrays, job.target)
        )
    except (Garbled, KeyError, TypeError, ValueError, OverflowError) as broken:
        raise garbled(stage) from broken
    if not is_ours:
        raise garbled(stage)
    return Answered(Submitted(ids, values, numbers), form, arrays, result, facts)
