"""A number with its 95 % interval, and the two ways most of them come about."""

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from training.jobs import Stage, SubmissionFailed

Z = 1.959963984540054  # of the normal distribution, two-sided 95 %

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the interval that covers the truth in 95 of 100 test sets."""

    value: float
    low: float
    high: float


class Undefined(SubmissionFailed):
    """A metric does not exist for this truth or these predictions.

    It fails a submission only where this metric ranks; elsewhere it is left out.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, stage=Stage.SCORE)


def checked(estimate: Estimate, *, metric: str) -> Estimate:
    """Return the estimate if it is made of numbers.

    Raises:
        SubmissionFailed: a value is NaN or infinite, so that nobody could rank it.
    """
    if all(map(isfinite, (estimate.value, estimate.low, estimate.high))):
        return estimate
    raise SubmissionFailed(
        "score_not_finite",
        f"The {metric} of these predictions is not a finite number: some are far too "
        "large. Check for overflow in the model.",
        stage=Stage.SCORE,
    )


def mean_of(losses: Floats, *, least: float = 0.0, most: float = np.inf) -> Estimate:
    """Estimate a mean by its standard error, within what is possible.

    Args:
        losses: (n,) one number per example, n at least 1; with n = 1 the interval has
            no width, since nothing is known of the spread.
        least: the smallest value the mean can have.
        most: the largest.
    """
    mean = float(losses.mean())
    half = Z * standard_error(losses)
    return Estimate(mean, max(mean - half, least), min(mean + half, most))


def standard_error(losses: Floats) -> float:
    """Return the standard error of the mean of (n,) numbers; 0 for a single one."""
    if len(losses) < 2:
        return 0.0
    return float(losses.std(ddof=1) / sqrt(len(losses)))


def share_of(hits: int, total: int) -> Estimate:
    """Estimate a share by Wilson's interval, which is honest at 0 and 1, too.

    Args:
        hits: how many of `total` have the property.
        total: at least 1.
    """
    share = hits / total
    shrink = 1 + Z**2 / total
    centre = (share + Z**2 / (2 * total)) / shrink
    half = Z * sqrt(share * (1 - share) / total + Z**2 / (4 * total**2)) / shrink
    low = 0.0 if hits == 0 else max(centre - half, 0.0)
    high = 1.0 if hits == total else min(centre + half, 1.0)
    return Estimate(share, low, high)
