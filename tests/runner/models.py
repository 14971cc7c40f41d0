"""Small ONNX models of every shape that people hand in, made without a framework."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def model(nodes, inputs, outputs, *, weights=(), functions=(), opsets=OPSETS):
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [
            one if isinstance(one, onnx.ValueInfoProto) else value_info(one)
            for one in outputs
        ],
        [numpy_helper.from_array(array, name) for name, array in weights],
    )
    made = helper.make_model(
        graph, opset_imports=opsets, functions=functions, ir_version=9
    )
    return made.SerializeToString()


def value_info(one):
    return helper.make_tensor_value_info(*one)


def linear(columns=2, classes=2, *, rows="n", tail=(), out="scores", bias=None):
    """Multiply by the first columns, so that class k's score is column k."""
    matrix = np.eye(columns, classes, dtype=np.float32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["scores"]), *tail]
    return model(
        nodes,
        [("x", FLOAT, [rows, columns])],
        [(out, FLOAT, [rows, classes])],
        weights=[("w", matrix)],
    )


def softmax(columns=2, classes=2, **named):
    node = helper.make_node("Softmax", ["scores"], ["p"], axis=1)
    return linear(columns, classes, tail=[node], out="p", **named)


def one_column(*, is_logistic):
    """Answer (n, 1): the first column, or the logistic function of it."""
    tail = [helper.make_node("Sigmoid", ["scores"], ["p"])] if is_logistic else []
    return linear(2, 1, tail=tail, out="p" if is_logistic else "scores")


def classifier(labels, *, has_zipmap, is_reversed=False):
    """Answer as scikit-learn's converter does: labels, and probabilities."""
    words = all(isinstance(one, str) for one in labels)
    sign = -1.0 if is_reversed else 1.0
    weights = np.eye(len(labels), 2, dtype=np.float32) * sign
    names = {"classlabels_strings": labels} if words else {"classlabels_ints": labels}
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["x"],
            ["label", "table"],
            domain="ai.onnx.ml",
            coefficients=weights.ravel().tolist(),
            intercepts=[0.0] * len(labels),
            post_transform="SOFTMAX",
            multi_class=1,
            **names,
        )
    ]
    label = value_info(("label", STRING if words else INT64, ["n"]))
    outputs = [label, value_info(("table", FLOAT, ["n", len(labels)]))]
    if is_reversed:  # the label of one end with the probabilities of the other
        nodes.append(helper.make_node("Sub", ["one", "table"], ["flipped"]))
        outputs = [label, value_info(("flipped", FLOAT, ["n", len(labels)]))]
    if has_zipmap:
        keys = {"classlabels_strings" if words else "classlabels_int64s": labels}
        nodes.append(
            helper.make_node("ZipMap", ["table"], ["maps"], domain="ai.onnx.ml", **keys)
        )
        kind = helper.make_sequence_type_proto(
            helper.make_map_type_proto(
                STRING if words else INT64, helper.make_tensor_type_proto(FLOAT, None)
            )
        )
        outputs = [label, helper.make_value_info("maps", kind)]
    return model(
        nodes,
        [("x", FLOAT, ["n", 2])],
        outputs,
        weights=[("one", np.array([1.0], np.float32))] if is_reversed else (),
    )


def per_column():
    """Take one input for each column."""
    nodes = [helper.make_node("Concat", ["a", "b"], ["both"], axis=1)]
    inputs = [("a", FLOAT, ["n", 1]), ("b", FLOAT, ["n", 1])]
    return model(nodes, inputs, [("both", FLOAT, ["n", 2])])


def picture():
    """Take (n, 1, 2, 1) and flatten it."""
    nodes = [helper.make_node("Flatten", ["x"], ["flat"])]
    return model(nodes, [("x", FLOAT, ["n", 1, 2, 1])], [("flat", FLOAT, ["n", 2])])


def custom_operator(*, is_defined=False):
    node = helper.make_node("Mine", ["x"], ["y"], domain="com.example")
    inner = helper.make_node("Identity", ["x"], ["y"])
    opsets = [*OPSETS, helper.make_opsetid("com.example", 1)]
    functions = [
        helper.make_function("com.example", "Mine", ["x"], ["y"], [inner], OPSETS)
    ]
    return model(
        [node],
        [("x", FLOAT, ["n", 2])],
        [("y", FLOAT, ["n", 2])],
        functions=functions if is_defined else (),
        opsets=opsets,
    )


def hidden_custom_operator():
    """Hide the operator in a branch."""
    branch = helper.make_graph(
        [helper.make_node("Mine", ["x"], ["z"], domain="com.example")],
        "branch",
        [],
        [value_info(("z", FLOAT, None))],
    )
    yes = numpy_helper.from_array(np.array(True), "yes")  # noqa: FBT003  a tensor
    nodes = [
        helper.make_node("Constant", [], ["yes"], value=yes),
        helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch),
    ]
    return model(nodes, [("x", FLOAT, ["n", 2])], [("y", FLOAT, ["n", 2])])


def external_data(location):
    made = onnx.load_model_from_string(linear())
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    return made.SerializeToString()


def endless():
    """Loop for ever in a few hundred bytes."""
    flag = value_info(("more", TensorProto.BOOL, []))
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["keep"], ["more"]),
            helper.make_node("Identity", ["held"], ["next"]),
        ],
        "body",
        [
            value_info(("count", INT64, [])),
            value_info(("keep", TensorProto.BOOL, [])),
            value_info(("held", FLOAT, None)),
        ],
        [flag, value_info(("next", FLOAT, None))],
    )
    yes = numpy_helper.from_array(np.array(True), "go")  # noqa: FBT003  a tensor
    nodes = [
        helper.make_node("Constant", [], ["go"], value=yes),
        helper.make_node("Loop", ["", "go", "x"], ["y"], body=body),
    ]
    return model(nodes, [("x", FLOAT, ["n", 2])], [("y", FLOAT, ["n", 2])])


def giant():
    """Ask for a tebibyte in a few hundred bytes."""
    size = numpy_helper.from_array(np.array([2**38, 1], dtype=np.int64), "size")
    nodes = [
        helper.make_node("Constant", [], ["size"], value=size),
        helper.make_node("ConstantOfShape", ["size"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    return model(nodes, [("x", FLOAT, ["n", 2])], [("y", FLOAT, ["n", 2])])


def infinite():
    node = helper.make_node("Log", ["x"], ["y"])
    return model([node], [("x", FLOAT, ["n", 2])], [("y", FLOAT, ["n", 2])])


def batch_of_one_answer():
    node = helper.make_node("ReduceSum", ["x"], ["y"], keepdims=1)
    return model([node], [("x", FLOAT, ["n", 2])], [("y", FLOAT, [1, 1])])
