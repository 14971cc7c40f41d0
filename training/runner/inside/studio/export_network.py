"""Writes a kept network as ONNX too, and compares the two on the rows to validate on."""

import torch

from training.runner.inside.architectures import Resnet
from training.runner.inside.boot import Call
from training.runner.inside.studio.exported import VALIDATION, exported
from training.runner.inside.studio.network import answers_of, module_in, rows_of
from training.runner.inside.studio.network_onnx import written
from training.runner.inside.wire import decode


def main(call: Call) -> bytes:
    torch.set_num_threads(1)
    arrays, _ = decode(call.read("learning"))
    pixels = arrays["pixels"][arrays["parts"] == VALIDATION]
    module, _ = module_in(call.read("model"))

    def write() -> bytes:
        if not isinstance(module, Resnet):
            raise TypeError("only residual networks are written as ONNX")
        return written(module)

    own = answers_of(module, pixels)
    return exported(
        write, rows_of(pixels).double().numpy(), own, classes=call.arguments["classes"]
    )
