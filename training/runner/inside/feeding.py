"""What every model is given: the features as numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.rows import Table, Wanted
from training.runner.inside.tables import header_of, read_table

SHOWN_COLUMNS = 8
OUT_OF_MEMORY = ("out of memory", "can't allocate", "not enough memory", "bad_alloc")

Rows = NDArray[np.float64]
Run = Callable[[Rows], list[Any]]


def features_of(call: Call) -> tuple[list[str], Table]:
    """Read every column of the inputs but the id, as numbers."""
    data, id_column = call.read("inputs"), call.arguments["id_column"]
    try:
        columns = [name for name in header_of(data) if name != id_column]
        wanted = Wanted(
            id_column,
            tuple(columns),
            texts=(),
            has_integer_ids=call.arguments["has_integer_ids"],
            may_be_missing=True,
        )
        table = read_table(data, wanted)
    except (Refusal, ValueError) as problem:
        reason = problem.message if isinstance(problem, Refusal) else str(problem)
        message = (
            f"The contest's inputs cannot be fed to a model; tell the host. {reason}"
        )
        raise Refusal("unusable_inputs", message, "READ") from problem
    return columns, Table(table.ids, np.ascontiguousarray(table.values), table.rows)


def unmatched(problem: str, columns: Sequence[str]) -> Refusal:
    """Return the refusal of a model that takes other inputs than the contest gives."""
    listed = ", ".join(columns[:SHOWN_COLUMNS])
    more = ",…" if len(columns) > SHOWN_COLUMNS else ""
    message = (
        f"The model does not fit the inputs: {problem}, while there are "
        f"{len(columns)} numeric columns ({listed}{more})."
    )
    return Refusal("wrong_inputs", message, "LOAD")


def told(error: BaseException) -> str:
    """Return what an error says, on one line and not too long."""
    return " ".join(str(error).split())[:300]


def is_of_memory(error: BaseException) -> bool:
    """Tell whether an allocation failed, on this machine's memory or on a card's.

    Libraries raise their own classes for it, or none but in words.
    """
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(word in said for word in OUT_OF_MEMORY)


def short_of_memory(error: BaseException) -> Refusal:
    """Return the refusal on which a batch is halved."""
    message = f"The model needs more memory than a job has: {told(error)}"
    return Refusal("out_of_memory", message, "RUN")
