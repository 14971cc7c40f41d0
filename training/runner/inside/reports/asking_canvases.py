"""Asks a brought model about pictures at its own size, prepared as its signature says.

Probes are pictures of the size that pictures are looked at here, and are prepared as any
other; what is judged on is read from its own file.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_pictures import (
    COVER_SECONDS,
    COVERED_PICTURES,
    FIELDS,
    OTHERS,
    TOO_SLOW,
    Few,
    Floats,
    Gradients,
    chosen_of,
    explained,
    mean_of,
)
from training.runner.inside.reports.asking_texts import texts_in
from training.runner.inside.reports.picture_probes import probes_of
from training.runner.inside.reports.refitting import BROUGHT
from training.runner.inside.serving.many_pictures import (
    Shape,
    batch_of,
    canvases_in,
    shape_of,
)
from training.runner.inside.serving.pictures import sized, tensors_of
from training.runner.inside.studio.pictures import Pixels
from training.runner.inside.wire import decode, encode

COVERED_BYTES = 512 * 2**20
FEWEST_COVERED = 8  # below which fields say more of the pictures than of the model
MOST_KNOWN = 60  # whose mean covers fields


def examined(
    call: Call,
    model: Callable[[Any], Floats],
    *,
    gradients: Gradients | None = None,
) -> bytes:
    """Return the answers of a model, as arrays: `held`, and `probe KEY`.

    What explains them is of `training.runner.inside.reports.asking_pictures.explained`,
    with as many pictures as there is time for.

    Args:
        call: with the inputs `learning` and `test` of `reports.read_pictures`, and `table`,
            the zip; with the `picture` of a signature.
        model: of `training.runner.inside.serving.answer.loaded`.
        gradients: as for `explained`.
    """
    asked = call.arguments
    wanted, seed = asked["picture"], asked["seed"]
    data, shape = call.read("table"), shape_of(wanted)
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    names, truth = texts_in(test), test["target"]
    at_once = batch_of(wanted)

    def answer(pixels: Pixels) -> Floats:
        canvases = pixels.reshape(-1, *shape)
        told = [
            model(tensors_of(canvases[begin : begin + at_once], wanted))
            for begin in range(0, len(canvases), at_once)
        ]
        return np.concatenate(told)

    begun = time.perf_counter()
    held = np.concatenate(
        [answer(some) for some in canvases_in(data, names, wanted, at_once)]
    )
    seconds = (time.perf_counter() - begun) / len(names)
    arrays: dict[str, Floats] = {"held": held}
    probes = probes_of(known["pixels"], test["pixels"], seed=seed)
    for key, pixels in probes.items():
        arrays[f"probe {key}"] = answer(_prepared(pixels, wanted))
    facts: dict[str, Any] = {"importance": TOO_SLOW}
    if (most := _room_for(seconds, shape)) >= FEWEST_COVERED:
        chosen = chosen_of(len(truth), seed=seed, most=most)
        usual = texts_in(known)[:MOST_KNOWN]
        few = Few(
            _whole(data, [names[at] for at in chosen], wanted),
            truth[chosen],
            mean_of(_whole(data, usual, wanted)),
            shape,
        )
        more, facts = explained(answer, few, gradients)
        arrays |= more
    return encode(arrays, {**facts, "left_out": BROUGHT})


def _room_for(seconds: float, shape: Shape) -> int:
    """Return of how many pictures each field can be covered, in time and memory."""
    ways = 1 + OTHERS
    in_time = COVER_SECONDS / 2 / (ways * FIELDS * FIELDS * seconds)
    in_memory = COVERED_BYTES // (ways * int(np.prod(shape)))
    return int(min(COVERED_PICTURES, in_time, in_memory))


def _whole(data: bytes, names: Sequence[str], wanted: dict[str, Any]) -> Pixels:
    return np.concatenate(list(canvases_in(data, names, wanted, len(names))))


def _prepared(pixels: Pixels, wanted: dict[str, Any]) -> Pixels:
    """Return pictures of the size that they are looked at as a model is given them."""
    side = round((pixels.shape[1] / 3) ** 0.5)
    pictures = pixels.reshape(-1, side, side, 3)
    return np.stack(
        [sized(Image.fromarray(one), wanted).reshape(-1) for one in pictures]
    )
