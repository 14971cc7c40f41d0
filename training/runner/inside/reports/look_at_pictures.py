"""Looks at the pictures of a report, beside what the model answered: no model is here.

How far pictures lie from those learnt from, and whether probes can be told from real
pictures at all.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.nearness import Neighbours, told_apart
from training.runner.inside.reports.picture_probes import probes_of
from training.runner.inside.reports.picture_spaces import brightness_of, shapes_of
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.pictures import Pixels
from training.runner.inside.wire import decode, encode

MOST_KNOWN = 2_000
Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def main(call: Call) -> bytes:
    """Return `distance`, `distance KEY` and `distance left PLACE`, each (m,), and facts.

    The facts are `apart` by probe as (value, standard error).
    """
    quietly()
    asked = call.arguments
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    chance = np.random.default_rng([asked["seed"], 2])
    few = chance.permutation(len(known["target"]))[:MOST_KNOWN]
    target, usual = known["target"][few], _points(known["pixels"][few])
    held = _points(test["pixels"])
    near = tuple(Neighbours(one) for one in usual)
    arrays = {"distance": _distances(near, held)}
    apart: dict[str, Any] = {}
    probes = probes_of(known["pixels"], test["pixels"], seed=asked["seed"])
    for key, pixels in probes.items():
        points = _points(pixels)
        arrays[f"distance {key}"] = _distances(near, points)
        apart[key] = told_apart(
            held[1], points[1], [False] * points[1].shape[1], seed=asked["seed"]
        )
    for place in asked["left"]:
        rest = tuple(Neighbours(one[target != place]) for one in usual)
        arrays[f"distance left {place}"] = _distances(rest, held)
    return encode(arrays, {"apart": apart})


def _points(pixels: Pixels) -> Points:
    return shapes_of(pixels), brightness_of(pixels)


def _distances(near: tuple[Neighbours, ...], points: Points) -> NDArray[np.float64]:
    """Return the length of the distances in each space, so that either tells."""
    each = [one.distances(some) for one, some in zip(near, points, strict=True)]
    return np.asarray(np.sqrt(np.sum(np.square(each), axis=0)))
