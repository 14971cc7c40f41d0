"""Makes a classifier say what it means: one temperature over all its probabilities.

Guo et al. 2017, “On calibration of modern neural networks”: dividing the logarithms by one
number leaves every ranking of classes as it is, and takes few rows to find.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.learning import Part
from training.runner.studio.facts import Fitted, PreparedFacts
from training.runner.studio.scores import truth_of

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
HeldBack = tuple[Floats, NDArray[Any], NDArray[np.bool_]]

COLDEST, HOTTEST, STEPS = 0.2, 8.0, 60
SMALLEST = 1e-7
SEED = 20_261_123


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Return (n, k) probabilities with their logarithms divided by `temperature`.

    Above 1 the model is less sure than before, below 1 surer.
    """
    if temperature == 1.0:
        return probabilities
    logs = np.log(np.clip(probabilities, SMALLEST, 1.0)) / temperature
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def helpful_temperature(labels: Labels, probabilities: Floats) -> float:
    """Return the temperature of least log loss, or 1.0 if it would not help.

    It is found on one half of the rows and tried on the other, both ways; it helps if the
    log loss over all rows is then lower by more than its standard error.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k), of rows that the model was not fitted to.
    """
    halves = np.random.default_rng(SEED).permutation(len(labels)) % 2 == 0
    gains = np.zeros(len(labels))
    for known in (halves, ~halves):
        if not known.any() or known.all():
            return 1.0
        found = _best(labels[known], probabilities[known])
        rest = ~known
        before = _losses(labels[rest], probabilities[rest], 1.0)
        gains[rest] = before - _losses(labels[rest], probabilities[rest], found)
    if gains.mean() <= gains.std(ddof=1) / np.sqrt(len(gains)):
        return 1.0
    return _best(labels, probabilities)


def held_back_mean(
    found: Mapping[str, Fitted],
    weights: Mapping[str, float],
    learning: Path | bytes,
) -> HeldBack:
    """Return the mean of some candidates on rows that they were not fitted to.

    Returns:
        (r, k) answers and (r,) truths of the rows that have one, and (n + m,) which of
        the rows to learn from, and then of those to validate on, these are.
    """
    total = sum(weights.values())
    parts = (
        np.concatenate([found[key].out_of_fold, found[key].validation]) * weight / total
        for key, weight in weights.items()
    )
    told = np.sum(list(parts), axis=0)
    truth = np.concatenate(
        [truth_of(learning, Part.LEARNING), truth_of(learning, Part.VALIDATION)]
    )
    is_answered = np.isfinite(told).all(axis=1)
    return told[is_answered], truth[is_answered], is_answered


def temperature_for(
    found: Mapping[str, Fitted],
    weights: Mapping[str, float],
    learning: Path | bytes,
    *,
    facts: PreparedFacts,
) -> float:
    """Return the helpful temperature of the mean of some candidates; 1.0 for amounts."""
    if not facts.classes:
        return 1.0
    told, truth, _ = held_back_mean(found, weights, learning)
    return helpful_temperature(truth, told)


def _losses(labels: Labels, probabilities: Floats, temperature: float) -> Floats:
    told = tempered(probabilities, temperature)[np.arange(len(labels)), labels]
    return -np.log(np.clip(told, SMALLEST, 1.0))


def _best(labels: Labels, probabilities: Floats) -> float:
    tried = np.geomspace(COLDEST, HOTTEST, STEPS)
    means = [_losses(labels, probabilities, one).mean() for one in tried]
    return float(tried[int(np.argmin(means))])
