"""How well scores put the positives above the negatives."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.metrics.estimate import (
    BLOCK_ROWS,
    Estimate,
    Floats,
    Labels,
    Moments,
    Undefined,
    Z,
)


@dataclass(frozen=True, slots=True)
class _Steps:
    """Rows of equal score together, by rising score; all of shape (g,).

    Args:
        positives: how many rows of each step are positive.
        negatives: how many are not.
        positives_below: how many are positive at lower scores; half of its own count.
        negatives_below: likewise.
    """

    positives: Floats
    negatives: Floats
    positives_below: Floats
    negatives_below: Floats


def _in_order(scores: Floats) -> Labels:
    """Return integers below 2**62 that order as scores do and are equal where they are.

    Among floats from 0 to 1 their bits are such integers.
    """
    if scores.min() >= 0 and scores.max() <= 1:
        return (scores + 0.0).view(np.int64)  # without the sign of -0.0
    return np.asarray(np.unique(scores, return_inverse=True)[1], dtype=np.int64)


def _keys(labels: Labels, scores: Floats) -> tuple[Labels, int, int]:
    """Return (n,) integers to sort by, and how many positives and negatives there are.

    Each row's label is the last bit of its integer, so that nothing has to be carried
    along while sorting.

    Raises:
        Undefined: there is only one class, so there is nothing to rank.
    """
    is_positive = labels == 1
    positives = int(np.count_nonzero(is_positive))
    if not 0 < positives < len(labels):
        raise Undefined(
            "one_class",
            "The rows scored have only one class, and AUC needs both. Tell the host.",
        )
    keys = _in_order(scores)
    keys <<= 1
    keys |= is_positive
    return keys, positives, len(labels) - positives


def _steps(ordered: Labels) -> Iterator[_Steps]:
    """Count the rows of sorted keys step by step, some ten thousand rows at a time."""
    start = positives = negatives = 0
    while start < len(ordered):
        last = ordered[min(start + BLOCK_ROWS, len(ordered)) - 1] | 1
        end = int(np.searchsorted(ordered, last, side="right"))
        block = ordered[start:end]
        is_end = np.ones(len(block), dtype=np.bool_)
        np.greater(block[1:] ^ block[:-1], 1, out=is_end[:-1])
        ends = np.flatnonzero(is_end)
        found = np.diff(np.cumsum(block & 1)[ends], prepend=0).astype(np.float64)
        others = np.diff(ends, prepend=-1) - found
        yield _Steps(
            found,
            others,
            positives + np.cumsum(found) - found / 2,
            negatives + np.cumsum(others) - others / 2,
        )
        start = end
        positives += int(found.sum())
        negatives += int(others.sum())


def auc(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure the chance that a positive row is ranked above a negative one.

    DeLong, DeLong and Clarke-Pearson (1988) give the variance. Where it is 0, since
    the classes are fully apart, the bound is the least chance that would have let the
    rarer class come out so in 1 of 20 test sets.

    Args:
        labels: (n,) 0 or 1.
        probabilities: (n, 2) or (n, 1); the last column ranks.

    Returns:
        In [0, 1], where 0.5 is chance; greater is better.

    Raises:
        Undefined: there is only one class.

    Cost: O(n log n).
    """
    keys, positives, negatives = _keys(labels, probabilities[:, -1])
    keys.sort()
    of_positives, of_negatives = Moments(), Moments()
    for step in _steps(keys):
        of_positives.add(step.negatives_below / negatives, step.positives)
        of_negatives.add(step.positives_below / positives, step.negatives)
    value = of_positives.mean
    variance = of_positives.squared_error + of_negatives.squared_error
    rarer = min(positives, negatives)
    half = Z * variance**0.5 if variance > 0 else 1 - 0.05 ** (1 / rarer)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def auc_influence(labels: Labels, probabilities: Floats) -> Floats:
    """Return (n,) what each row does to 1 - AUC; their mean is that number.

    The variance of a difference of two of these is DeLong's for paired models.
    """
    keys, positives, negatives = _keys(labels, probabilities[:, -1])
    order = np.argsort(keys)
    is_positive = labels[order] == 1
    shares, at = np.empty(len(keys)), 0
    for step in _steps(keys[order]):
        counts = (step.positives + step.negatives).astype(np.int64)
        end = at + int(counts.sum())
        shares[at:end] = np.where(
            is_positive[at:end],
            np.repeat(step.negatives_below / negatives, counts),
            np.repeat(1 - step.positives_below / positives, counts),
        )
        at = end
    value = float(shares[is_positive].mean())
    of_class = np.where(is_positive, positives, negatives) / len(keys)
    rows = np.empty(len(keys))
    rows[order] = 1 - value - (shares - value) / of_class
    return rows


def average_precision(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure the area under precision against recall, as a sum over the thresholds.

    Rows of equal probability pass together, so their order does not matter. The
    interval is logistic (Boyd, Eng and Page 2013), from the number of positives.

    Args:
        labels: (n,) 0 or 1.
        probabilities: (n, 2) or (n, 1); the last column ranks.

    Returns:
        In [0, 1]; the share of positives is chance, greater is better.

    Raises:
        Undefined: there is only one class.

    Cost: O(n log n).
    """
    keys, total, others = _keys(labels, probabilities[:, -1])
    keys.sort()
    value = 0.0
    for step in _steps(keys):
        above = total - step.positives_below + step.positives / 2
        false = others - step.negatives_below + step.negatives / 2
        value += float((step.positives * above / (above + false)).sum()) / total
    if value >= 1:
        return Estimate(1.0, 0.05 ** (1 / total), 1.0)
    logit = np.log(value / (1 - value))
    half = Z / np.sqrt(total * value * (1 - value))
    low, high = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    return Estimate(value, float(low), float(high))
