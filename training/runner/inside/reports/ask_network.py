"""Asks a network for pictures that the studio made, for a report."""

from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_pictures import Answer, examined
from training.runner.inside.reports.gradients import gradients_in
from training.runner.inside.studio.network import answers_of, module_in, rows_of
from training.runner.inside.studio.network_training import Training
from training.runner.inside.studio.pictures import Pixels

REFIT_SEEN, MOST_EPOCHS = 10_000, 15  # by each network that never met one class
REFIT_SECONDS = 8.0


def main(call: Call) -> bytes:
    asked = call.arguments
    torch.set_num_threads(asked["threads"])
    module, side = module_in(call.read("model"))

    def fit(pixels: Pixels, target: NDArray[Any]) -> Answer:
        training = Training(side, len(asked["classes"]), asked["seed"])
        training.train(
            pixels,
            target,
            epochs=min(REFIT_SEEN / len(pixels), MOST_EPOCHS),
            seconds=REFIT_SECONDS,
            left_seconds=REFIT_SECONDS,
            to_answer=len(pixels),
            tell=lambda *_: None,
        )
        training.settle(pixels)
        return partial(answers_of, training.module)

    answer = partial(answers_of, module)
    return examined(call, answer, fit=fit, gradients=gradients_in(module, rows_of))
