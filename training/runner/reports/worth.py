"""Whether a model is worth anything: against saying the same of every row."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.schema import Baseline
from training.metrics.classification import surprises
from training.metrics.regression import squared_errors
from training.runner.reports.values import mean_value
from training.runner.studio.facts import Floats, PreparedFacts

SMALLEST = 1e-7


def baseline_of(
    answered: Floats,
    losses: Floats,
    truth: NDArray[Any],
    known: NDArray[Any],
    facts: PreparedFacts,
) -> Baseline:
    """Compare losses row by row with those of the shares, or the mean, of `known`.

    Args:
        answered: (n, k) probabilities or (n, 1) amounts.
        losses: (n,) of the model, in log loss or squared error.
        truth: (n,) classes or amounts.
        known: (m,) targets of the rows to compare with.
        facts: the classes.
    """
    classes = len(facts.classes)
    if classes:
        shares = np.bincount(known, minlength=classes) + SMALLEST
        told = np.tile(shares / shares.sum(), (len(truth), 1))
        usual = surprises(truth, told)
        metric = "log_loss"
    else:
        usual = squared_errors(truth, np.full(len(truth), known.mean()))
        losses = squared_errors(truth, answered[:, 0])
        metric = "mse"
    return Baseline(
        metric=metric,
        model=mean_value(losses),
        baseline=mean_value(usual),
        gain=mean_value(usual - losses),
    )
