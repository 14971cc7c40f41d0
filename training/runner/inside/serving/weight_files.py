"""Has weights answer, in the network of our registry that they name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.onnx_answers import answers_of
from training.runner.inside.refusal import Refusal
from training.runner.inside.run_safetensors import load as load_weights
from training.runner.inside.run_safetensors import read

Floats = NDArray[np.float64]


def load(call: Call) -> Callable[[Any], Floats]:
    """Put the weights into their network, and return what answers."""
    torch.set_num_threads(1)
    tensors, words = read(call.read("model"))
    asked = call.arguments

    if asked["takes"] == "TEXT":
        message = (
            "Networks of our registry take numbers; this one is said to take texts."
        )
        raise Refusal("wrong_inputs", message, "LOAD")

    def answer(given: Any) -> Floats:
        rows = given.reshape(len(given), -1)
        run = load_weights(tensors, words, [""] * rows.shape[1])
        return answers_of(run(rows), asked["classes"], needs_probabilities=True)[1]

    return answer
