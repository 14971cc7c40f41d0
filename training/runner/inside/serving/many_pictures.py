"""Has a model answer many pictures of a zip, prepared as its signature says."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.serving.pictures import canvas_of, tensors_of
from training.runner.inside.studio.image_rows import contents_of
from training.runner.inside.studio.pictures import READ, Pixels

BATCH_BYTES = 64 * 2**20  # of numbers that a model is given at once
NUMBER_BYTES = 8

Floats = NDArray[np.float64]
Shape = tuple[int, int, int]


def shape_of(wanted: dict[str, Any]) -> Shape:
    """Return height, width and channels of what a model takes."""
    return wanted["height"], wanted["width"], wanted["channels"]


def batch_of(wanted: dict[str, Any]) -> int:
    """Return how many pictures a model is given at once."""
    return max(BATCH_BYTES // (int(np.prod(shape_of(wanted))) * NUMBER_BYTES), 1)


def canvases_in(
    data: bytes, names: Sequence[str], wanted: dict[str, Any], at_once: int
) -> Iterator[Pixels]:
    """Yield pictures of a zip as a model is given them, (n, numbers), some at a time."""
    some: list[Pixels] = []
    for content in contents_of(data, names):
        some.append(canvas_of(content, wanted, formats=READ).reshape(-1))
        if len(some) == at_once:
            yield np.stack(some)
            some = []
    if some:
        yield np.stack(some)


def answers_in_time(
    model: Callable[[Any], Floats],
    data: bytes,
    names: Sequence[str],
    wanted: dict[str, Any],
    *,
    seconds: float,
) -> Floats:
    """Return a model's answers to the first pictures, as many as there is time for.

    Args:
        model: of `training.runner.inside.serving.answer.loaded`.
        data: a zip.
        names: paths in it, at least one.
        wanted: of `training.signatures.Picture`, as JSON.
        seconds: after which no other batch is begun.
    """
    begun, told = time.monotonic(), []
    for some in canvases_in(data, names, wanted, batch_of(wanted)):
        told.append(model(tensors_of(some.reshape(-1, *shape_of(wanted)), wanted)))
        if time.monotonic() - begun > seconds:
            break
    return np.concatenate(told)
