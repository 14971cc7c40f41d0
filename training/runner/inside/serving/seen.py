"""Where pictures lie for what is seen in them, to tell known ones from others.

Edges alone are the same of a picture and of its negative, and noise has edges of every
direction everywhere, which is near the mean of all; so it is also looked at which colours
there are, how bright and how rough each part is, and how much neighbouring dots differ.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.reports.picture_spaces import brightness_of, grain_of
from training.runner.inside.studio.pictures import described

EDGES = 1764  # of the measures; what comes after are colours
WEIGHTS = (2.0, 1.0, 1.0, *[2.0] * 6)  # shapes and grain tell what was never met
LEAST_SCALES = (0.0, 0.0, 0.0, *[0.02] * 3, *[0.5] * 3)  # of grain; packing changes it

Floats = NDArray[np.float64]


def aspects_of(pixels: NDArray[np.uint8]) -> tuple[Floats, ...]:
    """Return edges, colours, brightness, and each axis of grain of pictures, (n, axes).

    Args:
        pixels: (n, side * side * 3) as of `training.runner.inside.studio.pictures.fitted`.
    """
    measures = described(pixels).astype(np.float64)
    grain = grain_of(pixels)
    return (
        *(measures[:, :EDGES], measures[:, EDGES:], brightness_of(pixels)),
        *(grain[:, [axis]] for axis in range(grain.shape[1])),
    )


def points_of(pixels: NDArray[np.uint8], scales: Sequence[float]) -> Floats:
    """Return pictures as points, (n, axes): each aspect by its own scale.

    Args:
        pixels: see `aspects_of`.
        scales: for each aspect, how far known pictures mostly are from the nearest.

    Raises:
        ValueError: there are more scales, or fewer.
    """
    parts = zip(aspects_of(pixels), scales, strict=True)
    return np.concatenate([part / scale for part, scale in parts], axis=1)
