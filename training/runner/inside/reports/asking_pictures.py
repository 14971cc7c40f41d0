"""Asks a model of pictures all that a report needs to know of it: no other job sees it.

Whatever answers pixels can be asked, so that a network fits in beside what is measured
first. What its answers hang on is told by occlusion (Zeiler and Fergus 2014, “Visualizing
and understanding convolutional networks”): field by field is covered, once with the mean
picture and once with each of three others, and it is measured how much worse it gets.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
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
TOO_SLOW = "The model takes too long to ask about each field."


@dataclass(frozen=True, slots=True)
class Few:
    """Pictures that a model is explained by.

    Args:
        pictures: (n, height * width * channels).
        truth: (n,) their classes.
        mean: (height * width * channels,) what pictures show on average.
        shape: height, width and channels.
    """

    pictures: Pixels
    truth: NDArray[Any]
    mean: Pixels
    shape: tuple[int, int, int]


Gradients = Callable[[Few], tuple[dict[str, Floats], dict[str, Any]]]


def examined(
    call: Call,
    answer: Answer,
    *,
    fit: Fit | None = None,
    gradients: Gradients | None = None,
) -> bytes:
    """Return the answers of a model, as arrays.

    `held` are those to the pictures it is judged on, `probe KEY` those to the probes,
    `left PLACE` those to the held pictures without that class; the rest is of
    `explained`.

    Args:
        call: with the inputs `learning` and `test`, of pictures to compare and to judge on.
        answer: turns (n, side * side * 3) pixels into (n, k) probabilities.
        fit: makes such a model of pixels and classes, if it can be fitted again.
        gradients: of networks: see `training.runner.inside.reports.gradients`.
    """
    asked = call.arguments
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    held, truth = test["pixels"], test["target"]
    classes, seed = len(asked["classes"]), asked["seed"]
    arrays: dict[str, Floats] = {"held": answer(held)}
    probes = probes_of(known["pixels"], held, seed=seed)
    arrays |= {f"probe {key}": answer(pixels) for key, pixels in probes.items()}
    chosen = chosen_of(len(held), seed=seed)
    side = round((held.shape[1] / 3) ** 0.5)
    few = Few(held[chosen], truth[chosen], mean_of(known["pixels"]), (side, side, 3))
    more, facts = explained(answer, few, gradients)
    arrays |= more
    facts["left_out"] = BROUGHT
    if fit is not None:
        pixels, target = known["pixels"], known["target"]

        def again(rest: NDArray[np.bool_]) -> Floats:
            return fit(pixels[rest], target[rest])(held)

        left, facts["left_out"] = without_each_class(
            again, target, classes=classes, most_rows=MOST_REFIT_ROWS
        )
        arrays |= left
    return encode(arrays, facts)


def chosen_of(count: int, *, seed: int, most: int = COVERED_PICTURES) -> NDArray[Any]:
    """Return the places of the pictures that a model is explained by."""
    return np.random.default_rng([seed, 1]).permutation(count)[:most]


def mean_of(pixels: Pixels) -> Pixels:
    return np.asarray(pixels.mean(axis=0).round(), dtype=np.uint8)


def explained(
    answer: Answer, few: Few, gradients: Gradients | None
) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Return what answers hang on, and why it could not be had.

    `importance` is (FIELDS * FIELDS, 2), how much the loss rises with each field covered,
    from above and from the left, in each of two ways; what `gradients` tell is beside it.
    """
    rises = rises_of(answer, few)
    if rises is None:
        return {}, {"importance": TOO_SLOW}
    arrays, facts = ({}, {}) if gradients is None else gradients(few)
    return {"importance": rises, **arrays}, {"importance": "", **facts}


def edges_of(shape: tuple[int, int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return where fields begin and end, from above and from the left."""
    height, width, _ = shape
    return _edges(height), _edges(width)


def _edges(size: int) -> NDArray[Any]:
    return np.linspace(0, size, FIELDS + 1).round().astype(int)


def rises_of(answer: Answer, few: Few) -> Floats | None:
    """Return how much the mean loss rises with each field covered, (fields, 2).

    Args:
        answer: as for `examined`, of pictures of that shape.
        few: pictures; their mean covers in the first way, others in the second.
    """
    pictures, known, shape = few.pictures, few.truth, few.shape
    rows, columns = edges_of(shape)
    before = losses_of(answer(pictures), known, classes=1).mean()
    found = np.zeros((FIELDS * FIELDS, 2))
    others = (np.roll(pictures, step, axis=0) for step in range(1, OTHERS + 1))
    covers = [
        cover.reshape(-1, *shape)
        for cover in (np.broadcast_to(few.mean, pictures.shape), *others)
    ]
    begun = time.perf_counter()
    for field, (row, column) in enumerate(product(range(FIELDS), repeat=2)):
        if time.perf_counter() - begun > COVER_SECONDS:
            return None
        down = slice(rows[row], rows[row + 1])
        across = slice(columns[column], columns[column + 1])
        covered = np.tile(pictures, (len(covers), 1)).reshape(len(covers), -1, *shape)
        for way, cover in enumerate(covers):
            covered[way, :, down, across] = cover[:, down, across]
        told = answer(covered.reshape(len(covers) * len(pictures), -1))
        losses = losses_of(told, np.tile(known, len(covers)), classes=1)
        rises = losses.reshape(len(covers), -1).mean(axis=1) - before
        found[field] = rises[0], rises[1:].mean()
    return found
