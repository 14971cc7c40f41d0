"""What every model is given and asked: the features as numbers, and how fast it is."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.rows import Table, Wanted
from training.runner.inside.tables import header_of, read_table

BATCH_ROWS = 4096
LATENCY_ROWS = (50, 200)  # at least and at most
LATENCY_SECONDS = 2.0
SHOWN_COLUMNS = 8

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


def median_latency_ms(run: Run, rows: Rows) -> float:
    """Time single rows, at least 50 of them and for about two seconds at most."""
    least, most = LATENCY_ROWS
    run(rows[:1])
    times = []
    begun = time.perf_counter()
    for place in range(most):
        start = time.perf_counter()
        run(rows[place % len(rows)][None])
        now = time.perf_counter()
        times.append(now - start)
        if now - begun > LATENCY_SECONDS and place + 1 >= least:
            break
    return float(np.median(times) * 1000)


def in_batches(rows: Rows) -> Iterable[Rows]:
    """Yield the rows some thousand at a time."""
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]


def unmatched(problem: str, columns: Sequence[str]) -> Refusal:
    """Return the refusal of a model that takes other inputs than the contest gives."""
    listed = ", ".join(columns[:SHOWN_COLUMNS])
    more = ",…" if len(columns) > SHOWN_COLUMNS else ""
    message = (
        f"The model does not fit the inputs: {problem}, while the contest has "
        f"{len(columns)} numeric columns ({listed}{more})."
    )
    return Refusal("wrong_inputs", message, "LOAD")


def told(error: BaseException) -> str:
    """Return what an error says, on one line and not too long."""
    return " ".join(str(error).split())[:300]
