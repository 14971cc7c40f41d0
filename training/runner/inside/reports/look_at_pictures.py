"""Looks at the pictures of a report, beside what the model answered: no model is here.

How far pictures lie from those learnt from, whether probes can be told from real pictures
at all, and whether a newer version has others.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.drifting_pictures import picture_drift
from training.runner.inside.reports.nearness import Neighbours, told_apart
from training.runner.inside.reports.picture_probes import probes_of
from training.runner.inside.reports.picture_spaces import (
    brightness_of,
    grain_of,
    shapes_of,
)
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.pictures import Pixels
from training.runner.inside.wire import decode, encode

MOST_KNOWN = 2_000
Floats = NDArray[np.float64]
Points = dict[str, Floats]


def main(call: Call) -> bytes:
    """Return `distance`, `distance KEY` and `distance left PLACE`, each (m,), and facts.

    The facts are `apart` by probe as (value, standard error), and `drift`.
    """
    quietly()
    asked = call.arguments
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    chance = np.random.default_rng([asked["seed"], 2])
    few = chance.permutation(len(known["target"]))[:MOST_KNOWN]
    target, usual = known["target"][few], points_of(known["pixels"][few])
    held = points_of(test["pixels"])
    near = neighbours_of(usual)
    arrays = {"distance": distances_of(near, held)}
    apart: dict[str, Any] = {}
    probes = probes_of(known["pixels"], test["pixels"], seed=asked["seed"])
    for key, pixels in probes.items():
        points = points_of(pixels)
        arrays[f"distance {key}"] = distances_of(near, points)
        these, those = _told_by(held), _told_by(points)
        apart[key] = told_apart(
            these, those, [False] * these.shape[1], seed=asked["seed"]
        )
    for place in asked["left"]:
        rest = neighbours_of({key: one[target != place] for key, one in usual.items()})
        arrays[f"distance left {place}"] = distances_of(rest, held)
    drift = None
    if asked["newer_form"]:
        drift = picture_drift(known, call.read("newer"), seed=asked["seed"])
    return encode(arrays, {"apart": apart, "drift": drift})


def points_of(pixels: Pixels) -> Points:
    """Return what pictures are in each space."""
    return {
        "shapes": shapes_of(pixels),
        "brightness": brightness_of(pixels),
        "grain": grain_of(pixels),
    }


def _told_by(points: Points) -> Floats:
    """Return what a classifier is shown, which needs no shapes to tell probes."""
    return np.hstack([points["brightness"], points["grain"]])


def neighbours_of(usual: Points) -> dict[str, Neighbours]:
    """Return who lies near in each space, among the points of known pictures."""
    return {
        key: Neighbours(one, is_scaled=key == "grain") for key, one in usual.items()
    }


def distances_of(near: dict[str, Neighbours], points: Points) -> Floats:
    """Return the length of the distances in each space, so that either tells."""
    each = [near[key].distances(some) for key, some in points.items()]
    return np.asarray(np.sqrt(np.sum(np.square(each), axis=0)))
