"""Judges an ONNX file before it is run: plain operators, everything within the file."""

from collections.abc import Iterator
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from training.runner.inside.refusal import Refusal

STAGE = "LOAD"
KNOWN_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
MOST_NODES = 50_000
MOST_ENDS = 200  # inputs or outputs


def parsed(data: bytes) -> onnx.ModelProto:
    """Parse and judge a model.

    Raises:
        Refusal: it is no ONNX model, or more than one.
    """
    try:
        model: onnx.ModelProto = onnx.load_model_from_string(data)
    except DecodeError as broken:
        raise _not_a_model() from broken
    if not model.graph.node or not model.opset_import:
        raise _not_a_model()
    functions = {(one.domain, one.name) for one in model.functions}
    for count, node in enumerate(_nodes(model), start=1):
        if count > MOST_NODES:
            message = f"The model has more than {MOST_NODES} nodes. Simplify it."
            raise Refusal("model_too_large", message, STAGE)
        if (
            node.domain not in KNOWN_DOMAINS
            and (node.domain, node.op_type) not in functions
        ):
            message = (
                f"The model uses the operator {node.op_type!r} of {node.domain!r}. "
                "Only standard ONNX operators run here: export it without custom ones."
            )
            raise Refusal("custom_operator", message, STAGE)
    _refuse_external_data(model)
    if len(model.graph.input) > MOST_ENDS or len(model.graph.output) > MOST_ENDS:
        message = f"The model has more than {MOST_ENDS} inputs or outputs."
        raise Refusal("model_too_large", message, STAGE)
    return model


def _not_a_model() -> Refusal:
    message = "The file is not an ONNX model. Export the model to ONNX and try again."
    return Refusal("not_onnx", message, STAGE)


def _nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Yield every node: of the graph, of functions and of the branches within nodes."""
    waiting = [iter(model.graph.node), *(iter(one.node) for one in model.functions)]
    while waiting:
        for node in waiting.pop():
            yield node
            for attribute in node.attribute:
                graphs = [attribute.g, *attribute.graphs]
                waiting += [iter(graph.node) for graph in graphs if graph.node]


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in _nodes(model):
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            for graph in [attribute.g, *attribute.graphs]:
                yield from graph.initializer


def _refuse_external_data(model: onnx.ModelProto) -> None:
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            message = (
                f"The weights {tensor.name!r} lie outside the file. Save the model as "
                "one file (`save_as_external_data=False`)."
            )
            raise Refusal("external_data", message, STAGE)


def facts_of(model: onnx.ModelProto, *, size_bytes: int) -> dict[str, Any]:
    """Describe a judged model as `training.jobs.ModelFacts` does."""
    given = {one.name for one in model.graph.initializer}
    return {
        "size_bytes": size_bytes,
        "node_count": sum(1 for _ in _nodes(model)),
        "opsets": {one.domain or "ai.onnx": one.version for one in model.opset_import},
        "producer": f"{model.producer_name} {model.producer_version}".strip()[:100],
        "inputs": [_end(one) for one in model.graph.input if one.name not in given],
        "outputs": [_end(one) for one in model.graph.output],
    }


def _end(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    kind = value.type.WhichOneof("value") or "unknown"
    name = kind.removesuffix("_type")
    if kind == "tensor_type":
        name = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
    shape = [
        one.dim_value if one.HasField("dim_value") else (one.dim_param or None)
        for one in tensor.shape.dim
    ]
    return {"name": value.name[:100], "element_type": name, "shape": shape}
