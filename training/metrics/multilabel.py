"""How well the labels of rows were told, where a row has any number of them."""

import numpy as np
from numpy.typing import NDArray

from training.metrics.estimate import (
    Estimate,
    Floats,
    Undefined,
    Z,
    mean_of,
    share_of,
    standard_error,
)
from training.metrics.ranking import auc_influence
from training.metrics.resampling import bootstrapped

Sets = NDArray[np.bool_]
THRESHOLD = 0.5
CELLS_AT_ONCE = 4_000_000


def _f1(sums: Floats) -> tuple[Floats, Sets]:
    """Return (r, k) F1 and whether a label occurs, of (r, 3k) hits, told and true."""
    hits, told, true = np.split(sums, 3, axis=1)
    both = told + true
    return np.divide(2 * hits, both, out=np.zeros_like(both), where=both > 0), both > 0


def _parts(truth: Sets, told: Sets) -> Floats:
    return np.concatenate([truth & told, told, truth], axis=1).astype(np.float64)


def micro_f1(truth: Sets, told: Sets) -> Estimate:
    """Measure F1 over all pairs of a row and a label; 1 if there is no label at all.

    Args:
        truth: (n, k) which labels the rows have.
        told: (n, k) which were given.
    """
    parts = _parts(truth, told).reshape(len(truth), 3, -1).sum(axis=2)
    if not parts.sum():
        return Estimate(1.0, 1.0, 1.0)
    return bootstrapped(parts, lambda sums: _f1(sums)[0][:, 0])


def label_f1(truth: Sets, told: Sets) -> Estimate:
    """Measure the mean F1 of the labels that are true or given anywhere, in [0, 1].

    Args:
        truth: (n, k) which labels the rows have.
        told: (n, k) which were given.

    Raises:
        Undefined: no row has a label, and none was given.
    """

    def mean(sums: Floats) -> Floats:
        scores, occurs = _f1(sums)
        return np.asarray(scores.sum(axis=1) / np.maximum(occurs.sum(axis=1), 1))

    if not (truth.any() or told.any()):
        raise Undefined("no_labels", "No row has a label, so there is no F1 of labels.")
    return bootstrapped(_parts(truth, told), mean)


def hamming_losses(truth: Sets, told: Sets) -> Floats:
    """Return (n,) the share of labels that are wrong in each row."""
    return np.asarray((truth != told).mean(axis=1))


def hamming_loss(truth: Sets, told: Sets) -> Estimate:
    """Measure the share of pairs of a row and a label that are wrong, in [0, 1]."""
    return mean_of(hamming_losses(truth, told), most=1.0)


def wrong_sets(truth: Sets, told: Sets) -> Floats:
    """Return (n,) 1 where any label of a row is wrong, else 0."""
    return np.asarray((truth != told).any(axis=1), dtype=np.float64)


def subset_accuracy(truth: Sets, told: Sets) -> Estimate:
    """Measure the share of rows whose whole set of labels is right."""
    return share_of(len(truth) - int(wrong_sets(truth, told).sum()), len(truth))


def ranking_precisions(truth: Sets, scores: Floats) -> Floats:
    """Return (n,) the label ranking average precision of each row.

    For each true label: the share of true ones among those scored at least as high;
    then the mean. Rows with no label or all of them count as 1.

    Cost: O(n·k²).
    """
    count, labels = truth.shape
    found = np.ones(count)
    step = max(CELLS_AT_ONCE // labels**2, 1)
    for start in range(0, count, step):
        rows = slice(start, start + step)
        true = truth[rows]
        is_above = scores[rows][:, None, :] >= scores[rows][:, :, None]
        places = is_above.sum(axis=2)
        hits = (is_above & true[:, None, :]).sum(axis=2)
        sizes = true.sum(axis=1)
        means = (hits / places * true).sum(axis=1) / np.maximum(sizes, 1)
        found[rows] = np.where((sizes == 0) | (sizes == labels), 1.0, means)
    return found


def ranking_losses(truth: Sets, scores: Floats) -> Floats:
    return 1 - ranking_precisions(truth, scores)


def lrap(truth: Sets, scores: Floats) -> Estimate:
    """Measure how far true labels stand above false ones, the mean over rows."""
    return mean_of(ranking_precisions(truth, scores), most=1.0)


def label_auc_influence(truth: Sets, scores: Floats) -> Floats:
    """Return (n,) what each row does to 1 - the mean AUC; their mean is that number.

    Raises:
        Undefined: every label is true of all rows or of none.
    """
    shares = truth.mean(axis=0)
    varying = np.flatnonzero((shares > 0) & (shares < 1))
    if not len(varying):
        raise Undefined(
            "one_class",
            "Every label is true of all rows or of none, so there is no AUC.",
        )
    total = np.zeros(len(truth))
    for place in varying:
        column = scores[:, place]
        told = np.column_stack([1 - column, column])
        total += auc_influence(truth[:, place].astype(np.int64), told)
    return total / len(varying)


def label_auc(truth: Sets, scores: Floats) -> Estimate:
    """Measure the mean AUC of the labels that vary, in [0, 1]; 0.5 is chance.

    Args:
        truth: (n, k) which labels the rows have.
        scores: (n, k); the higher, the likelier.
    """
    influence = label_auc_influence(truth, scores)
    value = 1 - float(influence.mean())
    half = Z * standard_error(influence)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))
