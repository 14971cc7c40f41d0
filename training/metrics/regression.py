"""How far predicted values lie from the true ones."""

from math import sqrt

import numpy as np

from training.metrics.estimate import (
    Estimate,
    Floats,
    Undefined,
    Z,
    mean_of,
    standard_error,
)


def squared_errors(truth: Floats, predicted: Floats) -> Floats:
    """Return (n,) squared errors, in the target's unit squared."""
    with np.errstate(over="ignore"):  # infinity is refused by name, later
        return (truth - predicted) ** 2


def absolute_errors(truth: Floats, predicted: Floats) -> Floats:
    """Return (n,) absolute errors, in the target's unit."""
    with np.errstate(over="ignore"):
        return np.abs(truth - predicted)


def rmse(truth: Floats, predicted: Floats) -> Estimate:
    """Measure the root of the mean squared error.

    Args:
        truth: (n,) true values, n at least 1.
        predicted: (n,) predicted values.

    Returns:
        In the target's unit, at least 0; smaller is better. The interval is the root
        of the mean square's.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        square = mean_of(squared_errors(truth, predicted))
    return Estimate(sqrt(square.value), sqrt(square.low), sqrt(square.high))


def mae(truth: Floats, predicted: Floats) -> Estimate:
    """Measure the mean absolute error, in the target's unit; smaller is better.

    Args:
        truth: (n,) true values, n at least 1.
        predicted: (n,) predicted values.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return mean_of(absolute_errors(truth, predicted))


def r2(truth: Floats, predicted: Floats) -> Estimate:
    """Measure the share of the target's variance that is explained.

    The interval is by the delta method for a ratio of means.

    Args:
        truth: (n,) true values, not all equal.
        predicted: (n,) predicted values.

    Returns:
        At most 1; 0 is what the mean of the true values scores. Greater is better.

    Raises:
        Undefined: the true values are all equal, so nothing can be explained.
    """
    around_mean = (truth - truth.mean()) ** 2
    spread = float(around_mean.mean())
    if len(truth) < 2 or spread <= np.finfo(np.float64).eps * max(
        float(np.abs(truth).max()) ** 2, np.finfo(np.float64).tiny
    ):
        raise Undefined(
            "constant_truth",
            "The true values are all equal, so R² does not exist. Tell the host.",
        )
    with np.errstate(over="ignore", invalid="ignore"):
        errors = squared_errors(truth, predicted)
        unexplained = float(errors.mean()) / spread
        half = Z * standard_error((errors - unexplained * around_mean) / spread)
    value = 1 - unexplained
    return Estimate(value, value - half, min(value + half, 1.0))


def percentage_errors(truth: Floats, predicted: Floats) -> Floats:
    """Return (n,) |error| over the mean of both sizes, in [0, 2]; 0 if both are 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.abs(truth) / 2 + np.abs(predicted) / 2
        errors = np.abs(truth / 2 - predicted / 2) * 2
        shares = np.divide(errors, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return np.asarray(shares)


def smape(truth: Floats, predicted: Floats) -> Estimate:
    """Measure the symmetric mean absolute percentage error, as a fraction in [0, 2].

    Args:
        truth: (n,) true values, n at least 1.
        predicted: (n,) predicted values.
    """
    return mean_of(percentage_errors(truth, predicted), most=2.0)


def _ranks(values: Floats) -> Floats:
    """Return (n,) ranks, those of equal values averaged."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places])


def spearman(truth: Floats, predicted: Floats) -> Estimate:
    """Measure the correlation of the ranks, in [-1, 1]; greater is better.

    The interval is Fisher's with the standard error of Bonett and Wright (2000), which
    needs more than three rows; with fewer it is everything.

    Args:
        truth: (n,) true values.
        predicted: (n,) predicted values.

    Raises:
        Undefined: one of the two is constant.

    Cost: O(n log n).
    """
    ours, theirs = (each - each.mean() for each in (_ranks(truth), _ranks(predicted)))
    spread = float(np.sqrt((ours**2).sum() * (theirs**2).sum()))
    if spread <= 0:
        raise Undefined(
            "constant_values",
            "The true or the predicted values are all equal, so they have no ranks to "
            "compare.",
        )
    value = min(max(float((ours * theirs).sum()) / spread, -1.0), 1.0)
    if len(truth) < 4:
        return Estimate(value, -1.0, 1.0)
    if abs(value) >= 1:
        return Estimate(value, value, value)
    half = Z * sqrt((1 + value**2 / 2) / (len(truth) - 3))
    low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
    return Estimate(value, float(low), float(high))
