"""ResNet-18 (He et al., 2015) as an ONNX file, with weights of chance."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE, CLASSES = 224, 1000
WIDTHS = (64, 128, 256, 512)
OPSET, IR = 17, 8


class Graph:
    def __init__(self):
        self.chance = np.random.default_rng(0)
        self.nodes, self.weights = [], []

    def add(self, kind, *inputs, **attributes):
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def weight(self, *shape):
        name = f"weight{len(self.weights)}"
        scale = (2 / np.prod(shape[1:])) ** 0.5 if len(shape) > 1 else 0.0
        values = self.chance.normal(0, scale, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolution(self, source, inside, outside, *, side, stride):
        """Convolve; the normalisation that follows is folded in, as exporters do."""
        weights = (self.weight(outside, inside, side, side), self.weight(outside))
        shape = {"kernel_shape": [side] * 2, "pads": [side // 2] * 4}
        return self.add("Conv", source, *weights, strides=[stride] * 2, **shape)

    def block(self, source, inside, outside, *, stride):
        first = self.convolution(source, inside, outside, side=3, stride=stride)
        second = self.convolution(
            self.add("Relu", first), outside, outside, side=3, stride=1
        )
        if inside != outside:
            source = self.convolution(source, inside, outside, side=1, stride=stride)
        return self.add("Relu", self.add("Add", second, source))


def resnet18():
    """Return the file, which takes `images` of [batch, 3, 224, 224]."""
    graph = Graph()
    last = graph.add("Relu", graph.convolution("images", 3, 64, side=7, stride=2))
    pool = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4}
    last = graph.add("MaxPool", last, **pool)
    inside = WIDTHS[0]
    for outside in WIDTHS:
        last = graph.block(last, inside, outside, stride=1 + (inside != outside))
        last = graph.block(last, outside, outside, stride=1)
        inside = outside
    flat = graph.add("Flatten", graph.add("GlobalAveragePool", last))
    ends = (graph.weight(CLASSES, inside), graph.weight(CLASSES))
    last = graph.add("Gemm", flat, *ends, transB=1)
    images = helper.make_tensor_value_info(
        "images", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE]
    )
    answer = helper.make_tensor_value_info(last, TensorProto.FLOAT, ["batch", CLASSES])
    made = helper.make_graph(graph.nodes, "resnet18", [images], [answer], graph.weights)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(made, opset_imports=[opset], ir_version=IR)
    return model.SerializeToString()
