"""Writes a kept model as ONNX too, and compares the two on the rows to validate on."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.onnx_answers import answers_of as read_answers
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import Model, open_session
from training.runner.inside.refusal import Refusal
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.onnx_converters import teach, writable
from training.runner.inside.wire import decode

VALIDATION = 1
OPSET = 17
INPUT = "rows"

Floats = NDArray[np.float64]


def main(call: Call) -> bytes:
    quietly()
    classes = call.arguments["classes"]
    arrays, _ = decode(call.read("learning"))
    rows = arrays["features"][arrays["parts"] == VALIDATION]
    model = model_in(call.read("model"))
    try:
        teach()
        written = _written(writable(model), rows.shape[1], has_classes=bool(classes))
        exported = _answers(written, rows, classes)
    except Refusal as refusal:
        return encode_files({}, {"why": refusal.message[:300]})
    except Exception as failed:  # noqa: BLE001  the converter raises whatever it meets
        told = " ".join(str(failed).split())[:200]
        return encode_files({}, {"why": f"{type(failed).__name__}: {told}"})
    own = answers_of(model, rows, classes=classes)
    facts = {
        "largest": float(np.abs(exported - own).max()),
        "spread": float(own.std()),
        "changed": (
            int((exported.argmax(axis=1) != own.argmax(axis=1)).sum()) if classes else 0
        ),
        "rows": len(rows),
    }
    return encode_files({"onnx": written}, facts)


def _written(model: Any, width: int, *, has_classes: bool) -> bytes:
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


def _answers(written: bytes, rows: Floats, classes: int) -> Floats:
    """Run what was written as whoever takes it home does."""
    parsed(written)
    session = open_session(written, threads=1)
    model = Model(session, columns=[""] * rows.shape[1])
    names = [str(place) for place in range(classes)]
    outputs = model.run(rows)
    return read_answers(outputs, names, needs_probabilities=True)[1]
