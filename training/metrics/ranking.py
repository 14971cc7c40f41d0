"""How well scores put the positives above the negatives."""

import numpy as np

from training.jobs import Stage, SubmissionFailed
from training.metrics.estimate import Estimate, Floats, Labels, Z


def _placements(labels: Labels, scores: Floats) -> tuple[Floats, Floats]:
    """Return for each positive the share of negatives below it, and the reverse.

    Equal scores count half. Cost: O(n log n).

    Raises:
        SubmissionFailed: there is only one class, so there is nothing to rank.
    """
    is_positive = labels == 1
    positives, negatives = scores[is_positive], scores[~is_positive]
    if not len(positives) or not len(negatives):
        raise SubmissionFailed(
            "one_class",
            "The rows scored have only one class, and AUC needs both. Tell the host.",
            stage=Stage.SCORE,
        )

    def below(these: Floats, those: Floats) -> Floats:
        ordered = np.sort(those)
        strictly = np.searchsorted(ordered, these, side="left")
        at_most = np.searchsorted(ordered, these, side="right")
        return np.asarray((strictly + at_most) / (2 * len(those)))

    return below(positives, negatives), 1 - below(negatives, positives)


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
        SubmissionFailed: there is only one class.

    Cost: O(n log n).
    """
    of_positives, of_negatives = _placements(labels, probabilities[:, 1])
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
    of_positives, of_negatives = _placements(labels, probabilities[:, 1])
    value = of_positives.mean()
    rows = np.empty(len(labels))
    is_positive = labels == 1
    rows[is_positive] = (of_positives - value) / is_positive.mean()
    rows[~is_positive] = (of_negatives - value) / (~is_positive).mean()
    return np.asarray(1 - value - rows)
