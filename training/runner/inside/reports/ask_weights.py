"""Asks a network of the registry that somebody brought, for a report on pictures."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_canvases import examined
from training.runner.inside.reports.gradients import gradients_in
from training.runner.inside.run_safetensors import module_of, read
from training.runner.inside.serving.many_pictures import shape_of
from training.runner.inside.serving.pictures import tensors_of
from training.runner.inside.serving.weight_files import answering
from training.runner.inside.studio.pictures import Pixels


def main(call: Call) -> bytes:
    torch.set_num_threads(call.arguments["threads"])
    wanted: dict[str, Any] = call.arguments["picture"]
    shape = shape_of(wanted)

    def rows_of(pixels: Pixels) -> Tensor:
        made = tensors_of(pixels.reshape(-1, *shape), wanted)
        whole = np.ascontiguousarray(made).reshape(len(pixels), -1)
        return torch.from_numpy(whole.astype(np.float32))

    tensors, words = read(call.read("model"))
    model = answering(tensors, words, call.arguments["classes"])
    if wanted["preparing"] == "MEASURED":  # no dot has a gradient of its own
        return examined(call, model)
    width = rows_of(np.zeros((1, np.prod(shape)), np.uint8)).shape[1]
    module = module_of(tensors, words, [""] * width)
    told = gradients_in(module, rows_of, is_channels_first=wanted["is_channels_first"])
    return examined(call, model, gradients=told)
