"""Asks a model all that a report needs to know of it: no other job sees it.

It answers real rows and the probes; rows with one column in disorder, twice over, which
tells what its answers hang on; and, where it can be fitted again, it is fitted without one
class after the other.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from training.runner.inside.boot import Call
from training.runner.inside.reports.probes import probes_of
from training.runner.inside.reports.refitting import BROUGHT, without_each_class
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.wire import decode, encode

Floats = NDArray[np.float64]
Answer = Callable[[Floats], Floats]
Shap = Callable[[Any, Floats], Floats | None]

REPEATS = 3  # in each of two runs
DISORDERED_ROWS = 300
DISORDER_SECONDS = 90.0
SHAP_ROWS = 100
SMALLEST = 1e-7


def no_shap(_: Any, __: Floats) -> Floats | None:
    """Say nothing of models that are not open to look into."""
    return None


def examined(
    call: Call, answer: Answer, *, model: Any = None, shap_of: Shap = no_shap
) -> bytes:
    """Return the answers of a model, as arrays.

    `held` are those to the rows it is judged on, `probe KEY` those to the probes,
    `left PLACE` those to the held rows without that class; `importance` is (d, 2), how
    much the loss rises in each run, and `shap` (d,).

    Args:
        call: with the inputs `learning` and `test`, of rows to compare and to judge on.
        answer: turns rows into (n, k) probabilities or (n, 1) amounts.
        model: the estimator, if it may be fitted again.
        shap_of: given it and rows, returns mean |SHAP| by column.
    """
    asked = call.arguments
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    held, truth = test["features"], test["target"]
    classes, seed = len(asked["classes"]), asked["seed"]
    arrays: dict[str, Floats] = {"held": answer(held)}
    probes = probes_of(known["features"], held, asked["codes"], seed=seed)
    arrays |= {f"probe {key}": answer(rows) for key, rows in probes.items()}
    facts: dict[str, Any] = {"importance": "", "left_out": ""}
    importance = _importance(answer, held, truth, classes=classes, seed=seed)
    if importance is None:
        facts["importance"] = "The model takes too long to ask about each column."
    else:
        arrays["importance"] = importance
    if model is not None:
        shap = shap_of(model, held[:SHAP_ROWS])
        if shap is not None:
            arrays["shap"] = shap
        features, target = known["features"], known["target"]

        def fit(rest: NDArray[np.bool_]) -> Floats:
            fitted = clone(model).fit(features[rest], target[rest])
            return answers_of(fitted, held, classes=classes)

        left, facts["left_out"] = without_each_class(fit, target, classes=classes)
        arrays |= left
    else:
        facts["left_out"] = BROUGHT
    return encode(arrays, facts)


def losses_of(told: Floats, truth: NDArray[Any], *, classes: int) -> Floats:
    """Return (n,) log losses of probabilities, or squared errors of amounts."""
    if not classes:
        return np.asarray((told[:, 0] - truth) ** 2)
    right = told[np.arange(len(truth)), truth]
    return np.asarray(-np.log(np.clip(right, SMALLEST, 1.0)))


def _importance(
    answer: Answer, held: Floats, truth: NDArray[Any], *, classes: int, seed: int
) -> Floats | None:
    """Return how much the mean loss rises with each column in disorder, (d, 2)."""
    chance = np.random.default_rng([seed, 1])
    few = chance.permutation(len(held))[:DISORDERED_ROWS]
    rows, known = held[few], truth[few]
    before = losses_of(answer(rows), known, classes=classes).mean()
    width, times = rows.shape[1], 2 * REPEATS
    found = np.zeros((width, 2))
    begun = time.perf_counter()
    for column in range(width):
        if time.perf_counter() - begun > DISORDER_SECONDS:
            return None
        mixed = np.tile(rows, (times, 1))
        mixed[:, column] = np.concatenate(
            [rows[chance.permutation(len(rows)), column] for _ in range(times)]
        )
        losses = losses_of(answer(mixed), np.tile(known, times), classes=classes)
        rises = losses.reshape(2, -1).mean(axis=1) - before
        found[column] = rises
    return found
