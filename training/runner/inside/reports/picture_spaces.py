"""Pictures as points: by what they show, how bright each part is, and by their grain."""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.studio.pictures import (
    AT_ONCE,
    CELLS,
    GREY,
    Pixels,
    described,
)

Floats = NDArray[np.float64]
OF_DOTS = ("brightness", "contrast", "sharpness", "colour")
FAR_APART = 4  # dots
LEAST_STEP = 1e-3  # of 1, below which a picture is smooth


def dots_of(pixels: Pixels) -> Floats:
    """Return (n, 4) of `OF_DOTS`, each in 0 to 1: what a person sees at a glance."""
    side = isqrt(pixels.shape[1] // 3)
    found = np.zeros((len(pixels), len(OF_DOTS)))
    for begin in range(0, len(pixels), AT_ONCE):
        some = pixels[begin : begin + AT_ONCE].reshape(-1, side, side, 3)
        grey = some.astype(np.float32) @ GREY / 255
        steps = [np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2)]
        found[begin : begin + AT_ONCE] = np.column_stack(
            [
                grey.mean(axis=(1, 2)),
                grey.std(axis=(1, 2)),
                np.mean(steps, axis=0),
                np.ptp(some, axis=3).mean(axis=(1, 2)) / 255,
            ]
        )
    return found


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


def grain_of(pixels: Pixels) -> Floats:
    """Return (n, 6): brightness, contrast, colour, and how much dots differ, in logarithms.

    Dots side by side differ much in noise and little in what is seen; shapes and brightness
    of cells are even there, and so near to everything that is.
    """
    side = round((pixels.shape[1] / 3) ** 0.5)
    dots = pixels.reshape(-1, side, side, 3).astype(np.float32) / np.float32(255)
    grey = np.asarray(dots @ GREY, dtype=np.float32)
    colour = dots - grey[..., None]
    told = np.column_stack(
        [
            grey.mean(axis=(1, 2)),
            grey.std(axis=(1, 2)),
            np.abs(colour).mean(axis=(1, 2, 3)),
            _log_step(grey, 1),
            _log_step(grey, FAR_APART),
            _log_step(colour, 1),
        ]
    )
    return np.asarray(told, dtype=np.float64)


def _log_step(dots: NDArray[np.float32], apart: int) -> Floats:
    """Return (n,) the logarithm of how much dots so far apart differ."""
    others = tuple(range(1, dots.ndim))
    across = np.abs(dots[:, :, apart:] - dots[:, :, :-apart]).mean(axis=others)
    down = np.abs(dots[:, apart:] - dots[:, :-apart]).mean(axis=others)
    return np.asarray(np.log(LEAST_STEP + across + down), dtype=np.float64)
