"""Answers with what an ONNX file says of itself, once the runtime has accepted it."""

import json

from training.runner.inside.boot import Call
from training.runner.inside.onnx_model import facts_of, parsed
from training.runner.inside.onnx_session import open_session


def main(call: Call) -> bytes:
    data = call.read("model")
    facts = facts_of(parsed(data), size_bytes=len(data))
    open_session(data, threads=call.arguments["threads"])
    return json.dumps(facts).encode()
