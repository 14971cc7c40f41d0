"""Predictions on rows that a model was not fitted to, fold by fold."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

FOLDS = 5
FEWEST = 3  # rows of a class, or groups, that a part has where there are so many

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


def thinned(
    rows: Ints,
    target: NDArray[Any],
    order: Ints,
    *,
    share: float,
    manner: str,
    has_classes: bool,
    seed: int,
) -> Ints:
    """Return a share of rows to fit: whole groups, the latest, or of each class alike.

    A smaller share is a part of a larger one, of equal `seed`.
    """
    if share >= 1:
        return rows
    if manner == "BY_TIME":
        latest = rows[np.argsort(order[rows], kind="stable")]
        return latest[-_part(len(rows), share) :]
    turns = np.random.default_rng(seed).permutation(len(target))
    if manner == "GROUPED":
        groups = np.unique(order[rows])
        first = groups[np.argsort(turns[groups % len(turns)], kind="stable")]
        return rows[np.isin(order[rows], first[: _part(len(groups), share)])]
    drawn = rows[np.argsort(turns[rows], kind="stable")]
    if not has_classes:
        return drawn[: _part(len(rows), share)]
    kinds = (drawn[target[drawn] == kind] for kind in np.unique(target[rows]))
    return np.concatenate([kind[: _part(len(kind), share)] for kind in kinds])


def _part(count: int, share: float) -> int:
    return max(int(np.ceil(count * share)), min(count, FEWEST))


def out_of_fold(
    estimator: Any,
    features: Floats,
    target: NDArray[Any],
    folds: Iterable[tuple[Ints, Ints]],
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
