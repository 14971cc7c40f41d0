"""Intervals of numbers that are functions of sums over the rows."""

from collections.abc import Callable

import numpy as np

from training.metrics.estimate import Estimate, Floats, Z, standard_error

REPLICATES = 1_000
MOST_ROWS_DRAWN = 20_000
CELLS_AT_ONCE = 4_000_000
SEED = 20_260_103  # the interval of the same predictions is the same every time

OfSums = Callable[[Floats], Floats]  # (r, m) sums to (r,) numbers


def bootstrapped(
    parts: Floats,
    statistic: OfSums,
    *,
    least: float = 0.0,
    most: float = 1.0,
    replicates: int = REPLICATES,
) -> Estimate:
    """Estimate a function of column sums by the Poisson bootstrap.

    Each replicate counts every row a Poisson(1) number of times. Above 20,000 rows the
    sums are drawn from the normal distribution that they then have, of the same mean
    and covariance, which costs no more for more rows.

    Args:
        parts: (n, m) what each independent row adds to the m sums, at least 0.
        statistic: of (r, m) sums, (r,) numbers that do not depend on the sums' scale.
        least: the smallest value possible.
        most: the largest.
        replicates: how many are drawn.

    Cost: O(r·n·m), and O(n·m² + m³ + r·m²) above 20,000 rows.
    """
    parts = np.asarray(parts, dtype=np.float64)
    sums = parts.sum(axis=0)
    value = float(statistic(sums[None])[0])
    if len(parts) < 2:
        return Estimate(value, value, value)
    generator = np.random.default_rng(SEED)
    if len(parts) > MOST_ROWS_DRAWN:
        drawn = _normal(parts, sums, generator, replicates)
    else:
        drawn = _poisson(parts, generator, replicates)
    spread = statistic(drawn)
    low, high = np.quantile(spread[np.isfinite(spread)], [0.025, 0.975])
    return Estimate(
        value,
        min(max(float(low), least), value),
        max(min(float(high), most), value),
    )


def _poisson(parts: Floats, generator: np.random.Generator, replicates: int) -> Floats:
    drawn = np.empty((replicates, parts.shape[1]))
    step = max(CELLS_AT_ONCE // len(parts), 1)
    for start in range(0, replicates, step):
        count = min(step, replicates - start)
        weights = generator.poisson(1.0, size=(count, len(parts)))
        drawn[start : start + count] = weights @ parts
    return drawn


def _normal(
    parts: Floats, sums: Floats, generator: np.random.Generator, replicates: int
) -> Floats:
    values, vectors = np.linalg.eigh(parts.T @ parts)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = generator.standard_normal((replicates, len(sums)))
    return np.asarray(np.maximum(sums + noise @ root.T, 0.0))


def ratio_of(
    above: Floats, below: Floats, *, least: float = 0.0, most: float = np.inf
) -> Estimate:
    """Estimate mean(above) / mean(below) by the delta method.

    Args:
        above: (n,) numerators of independent rows.
        below: (n,) denominators, of positive mean.
        least: the smallest value possible.
        most: the largest.
    """
    mean = float(below.mean())
    value = float(above.mean()) / mean
    if len(above) < 2:
        return Estimate(value, value, value)
    rest = (above - value * below) / mean
    half = Z * standard_error(rest)
    return Estimate(value, max(value - half, least), min(value + half, most))
