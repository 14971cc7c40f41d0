"""Runs an ONNX model on the contest's inputs; answers with its answers and its speed."""

import time

import numpy as np

from training.runner.inside.boot import Call
from training.runner.inside.onnx_answers import answers_of, joined
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import Model, open_session
from training.runner.inside.refusal import Refusal
from training.runner.inside.tables import Table, header_of, read_table
from training.runner.inside.wire import encode


def main(call: Call) -> bytes:
    asked = call.arguments
    data = call.read("model")
    parsed(data)
    columns, table = _features(call)
    begun = time.perf_counter()
    session = open_session(data, threads=asked["threads"])
    load_ms = (time.perf_counter() - begun) * 1000
    model = Model(session, columns=columns)
    latency_ms = model.median_latency_ms(table.values)
    begun = time.perf_counter()
    batches = list(model.batches(table.values))
    seconds = time.perf_counter() - begun
    kinds = {len(outputs) for outputs in batches}
    if len(kinds) != 1 or not batches[0]:
        message = "The model does not answer with one row for each row of the inputs."
        raise Refusal("wrong_outputs", message, "RUN")
    form, values = answers_of(
        joined(batches),
        asked["classes"],
        needs_probabilities=asked["needs_probabilities"],
    )
    facts = {
        "form": form,
        "load_ms": load_ms,
        "latency_ms_per_row": latency_ms,
        "rows_per_second": len(table.ids) / max(seconds, 1e-9),
    }
    arrays = {"ids": table.ids, "values": values, "rows": table.rows}
    return encode(arrays, facts)


def _features(call: Call) -> tuple[list[str], Table]:
    """Read every column of the inputs but the id, as numbers."""
    data, id_column = call.read("inputs"), call.arguments["id_column"]
    try:
        columns = [name for name in header_of(data) if name != id_column]
        table = read_table(
            data,
            id_column=id_column,
            columns=columns,
            has_integer_ids=call.arguments["has_integer_ids"],
            may_be_missing=True,
        )
    except (Refusal, ValueError) as problem:
        reason = problem.message if isinstance(problem, Refusal) else str(problem)
        message = (
            f"The contest's inputs cannot be fed to a model; tell the host. {reason}"
        )
        raise Refusal("unusable_inputs", message, "READ") from problem
    return columns, Table(table.ids, np.ascontiguousarray(table.values), table.rows)
