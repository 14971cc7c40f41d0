"""Pictures as the tensors that networks were trained on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def scaled(pixels: Floats, picture: dict[str, Any]) -> Floats:
    """Return (n, height, width, channels) from 0 to 1 as the model's own tensor.

    Args:
        pixels: of `training.runner.inside.serving.pictures`.
        picture: of `training.signatures.Picture`, as JSON.
    """
    mean = np.array(picture["mean"] or [0.0])
    deviation = np.array(picture["deviation"] or [1.0])
    made = (pixels - mean) / deviation
    return np.moveaxis(made, 3, 1) if picture["is_channels_first"] else made
