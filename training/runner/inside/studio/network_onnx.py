"""Writes the registry's residual network as ONNX, operator by operator.

Norms are folded into the convolutions before them, since a kept network learns no more.
"""

from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from training.runner.inside.architectures import ConvNorm, Residual, Resnet

OPSET, IR_VERSION = 17, 8
INPUT, OUTPUT = "pictures", "probabilities"


class Graph:
    """Nodes one after the other, with the numbers that they need."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.numbers: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator, and return the name of what it gives."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def keep(self, numbers: Tensor) -> str:
        name = f"numbers_{len(self.numbers)}"
        plain = np.ascontiguousarray(numbers.numpy(), dtype=np.float32)
        self.numbers.append(numpy_helper.from_array(plain, name))
        return name

    def convolve(self, layer: ConvNorm, x: str) -> str:
        weight, bias = folded(layer)
        pads = [layer.conv.kernel_size[0] // 2] * 4
        strides = list(layer.conv.stride)
        kept = (self.keep(weight), self.keep(bias))
        return self.add("Conv", x, *kept, pads=pads, strides=strides)


def written(network: Resnet) -> bytes:
    """Return an ONNX file that takes (n, 3, side, side) in 0 to 1, and gives probabilities.

    Args:
        network: with its weights; it is not being trained.
    """
    graph = Graph()
    with torch.no_grad():
        x = graph.add("Relu", graph.convolve(network.stem, INPUT))
        for block in residuals_of(network):
            inner = graph.add("Relu", graph.convolve(block.first, x))
            inner = graph.convolve(block.second, inner)
            beside = x
            if isinstance(block.shortcut, ConvNorm):
                beside = graph.convolve(block.shortcut, x)
            x = graph.add("Relu", graph.add("Add", inner, beside))
        x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
        head = (graph.keep(network.head.weight), graph.keep(network.head.bias))
        scores = graph.add("Gemm", x, *head, transB=1)
    graph.nodes.append(helper.make_node("Softmax", [scores], [OUTPUT], axis=1))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", *shape])
        for name, shape in (
            (INPUT, network.shape),
            (OUTPUT, (network.head.out_features,)),
        )
    ]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "picture_network", ends[:1], ends[1:], graph.numbers
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="stoa",
    )
    return bytes(model.SerializeToString())


def residuals_of(network: Resnet) -> list[Residual]:
    return [one for one in network.blocks if isinstance(one, Residual)]


def folded(layer: ConvNorm) -> tuple[Tensor, Tensor]:
    """Return weight and bias of the one convolution that does what both layers do."""
    norm = layer.norm
    mean, variance = (norm.get_buffer(name) for name in ("running_mean", "running_var"))
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    weight = layer.conv.weight * scale.reshape(-1, 1, 1, 1)
    return weight, norm.bias - mean * scale
