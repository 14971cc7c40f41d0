"""How well scores put the positives above the negatives."""

import numpy as np

from training.metrics.estimate import Estimate, Floats, Labels, Undefined, Z


def _parted(labels: Labels, scores: Floats) -> tuple[Floats, Floats]:
    """Return the scores of positives and of negatives.

    Raises:
        Undefined: there is only one class, so there is nothing to rank.
    """
    is_positive = labels == 1
    positives, negatives = scores[is_positive], scores[~is_positive]
    if not len(positives) or not len(negatives):
        raise Undefined(
            "one_class",
            "The rows scored have only one class, and AUC needs both. Tell the host.",
        )
    return positives, negatives


def _shares_below(these: Floats, those: Floats) -> Floats:
    """Return for each of `these` the share of `those` below it; equals count half.

    Both are sorted, which makes the search walk memory in order: ten times faster.
    """
    strictly = np.searchsorted(those, these, side="left")
    at_most = np.searchsorted(those, these, side="right")
    return np.asarray((strictly + at_most) / (2 * len(those)))


def auc(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure the chance that a positive row is ranked above a negative one.

    DeLong, DeLong and Clarke-Pearson (1988) give the variance. Where it is 0, since
    the classes are fully apart, the bound is the least chance that would have let the
    rarer class come out so in 1 of 20 test sets.

    Args:
        labels: (n,) 0 or 1.
        probabilities: (n, 2); the second column ranks.

    Returns:
        In [0, 1], where 0.5 is chance; greater is better.

    Raises:
        Undefined: there is only one class.

    Cost: O(n log n).
    """
    positives, negatives = map(np.sort, _parted(labels, probabilities[:, 1]))
    of_positives = _shares_below(positives, negatives)
    of_negatives = _shares_below(negatives, positives)
    value = float(of_positives.mean())
    variance = sum(
        float(part.var(ddof=1)) / len(part)
        for part in (of_positives, of_negatives)
        if len(part) > 1
    )
    rarer = min(len(of_positives), len(of_negatives))
    half = Z * variance**0.5 if variance > 0 else 1 - 0.05 ** (1 / rarer)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def auc_influence(labels: Labels, probabilities: Floats) -> Floats:
    """Return (n,) what each row does to 1 - AUC; their mean is that number.

    The variance of a difference of two of these is DeLong's for paired models.
    """
    positives, negatives = _parted(labels, probabilities[:, 1])
    value = 0.0
    rows = np.empty(len(labels))
    is_positive = labels == 1
    for is_theirs, these, those, sign in (
        (is_positive, positives, negatives, 1),
        (~is_positive, negatives, positives, -1),
    ):
        order = np.argsort(these)
        shares = np.empty(len(these))
        shares[order] = _shares_below(these[order], np.sort(those))
        mean = float(shares.mean())
        rows[is_theirs] = sign * (shares - mean) / is_theirs.mean()
        value = mean if sign > 0 else value
    return np.asarray(1 - value - rows)


def average_precision(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure the area under precision against recall, as a sum over the thresholds.

    Rows of equal probability pass together, so their order does not matter. The
    interval is logistic (Boyd, Eng and Page 2013), from the number of positives.

    Args:
        labels: (n,) 0 or 1.
        probabilities: (n, 2); the second column ranks.

    Returns:
        In [0, 1]; the share of positives is chance, greater is better.

    Raises:
        Undefined: there is only one class.

    Cost: O(n log n).
    """
    positives, negatives = map(np.sort, _parted(labels, probabilities[:, 1]))
    total = len(positives)
    thresholds, found = np.unique(positives, return_counts=True)
    above = total - np.concatenate([[0], np.cumsum(found)[:-1]])
    false = len(negatives) - np.searchsorted(negatives, thresholds, side="left")
    value = float((found / total * above / (above + false)).sum())
    if value >= 1:
        return Estimate(1.0, 0.05 ** (1 / total), 1.0)
    logit = np.log(value / (1 - value))
    half = Z / np.sqrt(total * value * (1 - value))
    low, high = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    return Estimate(value, float(low), float(high))
