"""Runs an ONNX model on the contest's inputs; answers with its answers and its speed."""

from training.runner.inside.answering import Loaded, answered
from training.runner.inside.boot import Call
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import Model, open_session


def main(call: Call) -> bytes:
    data = call.read("model")
    parsed(data)

    def load(columns: list[str]) -> Loaded:
        session = open_session(data, threads=call.arguments["threads"])
        model = Model(session, columns=columns)
        return model.run, model.fixed_rows

    return answered(call, load)
