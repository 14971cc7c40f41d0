"""Whether newer pictures are still like those learnt from, by what is seen at a glance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.archives import BROKEN
from training.runner.inside.refusal import Refusal
from training.runner.inside.reports.drifting import drift_of
from training.runner.inside.reports.picture_spaces import OF_DOTS, dots_of, shapes_of
from training.runner.inside.studio.image_rows import contents_of, names_in
from training.runner.inside.studio.pictures import (
    FORMATS,
    Pixels,
    Unreadable,
    ending_of,
    fitted,
    opened,
    size_of,
)

OF_SIZE = ("width in pixels", "height in pixels")
DIRECTIONS = 8  # in which edges differ most
MOST_OF_EACH = 500

Floats = NDArray[np.float64]
Seen = tuple[Pixels, NDArray[np.int64]]


def picture_drift(
    known: Mapping[str, NDArray[Any]], data: bytes, *, seed: int
) -> dict[str, Any] | None:
    """Compare pictures learnt from with those of a zip; None if it has too few.

    Each is told by its brightness, contrast, sharpness and colour, by its size, and by
    where its edges (histograms of oriented gradients) lie along the directions in which
    those of all differ most (principal components).

    Args:
        known: with `pixels`, (n, side * side * 3), and perhaps `sizes`, (n, 2).
        data: the zip, with a folder for each class.
        seed: what is drawn at random.
    """
    chance = np.random.default_rng([seed, 5])
    few = chance.permutation(len(known["pixels"]))[:MOST_OF_EACH]
    old = known["pixels"][few]
    newer = _read(data, round((old.shape[1] / 3) ** 0.5), chance)
    if newer is None:
        return None
    names = list(OF_DOTS)
    these, those = dots_of(old), dots_of(newer[0])
    if "sizes" in known:
        names += OF_SIZE
        these, those = (
            np.hstack([dots, sizes.astype(np.float64)])
            for dots, sizes in ((these, known["sizes"][few]), (those, newer[1]))
        )
    edges, others = _directions(shapes_of(old), shapes_of(newer[0]))
    names += [f"edges {place}" for place in range(1, edges.shape[1] + 1)]
    return drift_of(
        np.hstack([these, edges]),
        np.hstack([those, others]),
        names,
        [False] * len(names),
        seed=seed,
    )


def _read(data: bytes, side: int, chance: np.random.Generator) -> Seen | None:
    """Return some pictures of a zip and their sizes, None if none can be read."""
    pixels, sizes = [], []
    try:
        names = [
            name
            for name in names_in(data)
            if "/" in name and ending_of(name) in FORMATS
        ]
        drawn = sorted(chance.permutation(len(names))[:MOST_OF_EACH].tolist())
        for content in contents_of(data, [names[at] for at in drawn]):
            try:
                image, _ = opened(content)
            except Unreadable:
                continue
            pixels.append(fitted(image, side))
            sizes.append(size_of(content))
    except (Refusal, *BROKEN):  # it is no newer version of these
        return None
    if not pixels:
        return None
    return np.stack(pixels), np.array(sizes, dtype=np.int64)


def _directions(old: Floats, new: Floats) -> tuple[Floats, Floats]:
    """Return both along the first principal components of all, (n, d) and (m, d).

    Components of one lot alone would part both: it lies along them by chance.
    """
    every = np.concatenate([old, new])
    every = every - every.mean(axis=0)
    _, _, axes = np.linalg.svd(every, full_matrices=False)
    found = every @ axes[:DIRECTIONS].T
    return found[: len(old)], found[len(old) :]
