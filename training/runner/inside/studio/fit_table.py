"""Fits one learner: out-of-fold answers for the ensemble, others for the comparison."""

import time
from typing import Any

import numpy as np
from sklearn.base import clone

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.studio.folds import answers_of, folds_of, out_of_fold
from training.runner.inside.studio.portfolio import TooManyRows, built, quietly
from training.runner.inside.studio.sizes import size_of
from training.runner.inside.wire import decode, encode

LEARNING, VALIDATION = 0, 1
TIMED_ROWS = 1_000
FAILED = (ValueError, FloatingPointError, np.linalg.LinAlgError, ArithmeticError)


def main(call: Call) -> bytes:
    asked = call.arguments
    quietly()
    arrays, _ = decode(call.read("learning"))
    is_learning = arrays["parts"] == LEARNING
    features, target = arrays["features"], arrays["target"]
    known, truth = features[is_learning], target[is_learning]
    classes = asked["classes"]
    folds = folds_of(
        truth,
        arrays["order"][is_learning],
        manner=asked["manner"],
        has_classes=bool(classes),
        seed=asked["plan_seed"],
    )
    begun = time.perf_counter()
    try:
        estimator = built(
            asked["learner"],
            codes=asked["codes"],
            has_classes=bool(classes),
            rows=len(truth),
            seed=asked["seed"],
            settings=asked["settings"],
        )
        held_back = out_of_fold(estimator, known, truth, folds, classes=classes)
        fitted = clone(estimator).fit(known, truth)
    except TooManyRows as too_many:
        raise Refusal("too_many_rows", str(too_many), "RUN") from too_many
    except FAILED as failed:
        message = f"It cannot learn from this table: {str(failed)[:200]}"
        raise Refusal("cannot_learn", message, "RUN") from failed
    seconds = time.perf_counter() - begun
    others = features[~is_learning]
    begun = time.perf_counter()
    validated = answers_of(fitted, others, classes=classes)
    ms_per_row = (time.perf_counter() - begun) * 1000 / max(len(others), 1)
    facts: dict[str, Any] = {
        "seconds": seconds,
        "ms_per_row": ms_per_row,
        "size_bytes": size_of(fitted),
    }
    return encode({"out_of_fold": held_back, "validation": validated}, facts)
