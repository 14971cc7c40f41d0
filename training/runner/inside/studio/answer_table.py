"""Answers rows with a kept model: those of the test, or new ones of a person's.

What it takes is told from rows that have been read on: measuring them (of pictures, edges
and colours), what a placed model makes of them, and answering.
"""

import importlib
import time
from typing import Any

import numpy as np

from training.runner.inside.boot import Call
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.modalities import (
    portfolio_of,
    reader_of,
    with_encoded,
)
from training.runner.inside.wire import decode, encode

LATENCY_ROWS = 50
NETWORK = "training.runner.inside.studio.network"


def main(call: Call) -> bytes:
    asked = call.arguments
    quietly()
    if "roles" in asked:
        arrays = reader_of(asked["modality"]).asked(call)
    else:
        arrays, _ = decode(call.read("prepared"))
    data = call.read("model")
    begun = time.perf_counter()
    if asked["is_network"]:
        networks: Any = importlib.import_module(NETWORK)
        model = networks.Kept(data)
    else:
        model = model_in(data)
    load_ms = (time.perf_counter() - begun) * 1000
    begun = time.perf_counter()
    arrays = with_encoded(call, arrays)
    features = (
        arrays["pixels"]
        if asked["is_network"]
        else portfolio_of(asked["modality"]).inputs_of(arrays)
    )
    measuring = time.perf_counter() - begun
    times = []
    for place in range(min(LATENCY_ROWS, len(features))):
        begun = time.perf_counter()
        answers_of(model, features[place : place + 1], classes=asked["classes"])
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    told = answers_of(model, features, classes=asked["classes"])
    seconds = max(time.perf_counter() - begun, 1e-9) + measuring
    before_ms = measuring * 1000 / max(len(features), 1)
    facts = {
        "load_ms": load_ms,
        "latency_ms_per_row": before_ms + float(np.median(times) * 1000),
        "latency_p99_ms": before_ms + float(np.quantile(times, 0.99) * 1000),
        "rows_per_second": len(features) / seconds,
        "size_bytes": len(data),
    }
    return encode({"answers": told}, facts)
