"""How well classes and their probabilities were told.

Probabilities are (n, k) for k classes, of which each row sums to 1; for two classes
the second column alone will do.
"""

from collections.abc import Callable

import numpy as np

from training.metrics.estimate import (
    Estimate,
    Floats,
    Labels,
    blocks,
    mean_of_parts,
    pair_of,
    share_of,
)

REPLICATES = 2_000
MOST_CELLS_AT_ONCE = 20_000_000
SEED = 20_260_101  # the interval of the same predictions is the same every time
SMALLEST = float(np.finfo(np.float64).eps)


def accuracy(labels: Labels, predicted: Labels) -> Estimate:
    """Measure the share of right answers.

    Args:
        labels: (n,) true classes in [0, k), n at least 1.
        predicted: (n,) predicted classes in [0, k).

    Returns:
        A fraction in [0, 1] with Wilson's interval; greater is better.
    """
    return share_of(int(np.count_nonzero(labels == predicted)), len(labels))


def wrong(labels: Labels, predicted: Labels) -> Floats:
    """Return (n,) 1 where the answer is wrong, else 0."""
    return np.asarray(labels != predicted, dtype=np.float64)


def surprises(labels: Labels, probabilities: Floats) -> Floats:
    """Return (n,) the negative logarithm of the true class's probability, in nats.

    A probability of 0 counts as the smallest difference floats can tell from 1, as in
    scikit-learn, so that one row of certainty costs 36 and not everything.
    """
    told = np.empty(len(labels))
    for rows in blocks(len(labels)):
        part = told[rows]
        part[:] = _told(labels[rows], probabilities[rows])
        np.clip(part, SMALLEST, 1.0, out=part)
        np.negative(np.log(part, out=part), out=part)
    return told


def _told(labels: Labels, probabilities: Floats) -> Floats:
    """Return (n,) the probability of what happened."""
    if probabilities.shape[1] <= 2:  # the same, without a gather
        first, second = pair_of(probabilities)
        happened = labels == 1
        return np.asarray(second * happened + first * ~happened)
    return np.asarray(probabilities[np.arange(len(labels)), labels])


def log_loss(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure the mean surprise at the true class.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k) in [0, 1]; each row sums to 1.

    Returns:
        Nats, at least 0; smaller is better.
    """
    return mean_of_parts(
        surprises(labels[rows], probabilities[rows]) for rows in blocks(len(labels))
    )


def squared_distances(labels: Labels, probabilities: Floats) -> Floats:
    """Return (n,) squared distances from each row to what happened.

    With two classes this is the error of one probability; with more, the sum over all.
    """
    distances = np.empty(len(labels))
    for rows in blocks(len(labels)):
        happened, chances = labels[rows], probabilities[rows]
        if probabilities.shape[1] <= 2:
            distances[rows] = (chances[:, -1] - (happened == 1)) ** 2
        else:
            told = _told(happened, chances)
            distances[rows] = (chances**2).sum(axis=1) - 2 * told + 1
    return distances


def brier(labels: Labels, probabilities: Floats) -> Estimate:
    """Measure the mean squared distance from probabilities to what happened.

    Args:
        labels: (n,) true classes in [0, k).
        probabilities: (n, k) in [0, 1]; each row sums to 1.

    Returns:
        In [0, 1] for two classes and [0, 2] for more; smaller is better.
    """
    parts = (
        squared_distances(labels[rows], probabilities[rows])
        for rows in blocks(len(labels))
    )
    return mean_of_parts(parts, most=2.0)


def confusion(labels: Labels, predicted: Labels, *, classes: int) -> Labels:
    """Count (k, k) how often each true class (rows) was called each class (columns)."""
    cells = np.zeros(classes**2, dtype=np.int64)
    for rows in blocks(len(labels)):
        places = labels[rows] * classes + predicted[rows]
        cells += np.bincount(places, minlength=classes**2)
    return cells.reshape(classes, classes)


def _macro_f1_of(matrices: Floats) -> Floats:
    """Return (r,) the macro F1 of (r, k, k) confusion matrices.

    Classes that neither occur nor are predicted do not count.
    """
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    both = matrices.sum(axis=1) + matrices.sum(axis=2)
    f1 = np.divide(2 * hits, both, out=np.zeros_like(both), where=both > 0)
    return np.asarray(f1.sum(axis=1) / np.maximum((both > 0).sum(axis=1), 1))


def macro_f1(labels: Labels, predicted: Labels) -> Estimate:
    """Measure how well each class is found, the mean over classes.

    The interval is of a bootstrap that draws confusion matrices and not rows, which
    is the same distribution at a thousandth of the work.

    Args:
        labels: (n,) true classes.
        predicted: (n,) predicted classes.

    Returns:
        A fraction in [0, 1]; greater is better.

    Cost: O(n + r·k²) for r = 2,000 replicates, fewer above 100 classes.
    """
    return _drawn(labels, predicted, _macro_f1_of)


def _drawn(
    labels: Labels, predicted: Labels, statistic: Callable[[Floats], Floats]
) -> Estimate:
    """Estimate a function of (r, k, k) confusion matrices by drawing such matrices."""
    classes = int(max(labels.max(), predicted.max())) + 1
    matrix = confusion(labels, predicted, classes=classes)
    value = float(statistic(matrix[None].astype(np.float64))[0])
    occupied = np.flatnonzero(matrix)
    shares = matrix.ravel()[occupied] / len(labels)
    replicates = max(min(REPLICATES, MOST_CELLS_AT_ONCE // classes**2), 50)
    generator = np.random.default_rng(SEED)
    drawn = np.zeros((replicates, classes**2))
    drawn[:, occupied] = generator.multinomial(len(labels), shares, size=replicates)
    spread = statistic(drawn.reshape(replicates, classes, classes))
    low, high = np.quantile(spread, [0.025, 0.975])
    return Estimate(value, min(float(low), value), max(float(high), value))


def macro_f1_influence(labels: Labels, predicted: Labels) -> Floats:
    """Return (n,) what each row does to 1 - macro F1; their mean is that number.

    The score is linearised around the confusion matrix, so that two models can be
    compared row by row, as with a mean of losses.
    """
    classes = int(max(labels.max(), predicted.max())) + 1
    matrix = confusion(labels, predicted, classes=classes).astype(np.float64)
    hits = np.diagonal(matrix)
    both = matrix.sum(axis=0) + matrix.sum(axis=1)
    counted = max(int((both > 0).sum()), 1)
    safe = np.maximum(both, 1.0)
    per_hit = 2 / safe / counted
    per_mention = -2 * hits / safe**2 / counted
    slope = per_mention[:, None] + per_mention[None, :] + np.diag(per_hit)
    value = float((2 * hits / safe).sum() / counted)
    return np.asarray(1 - value - len(labels) * slope[labels, predicted])


def _balanced_accuracy_of(matrices: Floats) -> Floats:
    """Return (r,) the mean share found of each class that occurs."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    sizes = matrices.sum(axis=2)
    found = np.divide(hits, sizes, out=np.zeros_like(hits), where=sizes > 0)
    return np.asarray(found.sum(axis=1) / np.maximum((sizes > 0).sum(axis=1), 1))


def balanced_accuracy(labels: Labels, predicted: Labels) -> Estimate:
    """Measure the share found of each true class, the mean over the classes.

    Args:
        labels: (n,) true classes.
        predicted: (n,) predicted classes.

    Returns:
        A fraction in [0, 1]; always naming one of k classes scores 1/k.
    """
    return _drawn(labels, predicted, _balanced_accuracy_of)


def balanced_accuracy_influence(labels: Labels, predicted: Labels) -> Floats:
    """Return (n,) what each row does to 1 - balanced accuracy; their mean is that."""
    sizes = np.bincount(labels).astype(np.float64)
    is_right = labels == predicted
    occurring = int((sizes > 0).sum())
    shares = np.bincount(labels, weights=is_right) / np.maximum(sizes, 1)
    value = float(shares.sum() / occurring)
    slope = (is_right - shares[labels]) / sizes[labels] / occurring
    return np.asarray(1 - value - len(labels) * slope)


def _agreement_parts(matrices: Floats) -> tuple[Floats, Floats, Floats]:
    """Return (r,) rows, rows agreed on, and (r, 2, k) how often each class was meant."""
    hits = np.diagonal(matrices, axis1=1, axis2=2).sum(axis=1)
    margins = np.stack([matrices.sum(axis=2), matrices.sum(axis=1)], axis=1)
    return matrices.sum(axis=(1, 2)), hits, margins


def _mcc_of(matrices: Floats) -> Floats:
    rows, hits, margins = _agreement_parts(matrices)
    both = hits * rows - margins.prod(axis=1).sum(axis=1)
    spreads = (rows[:, None] ** 2 - (margins**2).sum(axis=2)).prod(axis=1)
    root = np.sqrt(np.maximum(spreads, 0.0))
    return np.asarray(np.divide(both, root, out=np.zeros_like(both), where=root > 0))


def mcc(labels: Labels, predicted: Labels) -> Estimate:
    """Measure the Matthews correlation, for any number of classes (Gorodkin 2004).

    Args:
        labels: (n,) true classes.
        predicted: (n,) predicted classes.

    Returns:
        In [-1, 1], 0 for chance and for answers that are all the same.
    """
    return _drawn(labels, predicted, _mcc_of)


def _kappa_of(matrices: Floats) -> Floats:
    rows, hits, margins = _agreement_parts(matrices)
    expected = margins.prod(axis=1).sum(axis=1) / rows**2
    beyond = hits / rows - expected
    room = 1 - expected
    return np.asarray(
        np.divide(beyond, room, out=np.zeros_like(beyond), where=room > 0)
    )


def kappa(labels: Labels, predicted: Labels) -> Estimate:
    """Measure agreement beyond chance (Cohen 1960), in [-1, 1].

    Args:
        labels: (n,) true classes.
        predicted: (n,) predicted classes.

    Returns:
        1 for full agreement; 0 for chance, and where only one class is ever meant.
    """
    return _drawn(labels, predicted, _kappa_of)
