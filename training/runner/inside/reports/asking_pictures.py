"""Asks a model of pictures all that a report needs to know of it: no other job sees it.

Whatever answers pixels can be asked, so that a network fits in beside what is measured
first. What its answers hang on is told by occlusion (Zeiler and Fergus 2014, “Visualizing
and understanding convolutional networks”): field by field is covered, once with the mean
picture and once with each of three others, and it is measured how much worse it gets.
"""

import time
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking import losses_of
from training.runner.inside.reports.picture_probes import probes_of
from training.runner.inside.reports.refitting import BROUGHT, without_each_class
from training.runner.inside.studio.pictures import Pixels
from training.runner.inside.wire import decode, encode

Floats = NDArray[np.float64]
Answer = Callable[[Pixels], Floats]
Fit = Callable[[Pixels, NDArray[Any]], Answer]

FIELDS = 6  # a side, that are covered one by one
COVERED_PICTURES = 60
OTHERS = 3  # pictures that cover in the second way
COVER_SECONDS = 90.0
MOST_REFIT_ROWS = 1_500


def examined(call: Call, answer: Answer, *, fit: Fit | None = None) -> bytes:
    """Return the answers of a model, as arrays.

    `held` are those to the pictures it is judged on, `probe KEY` those to the probes,
    `left PLACE` those to the held pictures without that class; `importance` is
    (FIELDS * FIELDS, 2), how much the loss rises with each field covered, from above and
    from the left, in each of two ways.

    Args:
        call: with the inputs `learning` and `test`, of pictures to compare and to judge on.
        answer: turns (n, side * side * 3) pixels into (n, k) probabilities.
        fit: makes such a model of pixels and classes, if it can be fitted again.
    """
    asked = call.arguments
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    held, truth = test["pixels"], test["target"]
    classes, seed = len(asked["classes"]), asked["seed"]
    arrays: dict[str, Floats] = {"held": answer(held)}
    probes = probes_of(known["pixels"], held, seed=seed)
    arrays |= {f"probe {key}": answer(pixels) for key, pixels in probes.items()}
    facts = {"importance": "", "left_out": BROUGHT}
    rises = rises_of(answer, held, truth, _mean_of(known["pixels"]), seed=seed)
    if rises is None:
        facts["importance"] = "The model takes too long to ask about each field."
    else:
        arrays["importance"] = rises
    if fit is not None:
        pixels, target = known["pixels"], known["target"]

        def again(rest: NDArray[np.bool_]) -> Floats:
            return fit(pixels[rest], target[rest])(held)

        left, facts["left_out"] = without_each_class(
            again, target, classes=classes, most_rows=MOST_REFIT_ROWS
        )
        arrays |= left
    return encode(arrays, facts)


def _mean_of(pixels: Pixels) -> Pixels:
    return np.asarray(pixels.mean(axis=0).round(), dtype=np.uint8)


def rises_of(
    answer: Answer, held: Pixels, truth: NDArray[Any], mean: Pixels, *, seed: int
) -> Floats | None:
    """Return how much the mean loss rises with each field covered, (fields, 2).

    Args:
        answer: as for `examined`.
        held: (n, side * side * 3) pictures.
        truth: (n,) their classes.
        mean: (side * side * 3,) the mean picture, which covers in the first way.
        seed: what is drawn at random.
    """
    chance = np.random.default_rng([seed, 1])
    few = chance.permutation(len(held))[:COVERED_PICTURES]
    pictures, known = held[few], truth[few]
    side = round((held.shape[1] / 3) ** 0.5)
    edges = np.linspace(0, side, FIELDS + 1).round().astype(int)
    before = losses_of(answer(pictures), known, classes=1).mean()
    found = np.zeros((FIELDS * FIELDS, 2))
    others = (np.roll(pictures, step, axis=0) for step in range(1, OTHERS + 1))
    covers = [
        cover.reshape(-1, side, side, 3)
        for cover in (np.broadcast_to(mean, pictures.shape), *others)
    ]
    begun = time.perf_counter()
    for field, (row, column) in enumerate(product(range(FIELDS), repeat=2)):
        if time.perf_counter() - begun > COVER_SECONDS:
            return None
        down, across = (slice(edges[at], edges[at + 1]) for at in (row, column))
        covered = np.tile(pictures, (len(covers), 1))
        covered = covered.reshape(len(covers), -1, side, side, 3)
        for way, cover in enumerate(covers):
            covered[way, :, down, across] = cover[:, down, across]
        told = answer(covered.reshape(len(covers) * len(few), -1))
        losses = losses_of(told, np.tile(known, len(covers)), classes=1)
        rises = losses.reshape(len(covers), -1).mean(axis=1) - before
        found[field] = rises[0], rises[1:].mean()
    return found
