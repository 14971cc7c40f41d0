"""Whether a newer table is still like the one learnt from, column by column and whole."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, ks_2samp

from training.runner.inside.reports.nearness import told_apart

Floats = NDArray[np.float64]
BINS = 10
LEAST_SHARE = 1e-4  # of a bin, so that its logarithm is finite
MOST_SHOWN = 20


def drift_of(
    known: Floats, newer: Floats, names: list[str], codes: list[bool], *, seed: int
) -> dict[str, Any]:
    """Compare rows, (n, d) and (m, d), by Kolmogorov-Smirnov or chi-squared, and PSI.

    The population stability index sums (new - old) ln(new / old) over ten bins of the old
    rows, or over the values of a category; above 0.25 is commonly called a large change.
    """
    columns = []
    for at, name in enumerate(names):
        old, new = (rows[:, at][~np.isnan(rows[:, at])] for rows in (known, newer))
        if len(old) and len(new):
            columns.append({"column": name, **_compared(old, new, is_code=codes[at])})
    columns.sort(key=lambda one: -one["psi"])
    value, error = told_apart(known, newer, codes, seed=seed)
    return {
        "rows": len(newer),
        "apart": [value, error],
        "columns": columns[:MOST_SHOWN],
    }


def _compared(old: Floats, new: Floats, *, is_code: bool) -> dict[str, Any]:
    if is_code:
        values = np.unique(np.concatenate([old, new]))
        counts = np.array(
            [[(lot == value).sum() for value in values] for lot in (old, new)]
        )
        psi = _psi(*counts)
        if len(values) == 1:
            return {"test": "CHI2", "statistic": 0.0, "p": 1.0, "psi": psi}
        found = chi2_contingency(counts)
        return {
            "test": "CHI2",
            "statistic": float(found.statistic),
            "p": float(found.pvalue),
            "psi": psi,
        }
    edges = np.unique(np.quantile(old, np.linspace(0, 1, BINS + 1)[1:-1]))
    counted = [
        np.bincount(np.searchsorted(edges, lot), minlength=len(edges) + 1)
        for lot in (old, new)
    ]
    found = ks_2samp(old, new)
    return {
        "test": "KS",
        "statistic": float(found.statistic),
        "p": float(found.pvalue),
        "psi": _psi(*counted),
    }


def _psi(old: NDArray[Any], new: NDArray[Any]) -> float:
    shares = [np.maximum(lot / lot.sum(), LEAST_SHARE) for lot in (old, new)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
