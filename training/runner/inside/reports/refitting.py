"""Fits a model without one class after the other, to see what it makes of a stranger."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.studio.fits import FAILED

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Fit = Callable[[Bools], Floats]

REFIT_SECONDS = 60.0
MOST_LEFT_OUT = 6
FEWEST_CLASSES = 3  # of which one can be left out
BROUGHT = "A model that was brought cannot be fitted again."


def without_each_class(
    fit: Fit, target: NDArray[Any], *, classes: int, most_rows: int | None = None
) -> tuple[dict[str, Floats], str]:
    """Return answers by `left PLACE`, of the most frequent classes, or why there are none.

    Args:
        fit: given which of the known rows to fit to, (n,), returns answers to the held.
        target: (n,) classes of the known rows.
        classes: how many there are.
        most_rows: that it is fitted to each time, the first of them.
    """
    if classes < FEWEST_CLASSES:
        return {}, "Leaving a class out takes three classes at least."
    frequent = np.argsort(-np.bincount(target, minlength=classes), kind="stable")
    found: dict[str, Floats] = {}
    begun = time.perf_counter()
    for place in sorted(frequent[:MOST_LEFT_OUT].tolist()):
        rest = target != place
        if most_rows is not None:
            rest &= np.cumsum(rest) <= most_rows
        try:
            found[f"left {place}"] = fit(rest)
        except FAILED:
            continue
        passed = time.perf_counter() - begun
        if passed * (len(found) + 1) / len(found) > REFIT_SECONDS:
            break
    return found, "" if found else "It could not be fitted without one of its classes."
