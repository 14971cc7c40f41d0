"""Runs an ONNX model on the contest's inputs; answers with its answers and its speed."""

import time

from training.runner.inside.answering import written
from training.runner.inside.boot import Call
from training.runner.inside.feeding import features_of, median_latency_ms
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import Model, open_session


def main(call: Call) -> bytes:
    data = call.read("model")
    parsed(data)
    columns, table = features_of(call)
    begun = time.perf_counter()
    session = open_session(data, threads=call.arguments["threads"])
    load_ms = (time.perf_counter() - begun) * 1000
    model = Model(session, columns=columns)
    latency_ms = median_latency_ms(model.run, table.values)
    begun = time.perf_counter()
    batches = list(model.batches(table.values))
    seconds = time.perf_counter() - begun
    facts = {
        "load_ms": load_ms,
        "latency_ms_per_row": latency_ms,
        "rows_per_second": len(table.ids) / max(seconds, 1e-9),
    }
    return written(call, table, batches, facts)
