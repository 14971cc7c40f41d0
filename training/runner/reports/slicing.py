"""On which rows a model is worse than elsewhere, for certain."""

from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.schema import LEAST_ROWS, Slice
from training.runner.reports.values import mean_value
from training.runner.studio.facts import Floats, PreparedFacts

PARTS = 4  # of a column of numbers
MOST_SHOWN = 5
TAIL = 0.05
WORSE = 1.25  # times the error elsewhere, below which nobody need know


def slices_of(
    features: Floats, answered: Floats, truth: NDArray[Any], facts: PreparedFacts
) -> list[Slice]:
    """Return where errors are more frequent, or larger, than elsewhere, the worst first.

    Each value of a category and each quarter of a column of numbers is tried; what is
    told holds for all that were tried together (Bonferroni).

    Args:
        features: (n, d).
        answered: (n, k) probabilities or (n, 1) amounts.
        truth: (n,) classes or amounts.
        facts: the columns and the classes.
    """
    if facts.classes:
        errors = (answered.argmax(axis=1) != truth).astype(np.float64)
    else:
        errors = np.abs(answered[:, 0] - truth)
    named = {str(role["name"]): role for role in facts.roles}
    tried = []
    for at, (name, is_code) in enumerate(facts.columns):
        column = features[:, at]
        lots = (
            _of_codes(column, named[name]["values"]) if is_code else _of_numbers(column)
        )
        for holds, is_in in lots:
            if min(is_in.sum(), (~is_in).sum()) >= LEAST_ROWS:
                tried.append((name, holds, is_in))
    if not tried:
        return []
    margin = NormalDist().inv_cdf(1 - TAIL / len(tried))
    found = []
    for name, holds, is_in in tried:
        here, there = errors[is_in], errors[~is_in]
        error = np.hypot(
            *(lot.std(ddof=1) / np.sqrt(len(lot)) for lot in (here, there))
        )
        is_worse = here.mean() - there.mean() > max(margin * error, 1e-12)
        if is_worse and here.mean() > WORSE * there.mean():
            found.append(
                Slice(
                    column=name[:200],
                    holds=holds[:100],
                    rows=int(is_in.sum()),
                    error=mean_value(here),
                    elsewhere=float(there.mean()),
                )
            )
    found.sort(key=lambda one: one.elsewhere - one.error.value)
    return found[:MOST_SHOWN]


def _of_codes(column: Floats, values: list[str]) -> list[tuple[str, NDArray[np.bool_]]]:
    lots = [(str(value), column == place) for place, value in enumerate(values)]
    return [*lots, ("a value never met before", column == len(values))]


def _of_numbers(column: Floats) -> list[tuple[str, NDArray[np.bool_]]]:
    is_missing = np.isnan(column)
    there = column[~is_missing]
    lots = [("nothing", is_missing)]
    if len(there) < PARTS:
        return lots
    edges = np.unique(np.quantile(there, np.linspace(0, 1, PARTS + 1)))
    for low, high in pairwise(edges):
        is_last = high == edges[-1]
        is_in = (column >= low) & ((column <= high) if is_last else (column < high))
        lots.append((f"{low:.4g} to {high:.4g}", is_in))
    return lots
