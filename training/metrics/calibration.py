"""Whether a model is right as often as it says."""

from dataclasses import dataclass

import numpy as np

from training.jobs import CalibrationBin
from training.metrics.estimate import Estimate, Floats, Labels, Z, share_of

BINS = 15
DRAWS = 2_000
SEED = 20_260_102
MOST_SORTED = 100_000
STEPS = 1 << 16


@dataclass(frozen=True, slots=True)
class _Bins:
    """Sums over the rows of each bin, all of shape (b,); `gaps` of stated less right."""

    sizes: Labels
    stated: Floats
    right: Floats
    gaps: Floats
    squares: Floats


def _binned(labels: Labels, probabilities: Floats) -> _Bins:
    """Return up to 15 bins of about as many rows each, by the top probability.

    Rows of equal confidence never part, so the order of rows does not matter. Above
    100,000 rows confidences count as equal if 65,536 steps cannot tell them apart: then
    two passes over the rows do, and no sort.
    """
    if probabilities.shape[1] == 2:  # the same, without a loop over short rows
        first, second = probabilities.T
        confidence, told = np.maximum(first, second), second > first
    else:
        confidence, told = probabilities.max(axis=1), probabilities.argmax(axis=1)
    is_right = (told == labels).astype(np.float64)
    gaps = confidence - is_right
    if len(labels) <= MOST_SORTED:
        edges = np.unique(np.quantile(confidence, np.linspace(0, 1, BINS + 1)[1:-1]))
        places = np.searchsorted(edges, confidence, side="left")
        of_places = np.arange(int(places.max()) + 1)
    else:
        places = (confidence * STEPS).astype(np.int64)
        below = np.cumsum(np.bincount(places))
        of_places = np.maximum(below - 1, 0) * BINS // len(labels)

    def summed(each: Floats) -> Floats:
        sums = np.bincount(of_places, weights=np.bincount(places, weights=each))
        return np.asarray(sums, dtype=np.float64)

    counts = np.bincount(of_places, weights=np.bincount(places))
    return _Bins(
        counts.astype(np.int64),
        summed(confidence),
        summed(is_right),
        summed(gaps),
        summed(gaps**2),
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
        share = share_of(round(bins.right[one]), count)
        mean = float(bins.stated[one]) / count
        points.append(CalibrationBin(mean, share.value, share.low, share.high, count))
    return tuple(points)
