"""Which metrics a contest may rank by, and what its board shows beside them.

The names are those of `training.metrics`, which computes; this table is all that a web
process needs to know of them, so that it never loads what computes. A test holds both
equal.
"""

from dataclasses import dataclass

from training.contests.models import Task


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as people choose it."""

    name: str
    label: str
    tasks: frozenset[Task]
    greater_is_better: bool = True


_CLASSES = frozenset({Task.BINARY, Task.MULTICLASS})
_BINARY = frozenset({Task.BINARY})
_NUMBERS = frozenset({Task.REGRESSION})
METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "Accuracy", _CLASSES),
        Metric("balanced_accuracy", "Balanced accuracy", _CLASSES),
        Metric("roc_auc", "Area under the ROC curve", _BINARY),
        Metric("log_loss", "Log loss", _CLASSES, greater_is_better=False),
        Metric("brier", "Brier score", _CLASSES, greater_is_better=False),
        Metric("ece", "Expected calibration error", _CLASSES, greater_is_better=False),
        Metric("f1", "F1", _BINARY),
        Metric("macro_f1", "Macro F1", _CLASSES),
        Metric("mcc", "Matthews correlation", _CLASSES),
        Metric("rmse", "Root mean squared error", _NUMBERS, greater_is_better=False),
        Metric("mae", "Mean absolute error", _NUMBERS, greater_is_better=False),
        Metric("r2", "R²", _NUMBERS),
    )
}
CALIBRATION = "ece"


def metrics_for(task: str) -> list[Metric]:
    """Return the metrics a contest with this task may rank by, the usual one first."""
    return [metric for metric in METRICS.values() if task in metric.tasks]


def scored_metrics(task: str, *, ranking: str) -> tuple[str, ...]:
    """Return the names of all that is computed, the one that ranks first."""
    others = (m.name for m in metrics_for(task) if m.name != ranking)
    return (ranking, *others)


def label_of(name: str) -> str:
    metric = METRICS.get(name)
    return metric.label if metric else name
