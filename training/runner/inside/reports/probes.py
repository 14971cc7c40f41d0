"""Rows that no model was meant for, drawn alike by whoever asks with the same seed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_wine

Floats = NDArray[np.float64]
MOST_ROWS = 500
LEVELS = 11  # of cells that are all alike
FAR = 10.0  # ranges beyond the greatest


def probes_of(
    known: Floats, held: Floats, codes: list[bool], *, seed: int
) -> dict[str, Floats]:
    """Return rows of each probe, (m, d).

    Args:
        known: (n, d) rows that say what is usual.
        held: (m, d) real rows, of which some probes are made.
        codes: of each column, whether it holds places of categories.
        seed: what is drawn at random.

    Returns:
        NOISE, each cell drawn evenly between the least and the greatest; BLANK, all
        cells alike at the least, the greatest or between; INVERTED, each cell mirrored;
        FAR, numbers ten ranges beyond; SHUFFLED, each column in an order of its own;
        OTHER, rows of another dataset, wines by what they hold.
    """
    chance = np.random.default_rng(seed)
    is_code = np.array(codes, dtype=bool)
    low, high = _bounds(known, is_code)
    span = np.where(high > low, high - low, 1.0)
    few = held[chance.permutation(len(held))[:MOST_ROWS]]
    rows, width = few.shape
    drawn = chance.random((MOST_ROWS, width))
    noise = low + drawn * span
    noise[:, is_code] = np.floor(low + drawn * (span + 1))[:, is_code]
    levels = np.linspace(0, 1, LEVELS)[:, None]
    blank = np.where(is_code, np.round(low + levels * span), low + levels * span)
    far = np.where(is_code, few, high + FAR * span + np.abs(few))
    shuffled = np.column_stack(
        [few[chance.permutation(rows), at] for at in range(width)]
    )
    probes = {
        "NOISE": noise,
        "BLANK": blank,
        "INVERTED": low + high - few,
        "SHUFFLED": shuffled,
        "OTHER": _wines(low, high, is_code),
    }
    return probes if is_code.all() else {**probes, "FAR": far}


def _bounds(known: Floats, is_code: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the least and the greatest of each column, (d,).

    Where half of the numbers or more have the same bounds, as pixels do, all are taken
    to be of that scale.
    """
    is_missing = np.isnan(known)
    low = np.where(is_missing, np.inf, known).min(axis=0)
    high = np.where(is_missing, -np.inf, known).max(axis=0)
    is_there = np.isfinite(low)
    low, high = np.where(is_there, low, 0.0), np.where(is_there, high, 0.0)
    bounds = np.column_stack([low, high])[~is_code]
    if len(bounds):
        scales, counts = np.unique(bounds, axis=0, return_counts=True)
        least, greatest = scales[counts.argmax()]
        if 2 * counts.max() >= len(bounds) and len(bounds) > 1:
            low = np.where(is_code, low, np.minimum(low, least))
            high = np.where(is_code, high, np.maximum(high, greatest))
    return low, high


def _wines(low: Floats, high: Floats, is_code: NDArray[np.bool_]) -> Floats:
    """Return wines as rows of as many columns, their numbers as they are."""
    told: Any = load_wine()
    places = np.arange(len(low)) % told.data.shape[1]
    rows = np.asarray(told.data[:, places], dtype=np.float64)
    return np.where(is_code, np.clip(np.round(rows), low, high), rows)
