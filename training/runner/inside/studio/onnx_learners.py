"""Writes as ONNX what skl2onnx does not know: LightGBM, splines and baselines."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from skl2onnx.algebra.onnx_ops import (
    OnnxAdd,
    OnnxArgMax,
    OnnxArrayFeatureExtractor,
    OnnxCast,
    OnnxConcat,
    OnnxExpand,
    OnnxGreaterOrEqual,
    OnnxMax,
    OnnxMin,
    OnnxMul,
    OnnxReshape,
    OnnxShape,
    OnnxSigmoid,
    OnnxSlice,
    OnnxSoftmax,
    OnnxSub,
    OnnxTreeEnsembleRegressor_1,
)
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

from training.runner.inside.studio.onnx_trees import forest_of

Floats = NDArray[np.float64]
NEAR = 1e-6  # of a knot: what stands on it may lie beside it in single precision


class _Operators:
    """Makes operators of one version."""

    def __init__(self, version: int) -> None:
        self.version = version

    def __call__(self, kind: Any, *inputs: Any, **more: Any) -> Any:
        return kind(*inputs, op_version=self.version, **more)


def _single(numbers: Floats) -> NDArray[np.float32]:
    return np.asarray(numbers, dtype=np.float32)[None]


def _whole(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)


def amount_shape(operator: Any) -> None:
    operator.outputs[0].type = FloatTensorType([None, 1])


def classes_shape(operator: Any) -> None:
    label, probabilities = operator.outputs
    label.type = Int64TensorType([None])
    probabilities.type = FloatTensorType([None, len(operator.raw_operator.classes_)])


def boosted_amount(scope: Any, operator: Any, container: Any) -> None:
    """Write trees of LightGBM that add up to an amount."""
    told = operator.raw_operator.booster_.dump_model()
    _require(told["objective"], {"regression"})
    op, trees = _Operators(container.target_opset), _trees(told, operator.inputs[0])
    made = op(OnnxReshape, trees, _whole(-1, 1), output_names=operator.outputs[:1])
    made.add_to(scope, container)


def boosted_classes(scope: Any, operator: Any, container: Any) -> None:
    """Write trees of LightGBM that add up to the logits of classes."""
    told = operator.raw_operator.booster_.dump_model()
    op, scores = _Operators(container.target_opset), _trees(told, operator.inputs[0])
    if told["num_class"] == 1:
        _require(told["objective"], {"binary sigmoid:1"})
        turned = op(OnnxMul, scores, np.array([-1], dtype=np.float32))
        sides = (op(OnnxSigmoid, one) for one in (turned, scores))
        probabilities = op(OnnxConcat, *sides, axis=1)
    else:
        _require(told["objective"], {f"multiclass num_class:{told['num_class']}"})
        probabilities = op(OnnxSoftmax, scores, axis=1)
    _add_classes(op, probabilities, scope, operator, container)


def _trees(told: dict[str, Any], rows: Any) -> Any:
    attributes = forest_of(told).as_attributes()
    return OnnxTreeEnsembleRegressor_1(rows, op_version=1, **attributes)


def _require(told: str, known: set[str]) -> None:
    if told not in known:
        raise TypeError(f"trees that learnt by {told}")


def _add_classes(
    op: _Operators, probabilities: Any, scope: Any, operator: Any, container: Any
) -> None:
    """Add the likeliest class and the probabilities as what a classifier gives."""
    classes = np.asarray(operator.raw_operator.classes_, dtype=np.int64)
    label, told = operator.outputs
    kept = op(OnnxReshape, probabilities, _whole(-1, len(classes)), output_names=[told])
    best = op(OnnxArgMax, kept, axis=1, keepdims=0)
    named = op(OnnxArrayFeatureExtractor, classes, best)
    op(OnnxReshape, named, _whole(-1), output_names=[label]).add_to(scope, container)


def same_amount(scope: Any, operator: Any, container: Any) -> None:
    """Write what says the same amount of every row."""
    op = _Operators(container.target_opset)
    told = np.asarray(operator.raw_operator.constant_, dtype=np.float32)
    each = _for_each_row(op, told, operator.inputs[0])
    made = op(OnnxReshape, each, _whole(-1, 1), output_names=operator.outputs[:1])
    made.add_to(scope, container)


def same_classes(scope: Any, operator: Any, container: Any) -> None:
    """Write what says the same probabilities of every row."""
    op = _Operators(container.target_opset)
    told = _single(operator.raw_operator.class_prior_)
    each = _for_each_row(op, told, operator.inputs[0])
    _add_classes(op, each, scope, operator, container)


def _for_each_row(op: _Operators, told: NDArray[np.float32], rows: Any) -> Any:
    """Return `told`, shape (1, k), as often as there are rows."""
    count = op(OnnxSlice, op(OnnxShape, rows), _whole(0), _whole(1))
    return op(OnnxExpand, told, op(OnnxConcat, count, _whole(1), axis=0))


def spline_shape(operator: Any) -> None:
    width = operator.raw_operator.n_features_out_
    operator.outputs[0].type = FloatTensorType([None, width])


def splines(scope: Any, operator: Any, container: Any) -> None:
    """Write B-splines by the recursion of Cox and de Boor, straight beyond their ends.

    Cox (1972), “The numerical evaluation of B-splines”; de Boor (1972), “On calculating
    with B-splines”. Of d columns with m knots each, shapes are (rows, d, m).
    """
    fitted = operator.raw_operator
    if fitted.extrapolation != "linear" or not fitted.include_bias:
        raise TypeError(f"splines that go on by {fitted.extrapolation}")
    op, degree = _Operators(container.target_opset), int(fitted.degree)
    knots = np.stack([one.t for one in fitted.bsplines_])
    low, high = knots[:, degree, None], knots[:, -degree - 1, None]
    column = op(OnnxReshape, operator.inputs[0], _whole(-1, len(knots), 1))
    inside = op(OnnxMin, op(OnnxMax, column, _single(low)), _single(high))
    basis = _first_basis(op, inside, knots, degree)
    for order in range(1, degree + 1):
        basis = _next_basis(op, basis, inside, knots, order)
    for kind, end in ((OnnxMin, low), (OnnxMax, high)):
        slope = [one(end[at, 0], nu=1) for at, one in enumerate(fitted.bsplines_)]
        beyond = op(kind, op(OnnxSub, column, _single(end)), np.zeros(1, np.float32))
        basis = op(OnnxAdd, basis, op(OnnxMul, beyond, _single(np.stack(slope))))
    width = int(fitted.n_features_out_)
    made = op(OnnxReshape, basis, _whole(-1, width), output_names=operator.outputs[:1])
    made.add_to(scope, container)


def _first_basis(op: _Operators, inside: Any, knots: Floats, degree: int) -> Any:
    """Return 1 for the piece between two knots that a value is in, 0 for all others.

    Pieces are those within the ends, the last of which has its end too.
    """
    within = knots[:, degree + 1 : -degree - 1]
    nearly = _single(within - NEAR * (1 + np.abs(within)))
    reached = op(OnnxCast, op(OnnxGreaterOrEqual, inside, nearly), to=TensorProto.FLOAT)
    none = op(OnnxMul, inside, np.zeros(1, np.float32))
    every = op(OnnxAdd, none, np.ones(1, np.float32))
    here = op(
        OnnxSub,
        op(OnnxConcat, every, reached, axis=2),
        op(OnnxConcat, reached, none, axis=2),
    )
    outside = op(OnnxMul, none, np.zeros((1, 1, degree), np.float32))
    return op(OnnxConcat, outside, here, outside, axis=2)


def _next_basis(
    op: _Operators, basis: Any, inside: Any, knots: Floats, order: int
) -> Any:
    """Return the basis of an order from that of the order before, which has one more."""
    count = knots.shape[1] - order - 1
    sums = []
    for at, is_rising in ((0, True), (1, False)):
        begin, end = (knots[:, one : one + count] for one in (at, at + order))
        length = end - begin
        steep = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        run = (
            op(OnnxSub, inside, _single(begin))
            if is_rising
            else op(OnnxSub, _single(end), inside)
        )
        part = op(OnnxSlice, basis, _whole(at), _whole(at + count), _whole(2))
        sums.append(op(OnnxMul, op(OnnxMul, run, _single(steep)), part))
    return op(OnnxAdd, *sums)
