"""Answers rows, texts or a picture with a model, and tells how strange each of them is."""

import importlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.recalibrating import recalibrated
from training.runner.inside.refusal import Refusal
from training.runner.inside.serving.unknown import p_values
from training.runner.inside.wire import encode

HERE = "training.runner.inside.serving"
READS = {"ROW": "rows", "TEXT": "texts", "IMAGE": "pictures"}
LOADS = {"ONNX": "onnx_files", "SKOPS": "skops_files", "SAFETENSORS": "weight_files"}

Floats = NDArray[np.float64]


def main(call: Call) -> bytes:
    asked = call.arguments
    classes = len(asked["classes"])
    reader: Any = importlib.import_module(f"{HERE}.{READS[asked['takes']]}")
    calibration = _calibration(call)
    given, far = reader.read(call, calibration)
    told = checked(loaded(call)(given), rows=len(given), width=max(classes, 1))
    if classes:
        told = recalibrated(told, asked["recalibration"])
    strange = p_values(told, far, calibration, classes=classes)
    facts = {
        name: float(calibration[name])
        for name in ("threshold", "half_width")
        if type(calibration.get(name)) in {int, float}
    }
    return encode({"answers": told, "p": np.nan_to_num(strange, nan=-1.0)}, facts)


def loaded(call: Call) -> Callable[[Any], Floats]:
    """Open the input `model` as its `kind`, and return what answers.

    Raises:
        Refusal: it is no such model, or does not take what its signature says.
    """
    loader: Any = importlib.import_module(f"{HERE}.{LOADS[call.arguments['kind']]}")
    answer: Callable[[Any], Floats] = loader.load(call)
    return answer


def _calibration(call: Call) -> dict[str, Any]:
    if not call.arguments["is_calibrated"]:
        return {}
    try:
        told = json.loads(call.read("calibration"))
    except (ValueError, RecursionError) as torn:
        message = "The model's calibration cannot be read; publish the model again."
        raise Refusal("unusable_calibration", message, "LOAD") from torn
    return told if isinstance(told, dict) else {}


def checked(told: Floats, *, rows: int, width: int) -> Floats:
    """Return answers that are as many and as wide as they should be, and finite.

    Raises:
        Refusal: they are not.
    """
    if told.shape != (rows, width):
        message = (
            f"The model answers with {told.shape[-1]} numbers for each input; its "
            f"signature says {width}."
        )
        raise Refusal("wrong_outputs", message, "RUN")
    if not np.isfinite(told).all():
        message = "The model's answer is no finite number."
        raise Refusal("not_finite", message, "RUN")
    return told
