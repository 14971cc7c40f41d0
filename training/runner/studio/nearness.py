"""Finds what tells known inputs from others: of rows, of pictures and of texts.

What is written down tells of no single row: prototypes are means of five rows at least,
and of texts it is what five at least have in common. How far known inputs are is measured
on rows that the prototypes were made without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.learning import Modality
from training.runner.inside.serving.seen import LEAST_SCALES, WEIGHTS, aspects_of
from training.runner.inside.serving.unknown import distances, placed
from training.runner.inside.serving.wording import (
    PLACES,
    Marks,
    as_bits,
    foreign,
    marks_of,
    share_unknown,
)
from training.runner.inside.studio.texts import parted
from training.runner.studio.facts import Floats, PreparedFacts

MOST_ROWS = 4_000
MOST_PICTURES = 2_000
MOST_PROTOTYPES, MOST_NUMBERS = 256, 40_000
MOST_NUMBERS_OF_PICTURES = 200_000
FEWEST_TOGETHER = 5  # rows that a prototype is the mean of, or that have a word
ROUNDS = 8
FOLDS = 5
SEED = 20_261_123

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is known, as `calibration.json` has it, and how far known inputs are from it."""

    known: dict[str, Any]
    far: Floats


def neighbourhood_of(arrays: Arrays, *, facts: PreparedFacts) -> Neighbourhood:
    """Return what an input is to be near to.

    Args:
        arrays: of the prepared rows to learn from and to validate on.
        facts: what `prepare` told of them.
    """
    match facts.modality:
        case Modality.TABLE:
            return _of_rows(arrays["features"], facts.columns)
        case Modality.IMAGE:
            return _of_pictures(arrays["pixels"], int(facts.roles[0]["side"]))
    return _of_texts(parted(arrays["letters"], arrays["ends"]))


def _of_rows(matrix: Floats, columns: Sequence[tuple[str, bool]]) -> Neighbourhood:
    space = _space(matrix, columns)
    chance = np.random.default_rng(SEED)
    points = placed(_drawn(matrix, MOST_ROWS, chance), space)
    prototypes, far = _prototypes_and_distances(points, MOST_NUMBERS, chance)
    return Neighbourhood({"space": space, "prototypes": _plain(prototypes)}, far)


def _of_pictures(pixels: NDArray[np.uint8], side: int) -> Neighbourhood:
    chance = np.random.default_rng(SEED)
    drawn = _drawn(pixels, MOST_PICTURES, chance)
    aspects = aspects_of(drawn)
    scales = [
        _short(max(_spread(aspect), least) / weight)
        for aspect, least, weight in zip(aspects, LEAST_SCALES, WEIGHTS, strict=True)
    ]
    points = np.concatenate(
        [one / scale for one, scale in zip(aspects, scales, strict=True)], axis=1
    )
    prototypes, far = _prototypes_and_distances(
        points, MOST_NUMBERS_OF_PICTURES, chance
    )
    known = {"side": side, "scales": scales, "prototypes": _plain(prototypes, 4)}
    return Neighbourhood(known, far)


def _of_texts(texts: Sequence[str]) -> Neighbourhood:
    chance = np.random.default_rng(SEED)
    order = chance.permutation(len(texts))[:MOST_ROWS]
    marks = [marks_of(texts[at]) for at in order]
    counts = _counted(marks)
    shares, known_without = np.zeros(len(marks)), []
    for fold in range(FOLDS):
        others = counts - _counted(marks[fold::FOLDS]) >= FEWEST_TOGETHER
        known_without.append(others)
        shares[fold::FOLDS] = [share_unknown(one, others) for one in marks[fold::FOLDS]]
    usual = _short(float(shares.mean()))
    far = [
        foreign(one, known_without[place % FOLDS], usual=usual)
        for place, one in enumerate(marks)
    ]
    known: dict[str, Any] = {
        "known": as_bits(counts >= FEWEST_TOGETHER),
        "usual": usual,
    }
    return Neighbourhood(known, np.array(far))


def _counted(marks: Sequence[Marks]) -> NDArray[np.int64]:
    """Return in how many texts each place comes."""
    places = [np.unique(np.concatenate(one)) for one in marks]
    joined = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
    return np.bincount(joined, minlength=PLACES)


def _drawn(rows: NDArray[Any], most: int, chance: np.random.Generator) -> NDArray[Any]:
    return rows[chance.permutation(len(rows))[:most]]


def _spread(aspect: Floats) -> float:
    """Return how far pictures are from the mean of all, so that aspects weigh alike."""
    away = np.sqrt(((aspect - aspect.mean(axis=0)) ** 2).sum(axis=1))
    return float(np.median(away)) or 1.0


def _space(matrix: Floats, columns: Sequence[tuple[str, bool]]) -> list[list[float]]:
    """Return how a row is placed: see `training.runner.inside.serving.unknown.placed`."""
    space = []
    for at, (_, is_code) in enumerate(columns):
        there = matrix[~np.isnan(matrix[:, at]), at]
        if is_code:
            space.append([float(there.max()) if len(there) else 0.0])
            continue
        centre = float(np.median(there)) if len(there) else 0.0
        scale = float(there.std()) if len(there) else 0.0
        space.append([_short(centre), _short(scale) or 1.0])
    return space


def _prototypes_and_distances(
    points: Floats, most_numbers: int, chance: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return prototypes, and how far rows are from those that were made without them."""
    fold = np.arange(len(points)) % FOLDS
    far = np.zeros(len(points))
    for one in range(FOLDS):
        others = _prototypes(points[fold != one], most_numbers, chance)
        far[fold == one] = distances(points[fold == one], others)
    return _prototypes(points, most_numbers, chance), far


def _prototypes(
    points: Floats, most_numbers: int, chance: np.random.Generator
) -> Floats:
    """Return means of neighbouring points, each of five at least (Lloyd's algorithm)."""
    room = max(most_numbers // max(points.shape[1], 1), 8)
    many = max(min(len(points) // (2 * FEWEST_TOGETHER), MOST_PROTOTYPES, room), 1)
    found = points[chance.choice(len(points), many, replace=False)]
    for _ in range(ROUNDS):
        nearest = _nearest(points, found)
        sizes = np.bincount(nearest, minlength=len(found))
        kept = np.flatnonzero(sizes >= FEWEST_TOGETHER)
        if not len(kept):
            return np.asarray(points.mean(axis=0, keepdims=True))
        found = np.stack([points[nearest == one].mean(axis=0) for one in kept])
    return np.asarray(found)


def _nearest(points: Floats, prototypes: Floats) -> NDArray[np.int64]:
    squares = (prototypes**2).sum(axis=1) - 2 * points @ prototypes.T
    return np.asarray(squares.argmin(axis=1))


def _plain(points: Floats, digits: int = 6) -> list[list[float]]:
    return [[float(f"{one:.{digits}g}") for one in row] for row in points]


def _short(value: float) -> float:
    return float(f"{value:.6g}")
