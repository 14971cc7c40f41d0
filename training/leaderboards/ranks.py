"""Who is ahead of whom, as far as the test set can tell.

Ranks are shared by those it cannot tell apart: a tier is everyone not significantly worse
than the tier's best. Inside a tier the earlier comes first, since noise is no merit.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Wins = NDArray[np.bool_]

LEVEL = 0.05
DRAWS = 4_000
MOST_SIMULATED = 60  # beyond, Bonferroni's bound is cheaper and hardly wider
SEED = 20_260_103


@dataclass(frozen=True, slots=True)
class Entry:
    """One scored thing on a board; a score that is no number is never ranked."""

    key: str
    value: float | None
    low: float | None
    high: float | None
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A place on the board.

    `rank` is shared within a tier and counts everyone in better tiers (1, 1, 3).
    `rank_low` to `rank_high` is where this one may truly stand, at 95 % for the whole
    board at once.
    """

    key: str
    rank: int
    tier: int
    rank_low: int
    rank_high: int


def _is_scored(entry: Entry) -> bool:
    numbers = (entry.value, entry.low, entry.high)
    return all(number is not None and isfinite(number) for number in numbers)


def wins_by_intervals(entries: Sequence[Entry], *, is_greater_better: bool) -> Wins:
    """Return (m, m): row i is better than row j and their intervals do not meet.

    Careful rather than sharp: it takes more than a paired comparison does.
    """
    low = np.array([entry.low for entry in entries], dtype=np.float64)
    high = np.array([entry.high for entry in entries], dtype=np.float64)
    if is_greater_better:
        return np.asarray(low[:, None] > high[None, :])
    return np.asarray(high[:, None] < low[None, :])


def matrix_of(losses: Sequence[bytes]) -> Floats:
    """Stack the per-row losses of outcomes (NPY bytes, equally long) into (m, n)."""
    rows = [np.load(io.BytesIO(one), allow_pickle=False) for one in losses]
    return np.stack(rows).astype(np.float64)


def wins_by_losses(losses: Floats | Sequence[Sequence[float]]) -> Wins:
    """Return (m, m): row i is significantly better than row j, all pairs at once.

    Models are compared on the same examples. The critical value is the 95 % quantile of
    the largest |t| over all pairs, had all models been equal, by Gaussian simulation;
    so a whole board of equals shows a false difference once in twenty times.

    Args:
        losses: (m, n) loss of each model on each example, smaller is better, n >= 2.

    Cost: O(m²·n) for the covariance, O(m²) for each of 4,000 draws.
    """
    found = np.asarray(losses, dtype=np.float64)
    models, examples = found.shape
    means = found.mean(axis=1)
    centred = found - means[:, None]
    covariance = centred @ centred.T / (examples - 1) / examples
    own = np.diagonal(covariance)
    variance = np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0.0)
    scale = max(float(own.max(initial=0.0)), np.finfo(np.float64).tiny)
    differ = variance > 1e-12 * scale
    errors = np.sqrt(np.where(differ, variance, 1.0))
    lead = np.where(differ, (means[None, :] - means[:, None]) / errors, 0.0)
    return np.asarray(lead > _critical_value(covariance, errors, differ, models))


def _critical_value(
    covariance: Floats, errors: Floats, differ: Wins, models: int
) -> float:
    pairs = max(models * (models - 1) // 2, 1)
    bound = NormalDist().inv_cdf(1 - LEVEL / (2 * pairs))
    if models < 2 or models > MOST_SIMULATED:
        return bound
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = np.random.default_rng(SEED).standard_normal((DRAWS, models))
    drawn = noise @ root.T
    largest = np.zeros(DRAWS)
    for one in range(models - 1):
        rest = slice(one + 1, models)
        apart = np.abs(drawn[:, rest] - drawn[:, [one]]) / errors[one, rest]
        seen = np.where(differ[one, rest], apart, 0.0)
        largest = np.maximum(largest, seen.max(axis=1))
    return min(float(np.quantile(largest, 1 - LEVEL)), bound)


def standings(
    entries: Sequence[Entry],
    *,
    is_greater_better: bool,
    losses: Floats | None = None,
) -> list[Standing]:
    """Put a board in order.

    Args:
        entries: in any order; those without a finite score and interval are left out.
        is_greater_better: which end of the score is good.
        losses: (m, n) per-example losses in the order of `entries`, if they exist for
            all of them; smaller is better.

    Returns:
        Best tier first; within a tier the earlier first.
    """
    kept = [place for place, entry in enumerate(entries) if _is_scored(entry)]
    scored = [entries[place] for place in kept]
    if not scored:
        return []
    if losses is not None and losses.shape[1] > 1:
        wins = wins_by_losses(losses[kept])
    else:
        wins = wins_by_intervals(scored, is_greater_better=is_greater_better)
    tiers = _tiers(scored, wins, is_greater_better=is_greater_better)
    beaten_by, beats = wins.sum(axis=0), wins.sum(axis=1)
    placed = []
    rank = 1
    for number, members in enumerate(tiers, start=1):
        for place in members:
            ranked = Standing(
                key=scored[place].key,
                rank=rank,
                tier=number,
                rank_low=1 + int(beaten_by[place]),
                rank_high=len(scored) - int(beats[place]),
            )
            placed.append(ranked)
        rank += len(members)
    return placed


def _tiers(
    scored: Sequence[Entry], wins: Wins, *, is_greater_better: bool
) -> list[list[int]]:
    sign = -1 if is_greater_better else 1

    def by_merit(place: int) -> tuple[float, datetime, str]:
        entry = scored[place]
        return (sign * (entry.value or 0.0), entry.reached_at, entry.key)

    def by_time(place: int) -> tuple[datetime, str]:
        return (scored[place].reached_at, scored[place].key)

    tiers: list[list[int]] = []
    for place in sorted(range(len(scored)), key=by_merit):
        if tiers and not wins[tiers[-1][0], place]:
            tiers[-1].append(place)
        else:
            tiers.append([place])
    return [sorted(members, key=by_time) for members in tiers]
