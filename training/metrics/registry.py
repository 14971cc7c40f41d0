"""Every metric by name: what people read of it, and what computes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import (
    METRIC_FACTS,
    MetricFacts,
    MetricValue,
    Needs,
    Stage,
    SubmissionFailed,
)
from training.metrics import calibration, classification, ranking, regression
from training.metrics.estimate import Estimate, Floats, checked

Compute = Callable[[NDArray[Any], NDArray[Any]], Estimate]
PerRow = Callable[[NDArray[Any], NDArray[Any]], Floats]


@dataclass(frozen=True, slots=True)
class Metric:
    """`compute` takes the truth and what `facts.needs`; `per_row` gives (n,) losses.

    The mean of the losses orders models as the metric does, smaller being better.
    None where no such losses exist.
    """

    name: str
    facts: MetricFacts
    compute: Compute
    per_row: PerRow | None


_FUNCTIONS: dict[str, tuple[Compute, PerRow | None]] = {
    "accuracy": (classification.accuracy, classification.wrong),
    "macro_f1": (classification.macro_f1, classification.macro_f1_influence),
    "log_loss": (classification.log_loss, classification.surprises),
    "brier": (classification.brier, classification.squared_distances),
    "ece": (calibration.ece, None),
    "auc": (ranking.auc, ranking.auc_influence),
    "rmse": (regression.rmse, regression.squared_errors),
    "mae": (regression.mae, regression.absolute_errors),
    "r2": (regression.r2, regression.squared_errors),
}
METRICS = {
    name: Metric(name, METRIC_FACTS[name], *functions)
    for name, functions in _FUNCTIONS.items()
}


@dataclass(frozen=True, slots=True)
class Answers:
    """Predictions in the truth's order; exactly one of values or labels is the base.

    Labels follow from probabilities: the first of the most probable classes.
    """

    probabilities: Floats | None = None
    labels: NDArray[np.int64] | None = None
    values: Floats | None = None

    def as_needed(self, needs: Needs) -> NDArray[Any] | None:
        if needs is Needs.VALUES:
            return self.values
        if needs is Needs.PROBABILITIES:
            return self.probabilities
        if self.labels is None and self.probabilities is not None:
            return np.asarray(self.probabilities.argmax(axis=1))
        return self.labels

    def only(self, rows: NDArray[np.bool_]) -> "Answers":
        def kept(part: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if part is None else part[rows]

        return Answers(kept(self.probabilities), kept(self.labels), kept(self.values))


def measure(name: str, truth: NDArray[Any], answers: Answers) -> MetricValue:
    """Compute one metric with its 95 % interval.

    Args:
        name: of METRICS.
        truth: (n,) true classes (int) or values (float), n at least 1.
        answers: in the same order.

    Raises:
        SubmissionFailed: the answers lack what the metric needs, or the result is not
            a finite number.
    """
    metric = METRICS[name]
    given = answers.as_needed(metric.facts.needs)
    if given is None:
        raise SubmissionFailed(
            "needs_probabilities",
            f"{metric.facts.title} is computed from {metric.facts.needs.lower()}, "
            "which these predictions do not have.",
            stage=Stage.SCORE,
        )
    found = checked(metric.compute(truth, given), metric=metric.facts.title)
    return MetricValue(name, found.value, found.low, found.high)


def losses(name: str, truth: NDArray[Any], answers: Answers) -> Floats | None:
    """Return (n,) per-row losses of a metric, or None if it has none."""
    metric = METRICS[name]
    given = answers.as_needed(metric.facts.needs)
    if metric.per_row is None or given is None:
        return None
    return metric.per_row(truth, given)
