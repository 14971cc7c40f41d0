"""Fits learners: out-of-fold answers for the ensemble, others for the comparison.

Quick ones share a run, since starting one takes longer than they do: another is begun only
while little time has passed, and what was not begun is not answered.
"""

import time
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.studio.encoded import ENCODED
from training.runner.inside.studio.fits import faults_told
from training.runner.inside.studio.folds import (
    answers_of,
    folds_of,
    out_of_fold,
    thinned,
)
from training.runner.inside.studio.modalities import Portfolio, portfolio_of
from training.runner.inside.studio.sizes import size_of
from training.runner.inside.wire import decode, encode

LEARNING, VALIDATION = 0, 1

Arrays = dict[str, NDArray[Any]]


def main(call: Call) -> bytes:
    asked = call.arguments
    portfolio = portfolio_of(asked["modality"])
    arrays, _ = decode(call.read("learning"))
    begun = time.perf_counter()
    inputs = portfolio.inputs_of(arrays)
    rows = max(len(arrays["target"]), 1)
    asked |= {"measuring_ms": (time.perf_counter() - begun) * 1000 / rows}
    answers: Arrays = {}
    told: list[dict[str, Any]] = []
    begun = time.perf_counter()
    for place, candidate in enumerate(asked["candidates"]):
        if place and time.perf_counter() - begun > asked["enough_seconds"]:
            break
        try:
            held_back, validated, facts = _fitted(
                portfolio, inputs, arrays, asked | candidate
            )
        except Refusal as refused:
            told.append({"refused": refused.as_json()})
            continue
        answers[f"{place}.out_of_fold"] = held_back
        answers[f"{place}.validation"] = validated
        told.append(facts)
    return encode(answers, {"candidates": told})


def _fitted(
    portfolio: Portfolio, inputs: NDArray[Any], arrays: Arrays, asked: dict[str, Any]
) -> tuple[NDArray[Any], NDArray[Any], dict[str, Any]]:
    """Return answers to the rows to learn from and to validate on, and what it took.

    Raises:
        Refusal: it cannot learn from these rows.
    """
    is_learning = arrays["parts"] == LEARNING
    known, truth = inputs[is_learning], arrays["target"][is_learning]
    classes, order = asked["classes"], arrays["order"][is_learning]
    folds = folds_of(
        truth,
        order,
        manner=asked["manner"],
        has_classes=bool(classes),
        seed=asked["plan_seed"],
    )
    thin = partial(
        thinned,
        target=truth,
        order=order,
        share=asked["share"],
        manner=asked["manner"],
        has_classes=bool(classes),
        seed=asked["plan_seed"],
    )
    begun = time.perf_counter()
    with faults_told():
        estimator = portfolio.built(
            asked["learner"],
            codes=asked["codes"],
            has_classes=bool(classes),
            rows=len(truth),
            seed=asked["seed"],
            settings=asked["settings"],
        )
        if ENCODED in arrays:
            estimator = portfolio.seen(asked["learner"], estimator)
        thin_folds = ((thin(fit), answer) for fit, answer in folds)
        held_back = out_of_fold(estimator, known, truth, thin_folds, classes=classes)
        all_rows = thin(np.arange(len(truth)))
        fitted = clone(estimator).fit(known[all_rows], truth[all_rows])
    seconds = time.perf_counter() - begun
    others = inputs[~is_learning]
    begun = time.perf_counter()
    validated = answers_of(fitted, others, classes=classes)
    answering_ms = (time.perf_counter() - begun) * 1000 / max(len(others), 1)
    facts: dict[str, Any] = {
        "seconds": seconds,
        "ms_per_row": asked["measuring_ms"] + answering_ms,
        "size_bytes": size_of(fitted),
    }
    return held_back, validated, facts
