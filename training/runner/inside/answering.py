"""Runs a loaded model on all inputs and writes down its answers and its speed."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from training.runner.inside.boot import Call
from training.runner.inside.feeding import Run, features_of
from training.runner.inside.measuring import BATCH_ROWS, in_batches, speed_of
from training.runner.inside.onnx_answers import answers_of, joined
from training.runner.inside.predictions import row_numbers
from training.runner.inside.refusal import Refusal
from training.runner.inside.wire import encode

Loaded = tuple[Run, int | None]  # with the batch that the model insists on, if it does


def answered(call: Call, load: Callable[[list[str]], Loaded]) -> bytes:
    """Load a model, run it on the contest's inputs, and return what goes back.

    Args:
        call: what was asked, with the inputs.
        load: given the columns in their order, returns what runs a batch, rows in,
            outputs with a row for each out; and the rows of a batch, if they are fixed.

    Raises:
        Refusal: it does not load, does not fit the inputs, or does not answer.
    """
    columns, table = features_of(call)
    begun = time.perf_counter()
    run, fixed_rows = load(columns)
    load_ms = (time.perf_counter() - begun) * 1000
    speed = speed_of(run, table.values, fixed_rows=fixed_rows)
    batches = list(in_batches(run, table.values, size=fixed_rows or BATCH_ROWS))
    return written(call, table, batches, {"load_ms": load_ms, **speed})


def written(
    call: Call, table: Any, batches: list[list[Any]], facts: Mapping[str, Any]
) -> bytes:
    """Return the answers in the contest's order of classes, with what is known of them.

    Raises:
        Refusal: the outputs are no answer to the contest.
    """
    asked = call.arguments
    if len({len(outputs) for outputs in batches}) != 1 or not batches[0]:
        message = "The model does not answer with one row for each row of the inputs."
        raise Refusal("wrong_outputs", message, "RUN")
    form, values = answers_of(
        joined(batches),
        asked["classes"],
        needs_probabilities=asked["needs_probabilities"],
    )
    arrays = {"ids": table.ids, "values": values, "rows": row_numbers(table)}
    return encode(arrays, {"form": form, **facts})
