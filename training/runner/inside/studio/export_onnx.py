"""Writes a kept model as ONNX too, and compares the two on the rows to validate on."""

import warnings
from typing import Any

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from training.runner.inside.boot import Call
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.exported import VALIDATION, exported
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.onnx_converters import teach, writable
from training.runner.inside.wire import decode

OPSET = 17
INPUT = "rows"


def main(call: Call) -> bytes:
    quietly()
    classes = call.arguments["classes"]
    arrays, _ = decode(call.read("learning"))
    rows = arrays["features"][arrays["parts"] == VALIDATION]
    model = model_in(call.read("model"))

    def write() -> bytes:
        return written(model, rows.shape[1], has_classes=bool(classes))

    own = answers_of(model, rows, classes=classes)
    return exported(write, rows, own, classes=classes)


def written(model: Any, width: int, *, has_classes: bool) -> bytes:
    """Return a fitted model as ONNX that takes (n, width) of single precision.

    Raises:
        Exception: skl2onnx's own, or a TypeError of ours: it cannot be written.
    """
    teach(model)
    model = writable(model)
    options = {id(model): {"zipmap": False}} if has_classes else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = to_onnx(
            model,
            initial_types=[(INPUT, FloatTensorType([None, width]))],
            options=options,
            target_opset=OPSET,
        )
    return bytes(made.SerializeToString())
