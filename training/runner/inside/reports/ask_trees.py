"""Asks a model of the studio, for a report, and looks into its trees."""

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking import examined
from training.runner.inside.reports.trees import shap_of
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of


def main(call: Call) -> bytes:
    quietly()
    model = model_in(call.read("model"))
    classes = len(call.arguments["classes"])
    return examined(
        call,
        lambda rows: answers_of(model, rows, classes=classes),
        model=model,
        shap_of=shap_of,
    )
