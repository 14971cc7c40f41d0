"""A number with its 95 % interval, and the two ways most of them come about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from training.jobs import Stage, SubmissionFailed

Z = 1.959963984540054  # of the normal distribution, two-sided 95 %

BLOCK_ROWS = 1 << 13  # larger arrays are asked of the system anew each time

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


@dataclass(slots=True)
class Moments:
    """A mean that grows, with the sum of squares around it (Chan and others 1979)."""

    count: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: Floats, counts: Floats | None = None) -> None:
        """Take in values, each once or so many times."""
        count = float(len(values) if counts is None else counts.sum())
        if not count:
            return
        weigh = np.asarray if counts is None else partial(np.multiply, counts)
        mean = float(weigh(values).sum()) / count
        beyond, both = mean - self.mean, self.count + count
        self.squares += float(weigh((values - mean) ** 2).sum())
        self.squares += beyond**2 * self.count * count / both
        self.mean += beyond * count / both
        self.count = both

    @property
    def squared_error(self) -> float:
        """Return the square of the mean's standard error; 0 for a single value."""
        return self.squares / (self.count - 1) / self.count if self.count > 1 else 0.0

    def estimate(self, *, least: float, most: float) -> Estimate:
        half = Z * sqrt(self.squared_error)
        low, high = max(self.mean - half, least), min(self.mean + half, most)
        return Estimate(self.mean, low, high)


def _moments_of(parts: Iterable[Floats]) -> Moments:
    moments = Moments()
    for part in parts:
        moments.add(part)
    return moments


def mean_of(losses: Floats, *, least: float = 0.0, most: float = np.inf) -> Estimate:
    """Estimate a mean by its standard error, within what is possible.

    Args:
        losses: (n,) one number per example, n at least 1; with n = 1 the interval has
            no width, since nothing is known of the spread.
        least: the smallest value the mean can have.
        most: the largest.
    """
    parts = (losses[rows] for rows in blocks(len(losses)))
    return mean_of_parts(parts, least=least, most=most)


def mean_of_parts(
    parts: Iterable[Floats], *, least: float = 0.0, most: float = np.inf
) -> Estimate:
    """Estimate a mean as `mean_of` does, of losses that come some at a time."""
    return _moments_of(parts).estimate(least=least, most=most)


def standard_error(losses: Floats) -> float:
    """Return the standard error of the mean of (n,) numbers; 0 for a single one."""
    return sqrt(_moments_of(losses[rows] for rows in blocks(len(losses))).squared_error)


def pair_of(probabilities: Floats) -> tuple[Floats, Floats]:
    """Return the (n,) probabilities of the first and of the second of two classes.

    Args:
        probabilities: (n, 2), or (n, 1) of the second class, which tells both.
    """
    second = probabilities[:, -1]
    return (1 - second if probabilities.shape[1] == 1 else probabilities[:, 0]), second


def blocks(count: int) -> Iterator[slice]:
    """Part so many rows into blocks that a processor holds in its own memory.

    What is computed block by block needs no arrays as long as the rows for what is in
    between, which cost more than the numbers.
    """
    for start in range(0, count, BLOCK_ROWS):
        yield slice(start, start + BLOCK_ROWS)


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
