"""Whether a model is right as often as it says, and what it can promise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.schema import Bin, Calibration, Conformal
from training.metrics.calibration import BINS, debiased_error, ece, reliability
from training.metrics.classification import brier
from training.metrics.estimate import Floats, Labels, share_of
from training.recalibration import Choice
from training.runner.reports.values import value_of

DRAWS = 200
SEED = 20_261_125
MOST_DRAWN = 20_000
WANTED = 0.9
SPLITS = 20
FEWEST = 20  # rows of a half, below which nothing is promised
SMALLEST = 1e-12


def calibration_of(
    truth: Labels, answered: Floats, plain: Floats, choice: Choice
) -> Calibration:
    """Measure calibration, and what chance alone would show.

    Args:
        truth: (n,) classes in [0, k).
        answered: (n, k) probabilities as they are given out.
        plain: (n, k) before they were recalibrated.
        choice: what was done to them, and why.
    """
    bins = reliability(truth, answered)
    total = sum(one.count for one in bins)
    right = sum(one.accuracy * one.count for one in bins) / total
    return Calibration(
        ece=value_of(ece(truth, answered)),
        by_chance=by_chance(answered),
        debiased=value_of(debiased_error(truth, answered)),
        brier=value_of(brier(truth, answered)),
        reliability=sum(
            one.count * (one.confidence - one.accuracy) ** 2 for one in bins
        )
        / total,
        resolution=sum(one.count * (one.accuracy - right) ** 2 for one in bins) / total,
        uncertainty=right * (1 - right),
        bins=[Bin.model_validate(one) for one in bins],
        recalibration=choice,
        before=None if choice.by is None else value_of(debiased_error(truth, plain)),
    )


def by_chance(answered: Floats) -> float:
    """Return the calibration error that such probabilities show if they are all true.

    Whether each first answer is right is drawn by its own confidence, 200 times over.

    Args:
        answered: (n, k) probabilities.
    """
    confidence = np.sort(answered.max(axis=1))
    if len(confidence) > MOST_DRAWN:
        confidence = confidence[:: len(confidence) // MOST_DRAWN + 1]
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, BINS + 1)[1:-1]))
    places = np.searchsorted(edges, confidence, side="left")
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    chance = np.random.default_rng(SEED)
    errors = [
        np.abs(
            np.add.reduceat(
                confidence - (chance.random(len(confidence)) < confidence), starts
            )
        ).sum()
        for _ in range(DRAWS)
    ]
    return float(np.mean(errors) / len(confidence))


def strangeness(truth: NDArray[Any], answered: Floats, *, has_classes: bool) -> Floats:
    """Return (n,) how little a row's truth was expected: 1 - probability, or the error."""
    if has_classes:
        return np.asarray(1.0 - answered[np.arange(len(truth)), truth])
    return np.abs(truth - answered[:, 0])


def limit_of(strange: Floats, *, wanted: float = WANTED) -> float:
    """Return what is not exceeded by a share `wanted` of rows alike, whatever the model.

    Vovk, Gammerman and Shafer 2005, “Algorithmic learning in a random world”: the
    ceil((n + 1) * wanted)-th smallest of n.
    """
    place = int(np.ceil((len(strange) + 1) * wanted)) - 1
    return float(np.sort(strange)[min(place, len(strange) - 1)])


def conformal_of(
    truth: NDArray[Any], answered: Floats, *, has_classes: bool
) -> Conformal | None:
    """Return what can be promised of new rows, with the coverage that was measured.

    The limit is of all rows; its coverage is measured on halves that the limit of the
    other half was applied to, 20 times over. None if there are too few rows.

    Args:
        truth: (n,) classes or amounts.
        answered: (n, k) probabilities or (n, 1) amounts.
        has_classes: which of both.
    """
    rows = len(truth)
    if rows < 2 * FEWEST:
        return None
    strange = strangeness(truth, answered, has_classes=has_classes)
    chance = np.random.default_rng(SEED)
    shares = []
    for _ in range(SPLITS):
        order = chance.permutation(rows)
        known, rest = order[: rows // 2], order[rows // 2 :]
        shares.append(float((strange[rest] <= limit_of(strange[known])).mean()))
    covered = share_of(round(float(np.mean(shares)) * rows), rows)
    limit = limit_of(strange)
    if has_classes:
        sizes = (answered >= 1.0 - limit - SMALLEST).sum(axis=1)
        size, single = float(sizes.mean()), float((sizes == 1).mean())
    else:
        size, single = 2 * limit, None
    return Conformal(
        wanted=WANTED,
        coverage=value_of(covered).model_copy(update={"value": float(np.mean(shares))}),
        threshold=limit,
        size=size,
        single=single,
    )
