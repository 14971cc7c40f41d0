"""Asks a model of texts that the studio made, for a report."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_texts import Answer, Floats, examined
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.encoded import Rows
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.modalities import encoder_in
from training.runner.inside.studio.text_portfolio import unlearnt
from training.runner.inside.studio.texts import as_inputs


def main(call: Call) -> bytes:
    quietly()
    model = model_in(call.read("model"))
    classes = len(call.arguments["classes"])
    encoder = encoder_in(call)

    def inputs(texts: Sequence[str]) -> Any:
        own = as_inputs(texts)
        return own if encoder is None else Rows(own, encoder.encoded(texts))

    def asked(fitted: Any) -> Answer:
        def answer(texts: Sequence[str]) -> Floats:
            return answers_of(fitted, inputs(texts), classes=classes)

        return answer

    def fit(texts: Sequence[str], target: NDArray[Any]) -> Answer:
        return asked(unlearnt(model).fit(inputs(texts), target))

    return examined(call, asked(model), fit=fit)
