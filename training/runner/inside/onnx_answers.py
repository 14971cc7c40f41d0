"""Turns the outputs of a model into probabilities, labels or values.

What is taken, in this order: a table with a column for each class, or a list of
dictionaries by class (scikit-learn's ZipMap), as probabilities; for two classes, one
column as the second's. If any row is no distribution, all rows are logits and go through
softmax (one column: the logistic function). Failing that, labels are taken as they are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.refusal import Refusal

SUM_TOLERANCE = 1e-3
MOST_DISAGREEMENT = 0.02  # float32 rounding moves a label now and then

Floats = NDArray[np.float64]


def joined(batches: list[list[Any]]) -> list[Any]:
    """Join the batches of each output: arrays end to end, lists likewise."""
    outputs: list[Any] = []
    for parts in zip(*batches, strict=True):
        if isinstance(parts[0], list):
            outputs.append([item for part in parts for item in part])
        else:
            outputs.append(np.concatenate(parts))
    return outputs


def as_distribution(scores: Floats) -> Floats:
    """Return rows of probabilities: scaled if they nearly are, else by softmax."""
    sums = scores.sum(axis=1, keepdims=True)
    if (scores >= 0).all() and (np.abs(sums - 1) <= SUM_TOLERANCE).all():
        return np.asarray(scores / sums)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def as_pair(scores: Floats) -> Floats:
    """Return two columns from the second class's probability, or its logit."""
    if ((scores < 0) | (scores > 1)).any():
        scores = 1 / (1 + np.exp(-np.clip(scores, -700, 700)))
    return np.column_stack([1 - scores, scores])


def _by_class(rows: list[Any], classes: Sequence[str]) -> Floats | None:
    """Read ZipMap's dictionaries; keys may be words or numbers."""
    if not all(isinstance(row, dict) and len(row) == len(classes) for row in rows):
        return None
    names = {str(key): key for key in rows[0]}
    if set(names) == set(classes):
        keys = [names[one] for one in classes]
    elif set(names) == {str(place) for place in range(len(classes))}:
        keys = [names[str(place)] for place in range(len(classes))]
    else:
        listed = ", ".join(sorted(names)[:8])
        message = f"The model's classes ({listed}) are not the contest's."
        raise Refusal("wrong_classes", message, "RUN")
    return np.array([[row[key] for key in keys] for row in rows], dtype=np.float64)


def _is_real(output: Any) -> bool:
    return isinstance(output, np.ndarray) and output.dtype.kind == "f"


def probabilities_of(outputs: list[Any], classes: Sequence[str]) -> Floats | None:
    """Find probabilities among the outputs; None if there are none."""
    for output in outputs:
        if isinstance(output, list) and output:
            table = _by_class(output, classes)
            if table is not None:
                return table
    for output in outputs:
        if not _is_real(output) or output.ndim not in {1, 2}:
            continue
        table = output.reshape(len(output), -1).astype(np.float64)
        if not np.isfinite(table).all():
            row = int((~np.isfinite(table).all(axis=1)).argmax())
            message = f"The model's answer to row {row + 2} of the inputs is no number."
            raise Refusal("not_finite", message, "RUN", [(row + 2, "", "NaN or ∞")], 1)
        if table.shape[1] == len(classes):
            return as_distribution(table)
        if table.shape[1] == 1 and len(classes) == 2:
            return as_pair(table[:, 0])
    return None


def labels_of(outputs: list[Any], classes: Sequence[str]) -> NDArray[np.int64] | None:
    """Find labels among the outputs, as places in `classes`; None if there are none."""
    places = {name: place for place, name in enumerate(classes)}
    numbers = {str(place): place for place in range(len(classes))}
    for output in outputs:
        if isinstance(output, list) or output.dtype.kind not in "iuOUSb":
            continue
        if output.size != len(output):
            continue
        words = [str(word) for word in output.reshape(-1).tolist()]
        for known in (places, numbers):
            if all(word in known for word in set(words)):
                return np.array([known[word] for word in words], dtype=np.int64)
    return None


def answers_of(
    outputs: list[Any], classes: Sequence[str], *, needs_probabilities: bool
) -> tuple[str, Floats]:
    """Return the form ("probabilities", "labels" or "values") and (n, columns) numbers.

    Raises:
        Refusal: nothing among the outputs answers the contest.
    """
    if not classes:
        for output in outputs:
            if _is_real(output) and output.size == len(output):
                return "values", output.reshape(-1, 1).astype(np.float64)
        raise _unanswered(outputs, "one number for each row")
    probabilities = probabilities_of(outputs, classes)
    labels = labels_of(outputs, classes)
    if probabilities is not None:
        if labels is not None:
            _check_order(probabilities, labels, classes)
        return "probabilities", probabilities
    if labels is not None and not needs_probabilities:
        return "labels", labels.reshape(-1, 1).astype(np.float64)
    raise _unanswered(outputs, f"{len(classes)} probabilities for each row")


def _check_order(
    probabilities: Floats, labels: NDArray[np.int64], classes: Sequence[str]
) -> None:
    """Compare a model's labels with its own probabilities: the order may differ."""
    disagreeing = float((probabilities.argmax(axis=1) != labels).mean())
    if disagreeing > MOST_DISAGREEMENT:
        message = (
            f"In {disagreeing:.0%} of the rows the model's label is not its most "
            "probable class, so its columns are probably in another order. The "
            f"contest's order is: {', '.join(classes)[:200]}."
        )
        raise Refusal("wrong_class_order", message, "RUN")


def _unanswered(outputs: list[Any], wanted: str) -> Refusal:
    found = ", ".join(
        "a list of dictionaries"
        if isinstance(output, list)
        else f"{output.dtype} {list(output.shape)}"
        for output in outputs
    )
    message = f"The model should answer with {wanted}; its outputs are {found}."
    return Refusal("wrong_outputs", message, "RUN")
