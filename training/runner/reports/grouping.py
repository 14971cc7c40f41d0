"""Whether groups of people are served alike, with what chance alone may have done."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import hypot
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.schema import LEAST_ROWS, Gap, Group, Groups, Value
from training.metrics.estimate import share_of
from training.runner.reports.values import around, value_of

TAIL = 0.025
SHARES = frozenset({"accuracy", "tpr", "fpr"})


def groups_in(
    seen: Sequence[Mapping[str, Any]], *, has_classes: bool, truth: NDArray[Any]
) -> list[Groups]:
    """Read what a job counted of each column of groups, and bound the gaps.

    Gaps of amounts are in standard deviations of the truth, so that one line serves all.

    Args:
        seen: of `training.runner.inside.reports.fairness`.
        has_classes: classes rather than amounts.
        truth: (n,) classes or amounts.
    """
    scale = 1.0 if has_classes else float(truth.std()) or 1.0
    return [
        Groups(
            column=str(each["column"])[:200],
            groups=[_group(one) for one in each["groups"]],
            gaps=[
                gap
                for metric in sorted(
                    {key for one in each["groups"] for key in one["parts"]}
                )
                if (gap := _gap(metric, each, scale)) is not None
            ],
        )
        for each in seen
    ]


def _group(told: Mapping[str, Any]) -> Group:
    values: dict[str, Value | None] = {}
    for metric, (total, squares, count) in told["parts"].items():
        if count < LEAST_ROWS or told["rows"] < LEAST_ROWS:
            values[metric] = None
        elif metric in SHARES:
            values[metric] = value_of(share_of(round(total), round(count)))
        else:
            error = _error(metric, total, squares, count)
            values[metric] = around(total / count, error, least=0.0, most=np.inf)
    return Group(name=str(told["name"])[:60], rows=told["rows"], values=values)


def _error(metric: str, total: float, squares: float, count: float) -> float:
    """Return the standard error of a mean; of a share as if four more were half right.

    Agresti and Coull 1998: so that a share of 0 or 1 is not taken for certain.
    """
    if metric in SHARES:
        share = (total + 2) / (count + 4)
        return float(np.sqrt(share * (1 - share) / (count + 4)))
    spread = max(squares / count - (total / count) ** 2, 0.0)
    return float(np.sqrt(spread / max(count - 1, 1)))


def _gap(metric: str, told: Mapping[str, Any], scale: float) -> Gap | None:
    """Return the gap that chance explains least, among all pairs together (Bonferroni)."""
    large = [
        (one["name"], *one["parts"][metric])
        for one in told["groups"]
        if one["rows"] >= LEAST_ROWS and one["parts"][metric][2] >= LEAST_ROWS
    ]
    pairs = list(combinations(large, 2))
    if not pairs:
        return None
    margin = NormalDist().inv_cdf(1 - TAIL / len(pairs))
    best: tuple[float, float, list[str]] | None = None
    for one, other in pairs:
        means = [total / count for _, total, _, count in (one, other)]
        errors = (_error(metric, *parts) for _, *parts in (one, other))
        size = abs(means[0] - means[1])
        low = max(size - margin * hypot(*errors), 0.0)
        if best is None or (low, size) > best[:2]:
            higher = [one[0], other[0]] if means[0] >= means[1] else [other[0], one[0]]
            best = (low, size, higher)
    assert best is not None  # noqa: S101  there are pairs
    low, size, between = best
    frame = told["frame"].get(metric)
    return Gap(
        metric=metric,
        value=size / scale,
        low=low / scale,
        between=[str(name)[:60] for name in between],
        frame=(
            None
            if frame is None
            else Value(
                value=frame[0] / scale, low=frame[1] / scale, high=frame[2] / scale
            )
        ),
    )
