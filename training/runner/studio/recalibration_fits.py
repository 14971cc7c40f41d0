"""Finds the numbers of a recalibration by rows that the model was not fitted to."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from training.recalibration import Curve, Method, Recalibration
from training.runner.inside.recalibrating import logarithms, softmax

COLDEST, HOTTEST = 0.2, 8.0
STRAY = (
    0.5  # deviation of the temperature's logarithm that is thought likely beforehand
)
WEIGHTS_STRAY = 0.25  # likewise, of a class's weight around all of theirs, as a share
BIASES_STRAY = 0.5
ROUNDS, HALVINGS = 25, 30
LEAST = 1e-300
WEIGHTS = np.geomspace(1 / HOTTEST, 1 / COLDEST, 25)
FINER = np.geomspace(0.87, 1.15, 9)
SHARES = np.append(0.0, np.geomspace(0.001, 0.6, 24))
ENOUGH = 1e-7
FEWEST_OF_BIN, MOST_BINS = 20, 100
LEAST_WEIGHT = 0.01
DIGITS = 9

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def fitted(method: Method, labels: Labels, probabilities: Floats) -> Recalibration:
    """Return the recalibration of a kind that suits some rows best.

    Temperature and vector have least log loss with a prior that holds them back where
    rows are few: without one, a model that errs in none of them would be made certain.

    Args:
        method: its kind.
        labels: (n,) true classes in [0, k).
        probabilities: (n, k) as the model gives them.
    """
    return _FITS[method](labels, probabilities)


def _temperature(labels: Labels, probabilities: Floats) -> Recalibration:
    weight = _one_weight(labels, logarithms(probabilities))
    return Recalibration(method=Method.TEMPERATURE, weights=(_short(weight),))


def _one_weight(labels: Labels, logs: Floats) -> float:
    """Return the weight where the slope of the log loss is 0, by halving what is left."""
    true = logs[np.arange(len(labels)), labels]

    def slope(weight: float) -> float:
        expected = (softmax(logs * weight) * logs).sum(axis=1)
        return float((expected - true).sum() + np.log(weight) / weight / STRAY**2)

    low, high = np.log(1 / HOTTEST), np.log(1 / COLDEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if slope(float(np.exp(middle))) > 0:
            high = middle
        else:
            low = middle
    return float(np.exp((low + high) / 2))


def _mixture(labels: Labels, probabilities: Floats) -> Recalibration:
    """Fit a weight and a share by trying them, and finer around the best."""
    logs, places = logarithms(probabilities), np.arange(len(labels))
    best = np.inf, 1.0, 0.0
    for weights in (WEIGHTS, FINER):
        for weight in best[1] * weights:
            right = softmax(logs * weight)[places, labels]
            told = np.outer(1 - SHARES, right) + SHARES[:, None] / logs.shape[1]
            losses = -np.log(np.maximum(told, LEAST)).sum(axis=1)
            at = int(losses.argmin())
            loss = losses[at] + (np.log(weight) / STRAY) ** 2 / 2
            best = min(best, (float(loss), float(weight), float(SHARES[at])))
    return Recalibration(
        method=Method.MIXTURE, weights=(_short(best[1]),), evenly=_short(best[2])
    )


def _vector(labels: Labels, probabilities: Floats) -> Recalibration:
    """Fit weights and biases by Newton's method, held to the temperature."""
    logs = logarithms(probabilities)
    classes = logs.shape[1]
    middle = _one_weight(labels, logs)
    is_true = np.eye(classes)[labels]
    start = np.append(np.full(classes, middle), np.zeros(classes))
    strays = np.append(
        np.full(classes, middle * WEIGHTS_STRAY), np.full(classes, BIASES_STRAY)
    )

    def loss(at: Floats) -> float:
        told = softmax(logs * at[:classes] + at[classes:])
        right = told[np.arange(len(labels)), labels]
        prior = ((at - start) / strays) ** 2
        return float(-np.log(np.maximum(right, LEAST)).sum() + prior.sum() / 2)

    at, least = start, loss(start)
    for _ in range(ROUNDS):
        told = softmax(logs * at[:classes] + at[classes:])
        off, weighed = told - is_true, told * logs
        slope = np.append((off * logs).sum(axis=0), off.sum(axis=0))
        both = np.concatenate([weighed, told], axis=1)
        bend = -both.T @ both
        places = np.arange(classes)
        bend[places, places] += (weighed * logs).sum(axis=0)
        bend[places, classes + places] += weighed.sum(axis=0)
        bend[classes + places, places] += weighed.sum(axis=0)
        bend[classes + places, classes + places] += told.sum(axis=0)
        slope += (at - start) / strays**2
        bend[np.diag_indices(2 * classes)] += strays**-2.0
        step = np.linalg.solve(bend, slope)
        share = 1.0
        while share > ENOUGH and not (found := loss(at - share * step)) < least:
            share /= 2
        if share <= ENOUGH:
            break
        at, gained, least = at - share * step, least - found, found
        if gained < ENOUGH * len(labels):
            break
    weights = np.maximum(at[:classes], LEAST_WEIGHT)
    return Recalibration(
        method=Method.VECTOR,
        weights=tuple(_short(one) for one in weights),
        biases=tuple(_short(one) for one in at[classes:]),
    )


def _isotonic(labels: Labels, probabilities: Floats) -> Recalibration:
    curves = tuple(
        _rising(probabilities[:, place], labels == place)
        for place in range(probabilities.shape[1])
    )
    return Recalibration(method=Method.ISOTONIC, curves=curves)


def _rising(stated: Floats, is_so: NDArray[np.bool_]) -> Curve:
    """Return the rising curve of least squares, through the middles of its steps.

    Rows are gathered in bins first, which leaves a curve short enough to send; half a row
    of either kind is added to each step, so that none is certain. Lines between the
    middles keep what is stated in its order (Oron and Flournoy 2017, “Centered isotonic
    regression”).
    """
    order = np.argsort(stated, kind="stable")
    bins = int(np.clip(len(stated) // FEWEST_OF_BIN, 1, MOST_BINS))
    steps: list[tuple[float, float, float]] = []  # rows, stated, so: sums over each
    for rows in np.array_split(order, bins):
        step = float(len(rows)), float(stated[rows].sum()), float(is_so[rows].sum())
        while steps and steps[-1][2] / steps[-1][0] >= step[2] / step[0]:
            last = steps.pop()
            step = last[0] + step[0], last[1] + step[1], last[2] + step[2]
        steps.append(step)
    points: dict[float, float] = {}
    for count, sum_stated, sum_so in steps:
        points[_short(sum_stated / count)] = _short((sum_so + 0.5) / (count + 1))
    highest = np.maximum.accumulate(list(points.values()))
    return tuple(zip(points, (float(one) for one in highest), strict=True))


_FITS: Mapping[Method, Callable[[Labels, Floats], Recalibration]] = {
    Method.TEMPERATURE: _temperature,
    Method.MIXTURE: _mixture,
    Method.VECTOR: _vector,
    Method.ISOTONIC: _isotonic,
}


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
