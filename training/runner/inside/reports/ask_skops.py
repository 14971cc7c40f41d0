"""Asks a model of scikit-learn that somebody brought, for a report."""

from training.runner.inside.boot import Call
from training.runner.inside.reports.answering import answering
from training.runner.inside.reports.asking import examined
from training.runner.inside.run_skops import fitting, require_listed_types


def main(call: Call) -> bytes:
    asked, data = call.arguments, call.read("model")
    require_listed_types(data)
    run = fitting(data, asked, asked["columns"])
    return examined(call, answering(run, asked["classes"]))
