"""Turns estimates, and what jobs told, into the values that a report keeps."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.figures.schema import Drift, DriftColumn, Value
from training.metrics.estimate import Estimate, Floats, Z
from training.metrics.ranking import auc


def value_of(estimate: Estimate) -> Value:
    return Value(value=estimate.value, low=estimate.low, high=estimate.high)


def around(value: float, error: float, *, least: float, most: float) -> Value:
    """Return a value with the interval of its standard error, within what is possible."""
    return Value(
        value=value,
        low=max(value - Z * error, least),
        high=min(value + Z * error, most),
    )


def mean_value(each: Floats) -> Value:
    """Return the mean of (n,) numbers with the interval of its standard error."""
    error = float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else 0.0
    return around(float(each.mean()), error, least=-np.inf, most=np.inf)


def told_by(stranger: Floats, usual: Floats) -> Value:
    """Return how well a score tells strange rows, where it is higher, from usual ones."""
    labels = np.repeat([1, 0], [len(stranger), len(usual)])
    scores = np.concatenate([stranger, usual])
    return value_of(auc(labels, np.column_stack([-scores, scores])))


def drift_in(seen: Any) -> Drift | None:
    """Read what a job saw of a newer table.

    Raises:
        ValueError: it is nothing of the kind.
    """
    if seen is None:
        return None
    value, error = _pair(seen["apart"])
    return Drift(
        rows=seen["rows"],
        apart=around(value, error, least=0.0, most=1.0),
        columns=[DriftColumn.model_validate(one) for one in seen["columns"]],
    )


def _pair(told: Sequence[float]) -> tuple[float, float]:
    first, second = told
    return float(first), float(second)


def apart_of(told: Sequence[float]) -> Value:
    value, error = _pair(told)
    return around(value, error, least=0.0, most=1.0)
