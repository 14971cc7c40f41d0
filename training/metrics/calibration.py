"""Whether a model is right as often as it says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.jobs import CalibrationBin
from training.metrics.estimate import (
    Estimate,
    Floats,
    Labels,
    Z,
    blocks,
    pair_of,
    share_of,
)

BINS = 15
DRAWS = 2_000
SEED = 20_260_102
MOST_SORTED = 100_000
STEPS = 1 << 14


@dataclass(frozen=True, slots=True)
class _Bins:
    """Sums over the rows of each bin, all of shape (b,); `squares` are of the gaps."""

    sizes: Labels
    right: Labels
    stated: Floats
    squares: Floats

    @property
    def gaps(self) -> Floats:
        """Return the stated less the right, which is what calibration lacks."""
        return self.stated - self.right


def _tops(labels: Labels, probabilities: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return (n,) the greatest probability of each row, and whether it was right."""
    if probabilities.shape[1] <= 2:  # the same, without a loop over short rows
        first, second = pair_of(probabilities)
        return np.maximum(first, second), (second > first) == labels
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels


def _binned(labels: Labels, probabilities: Floats) -> _Bins:
    """Return up to 15 bins of about as many rows each, by the top probability.

    Rows of equal confidence never part, so the order of rows does not matter. Above
    100,000 rows confidences count as equal if 16,384 steps cannot tell them apart: then
    one pass over the rows does, and no sort.
    """
    count = len(labels)
    edges = np.empty(0)
    steps = STEPS + 1
    if count <= MOST_SORTED:
        confidence, _ = _tops(labels, probabilities)
        edges = np.unique(np.quantile(confidence, np.linspace(0, 1, BINS + 1)[1:-1]))
        steps = len(edges) + 1
    sums = np.zeros((3, 2 * steps))
    for rows in blocks(count):
        confidence, is_right = _tops(labels[rows], probabilities[rows])
        if len(edges):
            places = 2 * np.searchsorted(edges, confidence, side="left")
        else:
            places = 2 * (confidence * STEPS).astype(np.int64)
        places += is_right
        for row, weights in enumerate((None, confidence, confidence**2)):
            sums[row] += np.bincount(places, weights, minlength=2 * steps)

    right = sums[0, 1::2]
    sums[2, 1::2] += right - 2 * sums[1, 1::2]  # (p - 1)² where it was right
    sizes, stated, of_gaps = sums.reshape(3, steps, 2).sum(axis=2)
    of_steps = np.maximum(np.cumsum(sizes) - 1, 0).astype(np.int64) * BINS // count
    if len(edges):
        of_steps = np.arange(steps)

    def by_bin(of_places: Floats) -> Floats:
        return np.asarray(np.bincount(of_steps, weights=of_places), dtype=np.float64)

    return _Bins(
        by_bin(sizes).astype(np.int64),
        by_bin(right).astype(np.int64),
        by_bin(stated),
        by_bin(of_gaps),
    )


def ece(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure how far stated confidence strays from accuracy, averaged over rows.

    Each row falls in one of up to 15 bins of equal mass by its top probability; a
    bin's gap is |mean confidence - accuracy|, weighted by the bin's share of the rows.
    The interval comes from normal draws of the bins' gaps. Chance alone makes the
    number positive, so small test sets look worse calibrated than they are.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k); each row sums to 1.

    Returns:
        A fraction in [0, 1]; 0 is perfectly calibrated.
    """
    bins, count = _binned(labels, probabilities), len(labels)
    sums, sizes = bins.gaps, np.maximum(bins.sizes, 1)
    spread = np.sqrt(np.maximum(bins.squares - sums**2 / sizes, 0.0))
    value = float(np.abs(sums).sum() / count)
    noise = np.random.default_rng(SEED).standard_normal((DRAWS, len(sums)))
    drawn = np.abs(sums + noise * spread).sum(axis=1) / count
    half = Z * float(drawn.std())
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def debiased_error(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure the calibration error that is left once that of chance is taken off.

    Of the squared gap of each bin its variance is subtracted, so that a model that means
    what it says shows 0 on average (Kumar, Liang and Ma 2019, “Verified uncertainty
    calibration”). A bin counts as if two more rows were as it says, since a few that are
    all right would seem to have no variance. The root of the mean over rows is at least
    as large as the mean of the gaps themselves. The interval follows from the bins'
    normal errors.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k); each row sums to 1.

    Returns:
        A fraction in [0, 1]; 0 is perfectly calibrated.
    """
    bins = _binned(labels, probabilities)
    is_told = bins.sizes > 1
    sizes = bins.sizes[is_told]
    gaps = bins.gaps[is_told] / sizes
    right = bins.right[is_told] + 2 * bins.stated[is_told] / sizes
    accuracy = right / (sizes + 2)
    spread = bins.squares[is_told] / sizes - gaps**2
    variances = np.maximum(spread, accuracy * (1 - accuracy)) / (sizes - 1)
    shares = sizes / len(labels)
    square = float((shares * (gaps**2 - variances)).sum())
    true = np.maximum(gaps**2 - variances, 0.0)
    error = shares**2 * (4 * true * variances + 2 * variances**2)
    half = Z * float(np.sqrt(error.sum()))
    value, low, high = (
        float(np.sqrt(np.clip(one, 0.0, 1.0)))
        for one in (square, square - half, square + half)
    )
    return Estimate(value, low, high)


def reliability(labels: Labels, probabilities: Floats) -> tuple[CalibrationBin, ...]:
    """Return the points of a reliability diagram, by rising confidence.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k); each row sums to 1.
    """
    bins = _binned(labels, probabilities)
    points = []
    for one in np.flatnonzero(bins.sizes):
        count = int(bins.sizes[one])
        share = share_of(int(bins.right[one]), count)
        mean = float(bins.stated[one]) / count
        points.append(CalibrationBin(mean, share.value, share.low, share.high, count))
    return tuple(points)
