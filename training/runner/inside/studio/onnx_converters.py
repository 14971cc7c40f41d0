"""Teaches skl2onnx what the portfolio uses and it does not write by itself."""

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx.algebra.onnx_operator import OnnxSubEstimator
from skl2onnx.algebra.onnx_ops import (
    OnnxAdd,
    OnnxArrayFeatureExtractor,
    OnnxCast,
    OnnxConcat,
    OnnxIsNaN,
    OnnxMul,
    OnnxReshape,
    OnnxWhere,
)
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import ClassifierMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import SplineTransformer, StandardScaler

from training.runner.inside.studio.onnx_learners import (
    amount_shape,
    boosted_amount,
    boosted_classes,
    classes_shape,
    same_amount,
    same_classes,
    spline_shape,
    splines,
)

OF_CLASSES = {
    "zipmap": [True, False, "columns"],
    "nocl": [True, False],
    "output_class_labels": [True, False],
}


def teach(model: Any) -> None:
    """Have skl2onnx write what a model is made of from now on.

    LightGBM's classes are those of the model itself, so that nothing imports the library
    where it does not load.
    """
    parts = [model, *getattr(model, "estimators_", ())]
    boosted = {
        type(one) for one in parts if type(one).__module__.startswith("lightgbm.")
    }
    known = [
        (SimpleImputer, _imputed_shape, _imputer),
        (TransformedTargetRegressor, amount_shape, _scaled_target),
        (SplineTransformer, spline_shape, splines),
        (DummyRegressor, amount_shape, same_amount),
        (DummyClassifier, classes_shape, same_classes),
        *(
            (kind, classes_shape, boosted_classes)
            if issubclass(kind, ClassifierMixin)
            else (kind, amount_shape, boosted_amount)
            for kind in boosted
        ),
    ]
    for kind, shape, converter in known:
        update_registered_converter(
            kind,
            f"Stoa{kind.__name__}",
            shape,
            converter,
            overwrite=True,
            options=OF_CLASSES if issubclass(kind, ClassifierMixin) else None,
        )


def writable(model: Any) -> Any:
    """Return a model with what matters to no answer and to skl2onnx taken out."""
    if isinstance(model, VotingClassifier):
        model.flatten_transform = False
    return model


def _imputed_shape(operator: Any) -> None:
    width = operator.inputs[0].type.shape[1] + len(_flagged(operator.raw_operator))
    operator.outputs[0].type = FloatTensorType([None, width])


def _flagged(imputer: SimpleImputer) -> list[int]:
    """Return the columns of which it is told beside them where they were missing."""
    indicator = imputer.indicator_
    return [] if indicator is None else [int(one) for one in indicator.features_]


def _imputer(scope: Any, operator: Any, container: Any) -> None:
    """Fill what is missing, and tell beside it where that was."""
    imputer, version = operator.raw_operator, container.target_opset
    is_missing = OnnxIsNaN(operator.inputs[0], op_version=version)
    told = np.nan_to_num(np.asarray(imputer.statistics_, dtype=np.float32))
    filled = OnnxWhere(
        is_missing, told[None, :], operator.inputs[0], op_version=version
    )
    flagged = _flagged(imputer)
    if not flagged:
        made = OnnxReshape(
            filled,
            np.array([-1, len(told)], dtype=np.int64),
            op_version=version,
            output_names=operator.outputs[:1],
        )
    else:
        flags = OnnxArrayFeatureExtractor(
            OnnxCast(is_missing, to=TensorProto.FLOAT, op_version=version),
            np.array(flagged, dtype=np.int64),
            op_version=version,
        )
        made = OnnxConcat(
            filled,
            flags,
            axis=1,
            op_version=version,
            output_names=operator.outputs[:1],
        )
    made.add_to(scope, container)


def _scaled_target(scope: Any, operator: Any, container: Any) -> None:
    """Undo the scaling of the amounts that a regressor was fitted to."""
    fitted, version = operator.raw_operator, container.target_opset
    scaler = fitted.transformer_
    if not isinstance(scaler, StandardScaler):
        raise TypeError(f"targets scaled by {type(scaler).__name__}")
    told = OnnxSubEstimator(fitted.regressor_, operator.inputs[0], op_version=version)
    column = OnnxReshape(told, np.array([-1, 1], dtype=np.int64), op_version=version)
    made = OnnxAdd(
        OnnxMul(column, scaler.scale_.astype(np.float32), op_version=version),
        scaler.mean_.astype(np.float32),
        op_version=version,
        output_names=operator.outputs[:1],
    )
    made.add_to(scope, container)
