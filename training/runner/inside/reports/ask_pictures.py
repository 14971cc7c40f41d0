"""Asks a model of measured pictures that the studio made, for a report."""

from typing import Any

from numpy.typing import NDArray
from sklearn.base import clone

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_pictures import Answer, Floats, examined
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.encoded import Rows
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.modalities import encoder_in
from training.runner.inside.studio.pictures import Pixels, described


def main(call: Call) -> bytes:
    quietly()
    model = model_in(call.read("model"))
    classes = len(call.arguments["classes"])
    encoder = encoder_in(call)

    def inputs(pixels: Pixels) -> Any:
        measures = described(pixels)  # of as many digits as it was fitted to
        return measures if encoder is None else Rows(measures, encoder.encoded(pixels))

    def asked(fitted: Any) -> Answer:
        def answer(pixels: Pixels) -> Floats:
            return answers_of(fitted, inputs(pixels), classes=classes)

        return answer

    def fit(pixels: Pixels, target: NDArray[Any]) -> Answer:
        return asked(clone(model).fit(inputs(pixels), target))

    return examined(call, asked(model), fit=fit)
