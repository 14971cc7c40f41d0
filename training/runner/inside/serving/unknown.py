"""How strange an input is, beside those that a model was calibrated with.

Two scores are compared with what rows had that the model was not fitted to: how sure it
is of its answer, and how far the input lies from the nearest prototype, since a model is
often surest of all about pure noise. Each comparison is a conformal p-value; the smaller,
doubled, is one again (Bonferroni), so of inputs like those at most 5 % come below .05.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.refusal import Refusal

Floats = NDArray[np.float64]
CLIPPED_AT = 8.0  # deviations; one wild cell is strange enough by then


def placed(matrix: Floats, space: list[Any]) -> Floats:
    """Return rows of numbers and codes as points, shape (rows, axes), nothing missing.

    Args:
        matrix: (rows, columns) of `training.runner.inside.studio.matrix`.
        space: for each column [centre, scale], or [codes] of one that holds codes.
    """
    parts = []
    for at, column in enumerate(space):
        values = matrix[:, at]
        if len(column) == 1:
            codes = np.arange(int(column[0]) + 1)
            told = np.where(np.isnan(values), -1.0, values)
            parts.append((told[:, None] == codes).astype(np.float64) / np.sqrt(2))
            continue
        centre, scale = column
        away = np.clip((values - centre) / scale, -CLIPPED_AT, CLIPPED_AT)
        parts.append(np.where(np.isnan(away), 0.0, away)[:, None])
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(matrix), 0))


def distances(points: Floats, prototypes: Floats) -> Floats:
    """Return how far each point is from its nearest prototype."""
    squares = (
        (points**2).sum(axis=1)[:, None]
        + (prototypes**2).sum(axis=1)
        - 2 * points @ prototypes.T
    )
    return np.asarray(np.sqrt(np.clip(squares.min(axis=1), 0.0, None)))


def shares_as_strange(known: Floats, asked: Floats) -> Floats:
    """Return conformal p-values: how many of the known are at least as strange.

    Args:
        known: (n,) scores of calibration, ascending, greater being stranger.
        asked: (m,) scores.
    """
    at_least = len(known) - np.searchsorted(known, asked, side="left")
    return np.asarray((at_least + 1) / (len(known) + 1))


def to_nearest(points: Floats, calibration: dict[str, Any]) -> Floats:
    """Return how far points are from the nearest prototype of a calibration.

    Raises:
        ValueError, TypeError: the prototypes lie in another space.
    """
    return distances(points, np.array(calibration["prototypes"], dtype=np.float64))


def p_values(
    told: Floats, far: Floats | None, calibration: dict[str, Any], *, classes: int
) -> Floats:
    """Return how strange each input is, NaN where nothing is there to compare it with.

    Args:
        told: (m, k) answers.
        far: (m,) how far each lies from what is known, None if that is not looked at.
        calibration: of `training.runner.studio.calling.calling_of`.
        classes: k of a classifier, or 0.

    Raises:
        Refusal: the calibration is not for this model.
    """
    found = []
    with fitting():
        if classes and calibration.get("doubts"):
            known = np.array(calibration["doubts"], dtype=np.float64)
            found.append(shares_as_strange(known, 1.0 - told.max(axis=1)))
        if far is not None:
            known = np.array(calibration["distances"], dtype=np.float64)
            found.append(shares_as_strange(known, far))
    if not found:
        return np.full(len(told), np.nan)
    return np.asarray(np.minimum(np.min(found, axis=0) * len(found), 1.0))


@contextmanager
def fitting() -> Iterator[None]:
    """Tell of a calibration that is for another model, or none.

    Raises:
        Refusal: what was done with it failed.
    """
    try:
        yield
    except (ValueError, TypeError, KeyError, IndexError) as broken:
        raise unfit() from broken


def unfit() -> Refusal:
    message = "The model's calibration does not fit it; publish the model again."
    return Refusal("unusable_calibration", message, "LOAD")
