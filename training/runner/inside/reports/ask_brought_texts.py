"""Asks a model of texts that somebody brought, for a report."""

from collections.abc import Sequence

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_texts import Floats, examined
from training.runner.inside.serving.answer import loaded
from training.runner.inside.studio.texts import as_inputs


def main(call: Call) -> bytes:
    model = loaded(call)

    def answer(texts: Sequence[str]) -> Floats:
        return model(as_inputs(texts))

    return examined(call, answer)
