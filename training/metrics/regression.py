"""How far predicted values lie from the true ones."""

from math import sqrt

import numpy as np

from training.jobs import Stage, SubmissionFailed
from training.metrics.estimate import Estimate, Floats, Z, mean_of, standard_error


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
        SubmissionFailed: the true values are all equal, so nothing can be explained.
    """
    around_mean = (truth - truth.mean()) ** 2
    spread = float(around_mean.mean())
    if len(truth) < 2 or spread <= np.finfo(np.float64).eps * max(
        float(np.abs(truth).max()) ** 2, np.finfo(np.float64).tiny
    ):
        raise SubmissionFailed(
            "constant_truth",
            "The true values are all equal, so R² does not exist. Tell the host.",
            stage=Stage.SCORE,
        )
    with np.errstate(over="ignore", invalid="ignore"):
        errors = squared_errors(truth, predicted)
        unexplained = float(errors.mean()) / spread
        half = Z * standard_error((errors - unexplained * around_mean) / spread)
    value = 1 - unexplained
    return Estimate(value, value - half, min(value + half, 1.0))
