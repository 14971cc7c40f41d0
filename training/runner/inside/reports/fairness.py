"""Whether groups of people are served alike, by fairlearn's MetricFrame."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from fairlearn.metrics import MetricFrame, false_positive_rate, true_positive_rate
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, mean_absolute_error

from training.runner.inside.blocks import rows_at
from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.whole_tables import faults_told

LEAST_ROWS = 30
MOST_GROUPS = 12
DRAWS = 100
EDGES = [0.025, 0.5, 0.975]
BINS = 4
AMOUNTS = 0.95  # of the cells, from which on a column holds numbers
SEED = 20_261_124


def groups_asked(
    call: Call, test: Mapping[str, NDArray[Any]], told: NDArray[Any]
) -> list[dict[str, Any]]:
    """Measure a model by each column that a report asks for as `groups`.

    Args:
        call: with the input `table`, if any is asked for.
        test: the `rows` of the table judged on, (n,), and their `target`.
        told: (n,) what the model says of them.

    Raises:
        Refusal: the table has no such column.
    """
    asked = call.arguments
    if not asked["groups"]:
        return []
    with call.open("table") as file, faults_told(asked["form"]):
        frame = rows_at(file, asked["form"], test["rows"].tolist())
    columns = []
    for name in asked["groups"]:
        if name not in frame.columns:
            raise Refusal(
                "no_such_column", f"The table has no column {name!r}.", "READ"
            )
        columns.append(frame[name])
    return [
        groups_of(column, test["target"], told, classes=len(asked["classes"]))
        for column in columns
    ]


def groups_of(
    column: pl.Series, truth: NDArray[Any], told: NDArray[Any], *, classes: int
) -> dict[str, Any]:
    """Measure a model on the rows of each group.

    Args:
        column: (n,) text that says which group each row is of; numbers of many values
            are parted in four.
        truth: (n,) classes or amounts.
        told: (n,) likewise, as the model says.
        classes: how many; 0 for amounts.

    Returns:
        `column`; `groups` with name, rows, and for each metric the sum and the count
        that its mean is of, and fairlearn's interval; `frame` with the greatest
        difference of each metric and its interval. Groups of fewer than 30 rows have
        their rows told, and no more.
    """
    names = _named(column)
    counted = pd.Series(names).value_counts()
    metrics = _metrics(classes)
    groups: list[dict[str, Any]] = []
    for name in counted.index[:MOST_GROUPS]:
        is_of = names == name
        parts = {
            metric: _parts(metric, truth[is_of], told[is_of], classes=classes)
            for metric in metrics
        }
        groups.append({"name": str(name), "rows": int(is_of.sum()), "parts": parts})
    frames = {}
    for metric, measure in metrics.items():
        large = [one["name"] for one in groups if one["parts"][metric][2] >= LEAST_ROWS]
        if len(large) > 1:
            is_in = np.isin(names.astype(str), large)
            frames[metric] = _difference(measure, names, is_in, truth, told)
    return {"column": column.name, "groups": groups, "frame": frames}


def _named(column: pl.Series) -> NDArray[Any]:
    """Return the group of each row, as text."""
    numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
    if (
        numbers.is_not_null().sum() > AMOUNTS * len(numbers)
        and numbers.n_unique() > MOST_GROUPS
    ):
        edges = np.unique(
            np.nanquantile(numbers.to_numpy(), np.linspace(0, 1, BINS + 1))
        )
        places = np.clip(
            np.searchsorted(edges, numbers.to_numpy(), side="right") - 1,
            0,
            len(edges) - 2,
        )
        named = [f"{edges[at]:g} to {edges[at + 1]:g}" for at in range(len(edges) - 1)]
        told = [
            "(none)" if value is None else named[place]
            for value, place in zip(numbers.to_list(), places, strict=True)
        ]
        return np.array(told, dtype=object)
    return np.array(column.fill_null("(none)").to_list(), dtype=object)


def _metrics(classes: int) -> dict[str, Any]:
    if not classes:
        return {"mae": mean_absolute_error}
    if classes == 2:
        return {
            "accuracy": accuracy_score,
            "tpr": true_positive_rate,
            "fpr": false_positive_rate,
        }
    return {"accuracy": accuracy_score}


def _parts(
    metric: str, truth: NDArray[Any], told: NDArray[Any], *, classes: int
) -> list[float]:
    """Return the sum, the sum of squares and the count that a mean is of."""
    if not classes:
        each = np.abs(told - truth)
    elif metric == "accuracy":
        each = (told == truth).astype(np.float64)
    else:
        of = truth == (1 if metric == "tpr" else 0)
        each = (told[of] == 1).astype(np.float64)
    return [float(each.sum()), float((each**2).sum()), float(len(each))]


def _difference(
    measure: Any,
    names: NDArray[Any],
    is_in: NDArray[np.bool_],
    truth: NDArray[Any],
    told: NDArray[Any],
) -> list[float] | None:
    """Return the greatest difference between groups with its bootstrap interval."""
    frame = MetricFrame(
        metrics=measure,
        y_true=truth[is_in],
        y_pred=told[is_in],
        sensitive_features=pd.Series(names[is_in].astype(str), name="group"),
        n_boot=DRAWS,
        ci_quantiles=EDGES,
        random_state=SEED,
    )
    low, _, high = frame.difference_ci(method="between_groups")
    found = [
        float(one) for one in (frame.difference(method="between_groups"), low, high)
    ]
    return found if np.isfinite(found).all() else None
