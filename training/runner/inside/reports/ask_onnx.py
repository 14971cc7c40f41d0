"""Asks an ONNX model that somebody brought, for a report."""

from training.runner.inside.boot import Call
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import Model, open_session
from training.runner.inside.reports.answering import answering
from training.runner.inside.reports.asking import examined


def main(call: Call) -> bytes:
    asked, data = call.arguments, call.read("model")
    parsed(data)
    session = open_session(data, threads=asked["threads"])
    model = Model(session, columns=asked["columns"])
    answer = answering(model.run, asked["classes"], fixed_rows=model.fixed_rows)
    return examined(call, answer)
