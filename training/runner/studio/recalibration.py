"""Makes a classifier say what it means, in the simplest way that rows speak for.

What is tried is judged by rows that it was not fitted to, a tenth at a time. Log loss
decides, since it is least for true probabilities alone (Gneiting and Raftery 2007), and
nothing is taken that makes the Brier score worse for certain.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.learning import Part
from training.metrics.estimate import Z, standard_error
from training.recalibration import Choice, Gain, Method, Recalibration, Tried
from training.runner.inside.recalibrating import SMALLEST, recalibrated
from training.runner.studio.facts import Fitted, PreparedFacts
from training.runner.studio.recalibration_fits import fitted
from training.runner.studio.scores import truth_of

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
HeldBack = tuple[Floats, NDArray[Any], NDArray[np.bool_]]

PARTS = 10
FEWEST_ROWS = 40
MOST_ROWS = 10_000
MOST_CLASSES = {Method.VECTOR: 50, Method.ISOTONIC: 20}
FEWEST_OF_METHOD = {Method.ISOTONIC: 1_000}
SEED = 20_261_123


def evened(told: Floats, by: Recalibration | None) -> Floats:
    """Return (n, k) probabilities as they are given out."""
    return told if by is None else recalibrated(told, by.as_json())


def chosen_recalibration(labels: Labels, probabilities: Floats) -> Choice:
    """Return the recalibration that some rows speak for, and what was tried.

    A temperature is one number, and few rows tell it: it is used where it lowers the mean
    log loss. What has more numbers is used only where it lowers that further by more than
    a standard error (Breiman et al. 1984, section 3.4.3), and isotonic curves are tried
    on 1,000 rows at least: fewer make them too sure.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k), of rows that the model was not fitted to.
    """
    chance = np.random.default_rng(SEED)
    drawn = chance.permutation(len(labels))[:MOST_ROWS]
    labels, probabilities = labels[drawn], probabilities[drawn]
    rows, classes = probabilities.shape
    if rows < FEWEST_ROWS:
        return Choice(rows=rows)
    tried: dict[Method, tuple[Floats, Floats]] = {}
    plain = used = _losses(labels, probabilities)
    best: Method | None = None
    for method in Method:
        if classes > MOST_CLASSES.get(method, classes) or rows < FEWEST_OF_METHOD.get(
            method, 0
        ):
            continue
        losses = tried[method] = _held_back(method, labels, probabilities)
        logs, briers = (
            before - after for before, after in zip(used, losses, strict=True)
        )
        least = 0.0 if method is Method.TEMPERATURE else standard_error(logs)
        if logs.mean() > least and briers.mean() > -standard_error(briers):
            best, used = method, losses
    return Choice(
        by=None if best is None else fitted(best, labels, probabilities),
        rows=rows,
        tried=tuple(
            Tried(
                method=method,
                log_loss=_gain(plain[0] - losses[0]),
                brier=_gain(plain[1] - losses[1]),
            )
            for method, losses in tried.items()
        ),
    )


def _held_back(
    method: Method, labels: Labels, probabilities: Floats
) -> tuple[Floats, Floats]:
    """Return the losses of each row by what the other nine tenths of rows showed."""
    told = np.empty_like(probabilities)
    parts = np.arange(len(labels)) % PARTS
    for part in range(PARTS):
        is_held = parts == part
        by = fitted(method, labels[~is_held], probabilities[~is_held])
        told[is_held] = evened(probabilities[is_held], by)
    return _losses(labels, told)


def _losses(labels: Labels, told: Floats) -> tuple[Floats, Floats]:
    """Return the (n,) log losses and Brier scores of (n, k) probabilities."""
    right = told[np.arange(len(labels)), labels]
    squares = (told**2).sum(axis=1) - 2 * right + 1
    return -np.log(np.clip(right, SMALLEST, 1.0)), squares


def _gain(differences: Floats) -> Gain:
    mean, half = float(differences.mean()), Z * standard_error(differences)
    return Gain(value=mean, low=mean - half, high=mean + half)


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


def recalibration_for(
    found: Mapping[str, Fitted],
    weights: Mapping[str, float],
    learning: Path | bytes,
    *,
    facts: PreparedFacts,
) -> Choice:
    """Return what suits the mean of some candidates; nothing for amounts."""
    if not facts.classes:
        return Choice()
    told, truth, _ = held_back_mean(found, weights, learning)
    return chosen_recalibration(truth, told)
