"""Answers rows with a kept model: those of the test, or new ones of a person's."""

import time
from typing import Any

import numpy as np

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.matrix import matrix_of
from training.runner.inside.studio.portfolio import quietly
from training.runner.inside.whole_tables import read_whole
from training.runner.inside.wire import decode, encode

LATENCY_ROWS = 50


def main(call: Call) -> bytes:
    asked = call.arguments
    quietly()
    if "roles" in asked:
        features = _matrix(call)
    else:
        arrays, _ = decode(call.read("prepared"))
        features = arrays["features"]
    data = call.read("model")
    begun = time.perf_counter()
    model = model_in(data)
    load_ms = (time.perf_counter() - begun) * 1000
    times = []
    for place in range(min(LATENCY_ROWS, len(features))):
        begun = time.perf_counter()
        answers_of(model, features[place : place + 1], classes=asked["classes"])
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    told = answers_of(model, features, classes=asked["classes"])
    seconds = max(time.perf_counter() - begun, 1e-9)
    facts = {
        "load_ms": load_ms,
        "latency_ms_per_row": float(np.median(times) * 1000),
        "latency_p99_ms": float(np.quantile(times, 0.99) * 1000),
        "rows_per_second": len(features) / seconds,
        "size_bytes": len(data),
    }
    return encode({"answers": told}, facts)


def _matrix(call: Call) -> Any:
    frame, _ = read_whole(call.read("rows"), call.arguments["form"])
    try:
        return matrix_of(frame, call.arguments["roles"])
    except KeyError as missing:
        message = f"The column {missing.args[0]!r} is missing."
        raise Refusal("column_missing", message, "READ") from missing
