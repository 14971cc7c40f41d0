"""What a model's answers hang on, what it confuses, and columns that tell too much."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.schema import Explanation, Importance, Leak, Leakage, Value
from training.metrics.classification import confusion
from training.metrics.estimate import Undefined
from training.metrics.ranking import auc
from training.metrics.regression import spearman
from training.runner.reports.values import value_of
from training.runner.studio.facts import Floats, PreparedFacts

FEWEST_COLUMNS = 5  # whose order two runs can agree on
MOST_SHOWN = 30
MOST_CONFUSED = 30  # classes of a table that can still be read
LEAST_KNOWN = 40
MOST_CLASSES = 20


def explanation_of(
    names: Sequence[str],
    importance: Floats | None,
    *,
    shap: Floats | None = None,
    speaks: Sequence[str] = (),
    why: str,
) -> Explanation:
    """Rank columns, words or fields by what hangs on each, in two runs.

    Args:
        names: of d of them.
        importance: (d, 2) rises in loss or moves of the answer, None if they could not be
            had.
        shap: (d,) mean |SHAP|, None if the model is not of trees.
        speaks: what each speaks for, of words.
        why: they could not be had.
    """
    if importance is None or importance.shape != (len(names), 2):
        return Explanation(columns=[], skipped=why or "It could not be asked.")
    found = [
        Importance(
            column=name[:200],
            first=float(importance[at, 0]),
            second=float(importance[at, 1]),
            shap=None if shap is None or len(shap) != len(names) else float(shap[at]),
            speaks_for=speaks[at][:60] if at < len(speaks) else "",
        )
        for at, name in enumerate(names)
    ]
    found.sort(key=lambda one: -(one.first + one.second))
    return Explanation(
        columns=found[:MOST_SHOWN], stability=stability_of(importance), skipped=""
    )


def stability_of(importance: Floats) -> Value | None:
    """Return the rank correlation of two looks, (d, 2); None if d is too small."""
    if len(importance) < FEWEST_COLUMNS:
        return None
    try:
        return value_of(spearman(importance[:, 0], importance[:, 1]))
    except Undefined:  # no column matters at all, as to a baseline
        return None


def confusion_of(
    truth: NDArray[Any], answered: Floats, facts: PreparedFacts
) -> list[list[int]]:
    """Return how often each class (row) was told as each (column)."""
    classes = len(facts.classes)
    if not 2 <= classes <= MOST_CONFUSED:
        return []
    counted = confusion(truth, answered.argmax(axis=1), classes=classes)
    return [[int(one) for one in row] for row in counted]


def leakage_of(
    features: Floats, target: NDArray[Any], facts: PreparedFacts, *, copies: int | None
) -> Leakage:
    """Tell how well each column alone tells the target.

    For classes it is the area under the curve, the mean over classes of more than two;
    codes are ordered by how often the class came with them, in the other half of the
    rows. For amounts it is the rank correlation, without its sign.

    Args:
        features: (n, d) rows to compare with.
        target: (n,) classes or amounts.
        facts: the columns and the classes.
        copies: rows judged on that stand among those learnt from, if known.
    """
    found = []
    for at, (name, is_code) in enumerate(facts.columns):
        is_there = ~np.isnan(features[:, at])
        if is_there.sum() < LEAST_KNOWN:
            continue
        column, known = features[is_there, at], target[is_there]
        if facts.classes:
            value = _of_classes(column, known, len(facts.classes), is_code=is_code)
        else:
            value = _of_amounts(column, known)
        if value is not None:
            found.append(Leak(column=name[:200], value=value))
    found.sort(key=lambda one: -one.value.value)
    return Leakage(columns=found[:5], copies=copies)


def _of_classes(
    column: Floats, target: NDArray[Any], classes: int, *, is_code: bool
) -> Value | None:
    wanted = [1] if classes == 2 else list(range(min(classes, MOST_CLASSES)))
    found = []
    for place in wanted:
        labels = (target == place).astype(np.int64)
        scores = column
        if is_code:
            scores, labels = _by_share(column, labels)
        try:
            told = auc(labels, np.column_stack([-scores, scores]))
        except Undefined:
            continue
        low, high = sorted((abs(told.low - 0.5), abs(told.high - 0.5)))
        is_across = (told.low - 0.5) * (told.high - 0.5) < 0
        value = 0.5 + abs(told.value - 0.5)
        found.append((value, 0.5 if is_across else 0.5 + low, 0.5 + high))
    if not found:
        return None
    value, low, high = (float(np.mean(each)) for each in zip(*found, strict=True))
    return Value(value=value, low=low, high=high)


def _by_share(
    column: Floats, labels: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the other half's scores of codes, and its labels."""
    first = np.arange(len(labels)) % 2 == 0
    usual = float(labels[first].mean())
    shares = {
        code: float(labels[first & (column == code)].mean())
        for code in np.unique(column[first])
    }
    rest = ~first
    return np.array([shares.get(one, usual) for one in column[rest]]), labels[rest]


def _of_amounts(column: Floats, target: NDArray[Any]) -> Value | None:
    try:
        told = spearman(target, column)
    except Undefined:
        return None
    if told.value >= 0:
        return Value(value=told.value, low=max(told.low, 0.0), high=told.high)
    return Value(value=-told.value, low=max(-told.high, 0.0), high=-told.low)
