"""Texts as they were read when the model learnt, and how foreign their words are."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.serving.unknown import fitting
from training.runner.inside.serving.wording import foreign, from_bits, marks_of
from training.runner.inside.studio.modalities import encoded_beside
from training.runner.inside.studio.texts import as_inputs, readable

Floats = NDArray[np.float64]


def read(call: Call, calibration: dict[str, Any]) -> tuple[Any, Floats | None]:
    """Return the texts, and how foreign each is if that is looked at."""
    texts = [readable(row[0]) for row in json.loads(call.read("asked"))]
    given = encoded_beside(call, as_inputs(texts), texts)
    bits = calibration.get("known")
    if not bits:
        return given, None
    with fitting():
        known, usual = from_bits(bits), float(calibration["usual"])
    found = [foreign(marks_of(text), known, usual=usual) for text in texts]
    return given, np.array(found)
