"""Looks at a model of pictures."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from math import isqrt
from typing import Any

import numpy as np

from training.figures.schema import Explanation, Figures, Gradients
from training.runner.inside.reports.picture_spaces import OF_DOTS, dots_of
from training.runner.reports.asking import (
    ask_model,
    brought_inputs,
    case_asked,
    left_in,
    look_at_rows,
    newer_of,
)
from training.runner.reports.cases import Case, Looking
from training.runner.reports.figuring import Measures, Seen, figures_of, reason
from training.runner.reports.hanging import explanation_of, stability_of
from training.runner.reports.values import drift_in
from training.runner.studio.facts import Floats, garbled

OF_SIZE = ("width in pixels", "height in pixels")


def look_at_pictures(look: Looking) -> Figures:
    """Return all that a report on a model of pictures holds."""
    case = case_asked(look)
    for one in (case.known, case.held):
        if "pixels" not in one or len(one["pixels"]) != len(one["target"]):
            raise garbled()
    look.on_log(f"{len(case.truth):,} pictures to judge it on.")
    inputs, called = brought_inputs(look)
    answers, told = ask_model(look, case, inputs=inputs, arguments=called)
    newer, newer_form = newer_of(look)
    distances, seen = look_at_rows(
        look,
        case,
        inputs=newer,
        arguments={"left": left_in(answers), "newer_form": newer_form},
    )
    return figures_of(
        look.asked,
        case,
        Seen(
            answers=answers,
            distances=distances,
            apart=seen["apart"],
            skipped=reason(told, "left_out"),
            measures=measures_of(case),
            explanation=_explanation(answers, told),
            drift=drift_in(seen["drift"]),
        ),
    )


def measures_of(case: Case) -> Measures:
    """Return what a person sees of pictures at a glance, and their sizes if known."""
    names: tuple[str, ...] = OF_DOTS
    known, held = dots_of(case.known["pixels"]), dots_of(case.held["pixels"])
    if "sizes" in case.known and "sizes" in case.held:
        names = (*OF_DOTS, *OF_SIZE)
        known, held = (
            np.hstack([dots, one["sizes"].astype(np.float64)])
            for dots, one in ((known, case.known), (held, case.held))
        )
    columns = tuple((name, False) for name in names)
    roles = tuple({"name": name, "role": "NUMBER"} for name in names)
    return Measures(replace(case.facts, columns=columns, roles=roles), known, held)


def _explanation(answers: Mapping[str, Floats], told: Mapping[str, Any]) -> Explanation:
    importance = answers.get("importance")
    side = 0 if importance is None else isqrt(len(importance))
    places = product(range(1, side + 1), repeat=2)
    names = [f"row {row}, column {column}" for row, column in places]
    found = explanation_of(names, importance, why=reason(told, "importance"))
    if importance is None or not found.columns:
        return found
    added = answers.get("gradients")
    return found.model_copy(
        update={
            "grid": _grid(importance),
            "gradients": (
                None if added is None else _gradients(added, importance, told)
            ),
        }
    )


def _gradients(added: Floats, importance: Floats, told: Mapping[str, Any]) -> Gradients:
    try:
        both = np.column_stack([added.mean(axis=1), importance.mean(axis=1)])
        return Gradients(
            grid=_grid(added),
            stability=stability_of(added),
            agreement=stability_of(both),
            gap=told["gap"],
        )
    except (ValueError, KeyError) as torn:
        raise garbled() from torn


def _grid(fields: Floats) -> list[list[float]]:
    """Return the mean of both looks at each field, as fields lie in a picture."""
    side = isqrt(len(fields))
    grid: list[list[float]] = fields.mean(axis=1).reshape(side, side).tolist()
    return grid
