"""How strange an input is, beside those that a model was calibrated with.

Two scores are compared with what rows had that the model was not fitted to: how sure it
is of its answer, and how far the input lies from the nearest prototype, since a model is
often surest of all about pure noise. Each comparison is a conformal p-value; the smaller,
doubled, is one again (Bonferroni), so of inputs like those at most 5 % come below .05.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.refusal import Refusal

Floats = NDArray[np.float64]
CLIPPED_AT = 8.0  # deviations; one wild cell is strange enough by then
CELLS = 8  # a picture is looked at in so many parts each way


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


def looks_of(pictures: Floats) -> Floats:
    """Return pictures as points: how bright each of 64 parts is, and how uneven.

    Args:
        pictures: (n, height, width, channels) of values from 0 to 1.
    """
    grey = pictures.mean(axis=3)
    points = []
    for one in grey:
        rows = np.array_split(one, CELLS, axis=0)
        cells = [cell for row in rows for cell in np.array_split(row, CELLS, axis=1)]
        bright = [float(cell.mean()) if cell.size else 0.0 for cell in cells]
        uneven = [float(cell.std()) if cell.size else 0.0 for cell in cells]
        points.append([*bright, *uneven])
    return np.array(points)


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


def p_values(
    told: Floats, points: Floats | None, calibration: dict[str, Any], *, classes: int
) -> Floats:
    """Return how strange each input is, NaN where nothing is there to compare it with.

    Args:
        told: (m, k) answers.
        points: (m, d) where each lies, None if that is not looked at.
        calibration: of `training.runner.studio.calling.calibration_of`.
        classes: k of a classifier, or 0.

    Raises:
        Refusal: the calibration is not for this model.
    """
    found = []
    try:
        if classes and calibration.get("doubts"):
            known = np.array(calibration["doubts"], dtype=np.float64)
            found.append(shares_as_strange(known, 1.0 - told.max(axis=1)))
        if points is not None and calibration.get("prototypes"):
            prototypes = np.array(calibration["prototypes"], dtype=np.float64)
            known = np.array(calibration["distances"], dtype=np.float64)
            found.append(shares_as_strange(known, distances(points, prototypes)))
    except (ValueError, TypeError, KeyError, IndexError) as broken:
        raise unfit() from broken
    if not found:
        return np.full(len(told), np.nan)
    return np.asarray(np.minimum(np.min(found, axis=0) * len(found), 1.0))


def unfit() -> Refusal:
    message = "The model's calibration does not fit it; publish the model again."
    return Refusal("unusable_calibration", message, "LOAD")
