"""How far rows lie from those learnt from, and whether two lots of rows differ at all."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors

Floats = NDArray[np.float64]
NEIGHBOURS = 5
MOST_KNOWN = 5_000
MOST_OF_EACH = 500
FOLDS = 3
FEWEST = 2 * FOLDS
MOST_ONE_HOT = 50


class Space:
    """Rows as points: numbers scaled, codes one by one, what is missing marked."""

    def __init__(self, known: Floats, codes: list[bool], *, seed: int) -> None:
        """Take (n, d) rows as what is usual; `codes` are columns of categories."""
        self.codes = np.array(codes, dtype=bool)
        self.middle = np.nan_to_num(_safely(np.nanmedian, known))
        spread = np.nan_to_num(_safely(np.nanstd, known))
        self.spread = np.where(spread > 0, spread, 1.0)
        self.values = [
            np.unique(column[~np.isnan(column)])[:MOST_ONE_HOT]
            for column in known[:, self.codes].T
        ]
        chance = np.random.default_rng([seed, 2])
        few = chance.permutation(len(known))[:MOST_KNOWN]
        count = min(NEIGHBOURS, len(few))
        self.near = NearestNeighbors(n_neighbors=count).fit(self.points(known[few]))

    def points(self, rows: Floats) -> Floats:
        is_missing = np.isnan(rows)
        numbers = np.where(is_missing, self.middle, rows)[:, ~self.codes]
        scaled = (numbers - self.middle[~self.codes]) / self.spread[~self.codes]
        parts = [np.clip(scaled, -1e6, 1e6), is_missing.astype(np.float64)]
        for column, values in zip(rows[:, self.codes].T, self.values, strict=True):
            parts.append((column[:, None] == values).astype(np.float64))
            is_new = ~np.isin(column, values) & ~np.isnan(column)
            parts.append(is_new[:, None].astype(np.float64))
        return np.hstack(parts)

    def distances(self, rows: Floats) -> Floats:
        """Return (n,) the mean distance to the nearest rows learnt from."""
        found, _ = self.near.kneighbors(self.points(rows))
        return np.asarray(found.mean(axis=1))


class Neighbours:
    """How far points lie from known ones, where 1 is what is usual among these."""

    def __init__(
        self, known: Any, *, metric: str = "euclidean", is_scaled: bool = False
    ) -> None:
        """Take (n, d) points, which may be sparse; `is_scaled` weighs all axes alike."""
        self.spread: Any = 1.0
        if is_scaled:
            spread = known.std(axis=0)
            self.spread = np.where(spread > 0, spread, 1.0)
            known = known / self.spread
        self.near = NearestNeighbors(
            n_neighbors=max(min(NEIGHBOURS, known.shape[0] - 1), 1), metric=metric
        ).fit(known)
        apart = float(np.median(self.near.kneighbors()[0].mean(axis=1)))
        self.usual = apart if apart > 0 else 1.0

    def distances(self, points: Any) -> Floats:
        """Return (m,) the mean distance to the nearest known points, in what is usual."""
        found, _ = self.near.kneighbors(points / self.spread)
        return np.asarray(found.mean(axis=1) / self.usual)


def _safely(reduce: Any, rows: Floats) -> Floats:
    """Reduce columns, of which some may be empty."""
    is_empty = np.isnan(rows).all(axis=0)
    return np.asarray(reduce(np.where(is_empty, 0.0, rows), axis=0))


def told_apart(
    these: Floats, those: Floats, codes: list[bool], *, seed: int
) -> tuple[float, float]:
    """Return how well a classifier tells two lots of rows, and the standard error.

    The area under the curve, out of fold: 0.5 if nothing tells them (Lopez-Paz and Oquab
    2017, “Revisiting classifier two-sample tests”). Its error is Hanley and McNeil's.
    """
    chance = np.random.default_rng([seed, 3])
    lots = [
        rows[chance.permutation(len(rows))[:MOST_OF_EACH]] for rows in (these, those)
    ]
    if min(map(len, lots)) < FEWEST:
        return 0.5, 0.5
    rows = np.concatenate(lots)
    which = np.repeat([0, 1], [len(lots[0]), len(lots[1])])
    few = np.array(codes, dtype=bool) & (np.nan_to_num(rows).max(axis=0) < 250)
    model = HistGradientBoostingClassifier(
        max_iter=20,
        min_samples_leaf=5,
        categorical_features=few if few.any() else None,
        random_state=seed,
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    told = cross_val_predict(model, rows, which, cv=folds, method="predict_proba")
    value = max(
        float(roc_auc_score(which, told[:, 1])), 0.5
    )  # less is chance, or copies
    return value, _error(value, len(lots[0]), len(lots[1]))


def _error(auc: float, m: int, n: int) -> float:
    both, one = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = (
        auc * (1 - auc) + (m - 1) * (both - auc**2) + (n - 1) * (one - auc**2)
    ) / (m * n)
    return float(np.sqrt(max(spread, 0.0)))
