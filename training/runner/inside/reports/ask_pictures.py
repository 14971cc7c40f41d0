"""Asks a model of measured pictures that the studio made, for a report."""

from typing import Any

from numpy.typing import NDArray
from sklearn.base import clone

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_pictures import Answer, Floats, examined
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.pictures import Pixels, described


def main(call: Call) -> bytes:
    quietly()
    model = model_in(call.read("model"))
    classes = len(call.arguments["classes"])

    def asked(fitted: Any) -> Answer:
        def answer(pixels: Pixels) -> Floats:
            measures: Any = described(pixels)  # of as many digits as it was fitted to
            return answers_of(fitted, measures, classes=classes)

        return answer

    def fit(pixels: Pixels, target: NDArray[Any]) -> Answer:
        return asked(clone(model).fit(described(pixels), target))

    return examined(call, asked(model), fit=fit)
