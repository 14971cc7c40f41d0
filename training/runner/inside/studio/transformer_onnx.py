"""Writes a transformer encoder as ONNX, operator by operator."""

from math import sqrt

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from training.runner.inside.studio.network_onnx import IR_VERSION, OPSET, Graph
from training.runner.inside.studio.transformer import (
    BEYOND,
    FIRST_NORM,
    KINDS,
    PLACES,
    SMALLEST,
    WORDS,
    Weights,
    layer_at,
    layers_of,
)

IDS, MASK, HIDDEN = "input_ids", "attention_mask", "hidden"


class Encoder(Graph):
    """The graph of an encoder, whose weights are kept once each."""

    def __init__(self, weights: Weights, heads: int) -> None:
        super().__init__()
        self.weights, self.heads = weights, heads
        self.width = weights[f"{WORDS}.weight"].shape[1]

    def whole_numbers(self, *numbers: int) -> str:
        name = f"numbers_{len(self.numbers)}"
        told = np.array(numbers, dtype=np.int64)
        self.numbers.append(numpy_helper.from_array(told, name))
        return name

    def number(self, value: float) -> str:
        return self.keep(torch.tensor(value))

    def linear(self, x: str, stem: str) -> str:
        kept = self.keep(self.weights[f"{stem}.weight"].T)
        product = self.add("MatMul", x, kept)
        return self.add("Add", product, self.keep(self.weights[f"{stem}.bias"]))

    def norm(self, x: str, stem: str) -> str:
        weight, bias = (
            self.keep(self.weights[f"{stem}.{name}"]) for name in ("weight", "bias")
        )
        return self.add("LayerNormalization", x, weight, bias, epsilon=SMALLEST)

    def parted(self, x: str) -> str:
        shape = self.whole_numbers(0, 0, self.heads, self.width // self.heads)
        return self.add("Transpose", self.add("Reshape", x, shape), perm=[0, 2, 1, 3])

    def gelu(self, x: str) -> str:
        bent = self.add("Erf", self.add("Div", x, self.number(sqrt(2.0))))
        grown = self.add("Add", bent, self.number(1.0))
        halves = self.add("Mul", x, self.number(0.5))
        return self.add("Mul", halves, grown)

    def embedded(self) -> str:
        x = self.add("Gather", self.keep(self.weights[f"{WORDS}.weight"]), IDS)
        tokens = self.add("Gather", self.add("Shape", IDS), self.whole_numbers(1))
        ends = (self.whole_numbers(0), tokens, self.whole_numbers(0))
        every = self.keep(self.weights[f"{PLACES}.weight"])
        x = self.add("Add", x, self.add("Slice", every, *ends))
        return self.add("Add", x, self.keep(self.weights[f"{KINDS}.weight"][0]))

    def beyond(self) -> str:
        mask = self.add("Cast", MASK, to=TensorProto.FLOAT)
        padding = self.add("Sub", self.number(1.0), mask)
        weighed = self.add("Mul", padding, self.number(BEYOND))
        return self.add("Unsqueeze", weighed, self.whole_numbers(1, 2))

    def layer(self, x: str, at: str, beyond: str) -> str:
        query, key, value = (
            self.parted(self.linear(x, f"{at}attention.self.{stem}"))
            for stem in ("query", "key", "value")
        )
        turned = self.add("Transpose", key, perm=[0, 1, 3, 2])
        scale = self.number(sqrt(self.width / self.heads))
        scores = self.add("Div", self.add("MatMul", query, turned), scale)
        shares = self.add("Softmax", self.add("Add", scores, beyond), axis=3)
        mixed = self.add(
            "Transpose", self.add("MatMul", shares, value), perm=[0, 2, 1, 3]
        )
        joined = self.add("Reshape", mixed, self.whole_numbers(0, 0, self.width))
        attended = self.linear(joined, f"{at}attention.output.dense")
        x = self.norm(self.add("Add", x, attended), f"{at}attention.output.LayerNorm")
        inner = self.gelu(self.linear(x, f"{at}intermediate.dense"))
        added = self.add("Add", x, self.linear(inner, f"{at}output.dense"))
        return self.norm(added, f"{at}output.LayerNorm")


def written(weights: Weights, *, heads: int) -> bytes:
    """Return an ONNX file that takes (n, t) tokens and a mask, and gives (n, t, d).

    Args:
        weights: of `training.runner.inside.studio.transformer.encoder_in`; they learn no
            more.
        heads: of its attention.
    """
    graph = Encoder({name: one.detach().cpu() for name, one in weights.items()}, heads)
    x, beyond = graph.norm(graph.embedded(), FIRST_NORM), graph.beyond()
    for layer in range(layers_of(graph.weights)):
        x = graph.layer(x, layer_at(layer), beyond)
    graph.nodes.append(helper.make_node("Identity", [x], [HIDDEN]))
    texts = ["texts", "tokens"]
    taken = [
        helper.make_tensor_value_info(name, TensorProto.INT64, texts)
        for name in (IDS, MASK)
    ]
    given = helper.make_tensor_value_info(
        HIDDEN, TensorProto.FLOAT, [*texts, graph.width]
    )
    made: onnx.ModelProto = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", taken, [given], graph.numbers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="stoa",
    )
    return bytes(made.SerializeToString())
