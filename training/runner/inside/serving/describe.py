"""Answers with how a model's file says it is called: what it takes, and what it gives."""

import importlib
import json
from typing import Any

from training.runner.inside.boot import Call

HERE = "training.runner.inside.serving"
READERS = {
    "ONNX": "onnx_graphs",
    "SKOPS": "skops_shapes",
    "SAFETENSORS": "weight_shapes",
}


def main(call: Call) -> bytes:
    reader: Any = importlib.import_module(f"{HERE}.{READERS[call.arguments['kind']]}")
    return json.dumps(reader.described(call.read("model"))).encode()
