"""Predictions on rows that a model was not fitted to, fold by fold."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

FOLDS = 5

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def folds_of(
    target: NDArray[Any], order: Ints, *, manner: str, has_classes: bool, seed: int
) -> Iterator[tuple[Ints, Ints]]:
    """Yield rows to fit and rows to predict, five times.

    Stratified rows are drawn class by class; groups stay whole; and by time each fold is
    predicted from what lies before it, so that the earliest sixth is never predicted.
    """
    if manner == "BY_TIME":
        edges = np.quantile(order, np.linspace(0, 1, FOLDS + 2)[1:-1])
        blocks = np.searchsorted(edges, order, side="left")
        for block in range(1, FOLDS + 1):
            earlier, now = (
                np.flatnonzero(blocks < block),
                np.flatnonzero(blocks == block),
            )
            if len(earlier) and len(now):
                yield earlier, now
        return
    if manner == "GROUPED":
        folds = min(FOLDS, len(np.unique(order)))
        yield from GroupKFold(folds).split(target, groups=order)
        return
    kind = StratifiedKFold if has_classes else KFold
    folds = kind(FOLDS, shuffle=True, random_state=seed)
    yield from folds.split(np.zeros(len(target)), target)


def out_of_fold(
    estimator: Any,
    features: Floats,
    target: NDArray[Any],
    folds: Iterator[tuple[Ints, Ints]],
    *,
    classes: int,
) -> Floats:
    """Return predictions of each row by a model that has not seen it, NaN if there is none.

    Args:
        estimator: unfitted.
        features: (n, d).
        target: (n,) classes in [0, k) or amounts.
        folds: of `folds_of`.
        classes: k, or 0 for amounts.

    Returns:
        (n, k) probabilities or (n, 1) amounts.
    """
    told = np.full((len(target), max(classes, 1)), np.nan)
    for known, unknown in folds:
        fitted = clone(estimator).fit(features[known], target[known])
        told[unknown] = answers_of(fitted, features[unknown], classes=classes)
    return told


def answers_of(fitted: Any, features: Floats, *, classes: int) -> Floats:
    """Return (n, k) probabilities, 0 for classes never met, or (n, 1) amounts."""
    if not classes:
        return np.asarray(fitted.predict(features), dtype=np.float64).reshape(-1, 1)
    told = np.zeros((len(features), classes))
    told[:, fitted.classes_] = fitted.predict_proba(features)
    return told
