"""Where pictures lie for what is seen in them, to tell known ones from others.

Edges alone are the same of a picture and of its negative, and noise has edges of every
direction everywhere, which is near the mean of all; so it is also looked at which colours
there are, and how bright and how rough each part is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.studio.pictures import CELLS, described

EDGES = 1764  # of the measures; what comes after are colours

Floats = NDArray[np.float64]


def aspects_of(pixels: NDArray[np.uint8]) -> tuple[Floats, ...]:
    """Return edges, colours and looks of pictures, each (n, axes).

    Args:
        pixels: (n, side * side * 3) as of `training.runner.inside.studio.pictures.fitted`.
    """
    measures = described(pixels).astype(np.float64)
    return measures[:, :EDGES], measures[:, EDGES:], _looks_of(pixels)


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


def _looks_of(pixels: NDArray[np.uint8]) -> Floats:
    """Return how bright each of 64 parts of a picture is, and how uneven, (n, 128)."""
    side = round((pixels.shape[1] / 3) ** 0.5)
    shape = (-1, CELLS, side // CELLS, CELLS, side // CELLS, 3)
    parts = pixels.reshape(shape).astype(np.float64) / 255
    grey = parts.mean(axis=5)
    bright, uneven = grey.mean(axis=(2, 4)), grey.std(axis=(2, 4))
    both = np.stack([bright, uneven], axis=1)
    return both.reshape(len(pixels), 2 * CELLS * CELLS)
