"""Pictures as points: by what they show, and by how bright each part of them is."""

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.studio.pictures import CELLS, GREY, Pixels, described

Floats = NDArray[np.float64]


def shapes_of(pixels: Pixels) -> Floats:
    """Return (n, 1860) directions of edges and colours, as learners are given them."""
    return np.asarray(described(pixels), dtype=np.float64)


def brightness_of(pixels: Pixels) -> Floats:
    """Return (n, 128): how bright each of 8 × 8 cells is, and then how uneven, in 0 to 1.

    The directions of edges are the same in a negative; this is not.
    """
    side = round((pixels.shape[1] / 3) ** 0.5)
    grey = pixels.reshape(-1, side, side, 3).astype(np.float32) @ GREY / 255
    size = side // CELLS
    cells = grey.reshape(-1, CELLS, size, CELLS, size)
    parts = [cells.mean(axis=(2, 4)), cells.std(axis=(2, 4))]
    found = np.concatenate([part.reshape(len(pixels), -1) for part in parts], axis=1)
    return np.asarray(found, dtype=np.float64)
