"""Has weights answer, in the network of our registry that they name."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.onnx_answers import answers_of
from training.runner.inside.refusal import Refusal
from training.runner.inside.run_safetensors import Tensors, read
from training.runner.inside.run_safetensors import load as load_weights

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

    return answering(tensors, words, asked["classes"])


def answering(
    tensors: Tensors, words: Mapping[str, str], classes: Sequence[str]
) -> Callable[[Any], Floats]:
    """Return what has weights answer, of `training.runner.inside.run_safetensors.read`."""

    @lru_cache
    def run_of(width: int) -> Callable[[Any], list[Any]]:
        return load_weights(tensors, words, [""] * width)

    def answer(given: Any) -> Floats:
        rows = given.reshape(len(given), -1)
        outputs = run_of(rows.shape[1])(rows)
        return answers_of(outputs, classes, needs_probabilities=True)[1]

    return answer
