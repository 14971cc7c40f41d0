"""Whether a model is right as often as it says."""

import numpy as np

from training.jobs import CalibrationBin
from training.metrics.estimate import Estimate, Floats, Labels, Z, share_of

BINS = 15
DRAWS = 2_000
SEED = 20_260_102


def _binned(labels: Labels, probabilities: Floats) -> tuple[Floats, Floats, Labels]:
    """Return confidence, rightness and bin of each row.

    Bins hold about the same number of rows, and rows of equal confidence never part,
    so the order of rows does not matter.
    """
    if probabilities.shape[1] == 2:  # the same, without a loop over short rows
        first, second = probabilities.T
        confidence, told = np.maximum(first, second), second > first
    else:
        confidence, told = probabilities.max(axis=1), probabilities.argmax(axis=1)
    is_right = (told == labels).astype(np.float64)
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, BINS + 1)[1:-1]))
    return confidence, is_right, np.searchsorted(edges, confidence, side="left")


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
    confidence, is_right, bins = _binned(labels, probabilities)
    gaps = confidence - is_right
    count = len(labels)
    sums = np.bincount(bins, weights=gaps)
    sizes = np.maximum(np.bincount(bins), 1)
    squares = np.bincount(bins, weights=gaps**2)
    spread = np.sqrt(np.maximum(squares - sums**2 / sizes, 0.0))
    value = float(np.abs(sums).sum() / count)
    noise = np.random.default_rng(SEED).standard_normal((DRAWS, len(sums)))
    drawn = np.abs(sums + noise * spread).sum(axis=1) / count
    half = Z * float(drawn.std())
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def reliability(labels: Labels, probabilities: Floats) -> tuple[CalibrationBin, ...]:
    """Return the points of a reliability diagram, by rising confidence.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k); each row sums to 1.
    """
    confidence, is_right, bins = _binned(labels, probabilities)
    counts = np.bincount(bins)
    stated = np.bincount(bins, weights=confidence)
    right = np.bincount(bins, weights=is_right)
    points = []
    for one in np.flatnonzero(counts):
        count = int(counts[one])
        share = share_of(round(right[one]), count)
        mean = float(stated[one]) / count
        points.append(CalibrationBin(mean, share.value, share.low, share.high, count))
    return tuple(points)
