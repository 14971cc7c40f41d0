"""Figures of a column of numbers, exact and in bounded memory: it is read again instead.

As Hugging Face's viewer counts them: what is not finite is missing, the deviation is that
of a sample, and bins hold what is at or above their lower edge, the last both edges.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Chunks = Callable[[], Iterator[Numbers]]

BINS = 10
DIGITS = 5
MOST_HELD = 1 << 24  # numbers, which are 128 MiB
FINE_BINS = 1 << 16
EXACT = 1 << 62  # what a sum of integers stays below


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of numbers; `edges` has one more than `counts`.

    The standard deviation of a single number is None.
    """

    count: int
    least: float
    most: float
    mean: float
    median: float
    deviation: float | None
    counts: list[int]
    edges: list[float]


def figures_of(chunks: Chunks, *, is_whole: bool) -> Figures | None:
    """Return the figures of finite numbers; None if there are none.

    Args:
        chunks: yields the same arrays whenever it is called.
        is_whole: the numbers are integers, and so are the edges of bins.

    Cost: two passes; with more than `MOST_HELD` numbers four or more.
    """
    held: list[Numbers] = []
    count, total = 0, np.longdouble(0)
    least: Any = None
    most: Any = None
    for chunk in chunks():
        if not len(chunk):
            continue
        count += len(chunk)
        low, high = chunk.min(), chunk.max()
        total += _sum(chunk, low, high)
        least = low if least is None else min(least, low)
        most = high if most is None else max(most, high)
        if count <= MOST_HELD:
            held.append(chunk)
        else:
            held.clear()
    if not count:
        return None
    mean = float(total / count)
    least, most = least.item(), most.item()
    edges = edges_of(least, most, is_whole=is_whole)
    if held:
        whole = np.sort(np.concatenate(held))
        held.clear()
        counts, squares = _counted_in_order(whole, edges), _squares(whole, mean)
        median = _between(whole[(count - 1) // 2], whole[count // 2])
    else:
        counts, squares = _counted(chunks, edges, mean)
        median = _median_of_many(chunks, count, least, most)
    deviation = float(np.sqrt(squares / (count - 1))) if count > 1 else None
    return Figures(count, least, most, mean, median, deviation, counts, edges)


def _sum(chunk: Numbers, least: Any, most: Any) -> Any:
    """Return the sum of a chunk without losing digits to its size."""
    is_whole = np.issubdtype(chunk.dtype, np.integer)
    if is_whole and max(-int(least), int(most)) * len(chunk) < EXACT:
        return int(chunk.sum(dtype=np.int64))
    return chunk.sum(dtype=np.longdouble if is_whole else np.float64)


def edges_of(least: float, most: float, *, is_whole: bool) -> list[float]:
    """Return the edges of the bins: of ten, or of fewer if there are fewer integers."""
    if is_whole:
        step = -((int(least) - int(most) - 1) // BINS)
        return [*range(int(least), int(most) + 1, step), int(most)]
    if least == most:
        return [least, most]
    width = most / BINS - least / BINS
    return [*(least + place * width for place in range(BINS)), most]


def _counted(chunks: Chunks, edges: list[float], mean: float) -> tuple[list[int], Any]:
    """Return how many numbers are in each bin, and the sum of squared distances."""
    lower = np.asarray(edges[1:-1])
    counts = np.zeros(len(edges) - 1, np.int64)
    squares = np.longdouble(0)
    for chunk in chunks():
        for start in range(0, len(chunk), FINE_BINS):
            piece = chunk[start : start + FINE_BINS]
            bins = np.zeros(len(piece), np.int8)
            for edge in lower:
                bins += piece >= edge
            counts += np.bincount(bins, minlength=len(counts))
            squares += _squares(piece, mean)
    return counts.tolist(), squares


def _squares(numbers: Numbers, mean: float) -> Any:
    with np.errstate(over="ignore"):
        away = numbers.astype(np.float64) - mean
        found = np.dot(away, away)
    if np.isfinite(found):
        return found
    return np.square(numbers.astype(np.longdouble) - mean).sum()


def _counted_in_order(whole: Numbers, edges: list[float]) -> list[int]:
    is_whole = np.issubdtype(whole.dtype, np.integer)
    within = np.asarray(edges[1:-1], whole.dtype if is_whole else np.float64)
    inner = np.searchsorted(whole, within, "left")
    bounds = np.concatenate([[0], inner, [len(whole)]])
    return [int(each) for each in np.diff(bounds)]


def _between(one: Any, other: Any) -> float:
    return float(one.item() / 2 + other.item() / 2)


def _median_of_many(chunks: Chunks, count: int, least: float, most: float) -> float:
    """Narrow down where the middle lies, until what is there can be held or is equal."""
    wanted = ((count - 1) // 2, count // 2)
    below, low, high = 0, least, most
    while True:
        ends = np.longdouble(low), np.longdouble(high)
        edges = np.unique(np.linspace(*ends, FINE_BINS + 1).astype(np.float64))
        if len(edges) < 3:
            break
        inner = np.zeros(len(edges) - 1, np.int64)
        for chunk in chunks():
            inside = chunk[(chunk >= low) & (chunk <= high)]
            inner += np.histogram(inside, edges)[0]
        reached = below + np.cumsum(inner)
        first = int(np.searchsorted(reached, wanted[0], side="right"))
        last = int(np.searchsorted(reached, wanted[1], side="right"))
        below = int(reached[first - 1]) if first else below
        is_narrower = edges[first] > low or edges[last + 1] < high
        low, high = edges[first].item(), edges[last + 1].item()
        if inner[first : last + 1].sum() <= MOST_HELD or not is_narrower:
            break
    values, tallies = _tallied(chunks, low, high)
    places = below + np.cumsum(tallies)
    one, other = (
        values[int(np.searchsorted(places, each, side="right"))] for each in wanted
    )
    return _between(one, other)


def _tallied(chunks: Chunks, low: float, high: float) -> tuple[Numbers, Numbers]:
    """Return the different numbers of a range, and how often each comes."""
    values = np.zeros(0)
    tallies = np.zeros(0, np.int64)
    for chunk in chunks():
        found, times = np.unique(
            chunk[(chunk >= low) & (chunk <= high)], return_counts=True
        )
        both = np.concatenate([values.astype(found.dtype), found])
        values, where = np.unique(both, return_inverse=True)
        tallies = np.bincount(
            where, np.concatenate([tallies, times]), minlength=len(values)
        ).astype(np.int64)
    return values, tallies
