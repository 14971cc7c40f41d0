"""How well times to an event were told, where some are lost from sight before it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.kinds import Needs
from training.metrics.estimate import (
    Estimate,
    Floats,
    Undefined,
    Z,
    mean_of,
    standard_error,
)

CELLS_AT_ONCE = 8_000_000


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Subjects with the time they were seen, and what was told of them.

    Args:
        time: (n,) until the event, or until lost from sight.
        is_event: (n,) whether the event was seen.
        horizons: (h,) times, rising; none for risks alone.
        told: (n, h) probabilities to outlast each horizon, or (n, 1) risks.
    """

    time: Floats
    is_event: NDArray[np.bool_]
    horizons: Floats
    told: Floats

    def given(self, needs: Needs) -> tuple[Any, ...] | None:
        return (self,) if len(self.horizons) or needs is Needs.RISKS else None

    def only(self, rows: NDArray[np.bool_]) -> Self:
        return type(self)(
            self.time[rows], self.is_event[rows], self.horizons, self.told[rows]
        )

    @property
    def risks(self) -> Floats:
        """Return (n,) what orders the subjects: minus the mean survival, or the risk."""
        return -self.told.mean(axis=1) if len(self.horizons) else self.told[:, 0]


def _pairs_of(told: Lifetimes) -> tuple[Floats, Floats]:
    """Return (n,) in how many comparable pairs each subject is, and concordant ones.

    Two subjects compare if the one seen for less time had the event; at equal times, if
    one had it and the other not. Equal risks count half.

    Cost: O(n²) comparisons, in blocks.
    """
    time, risk = told.time, told.risks
    comparable, concordant = np.zeros((2, len(time)))
    events = np.flatnonzero(told.is_event)
    step = max(CELLS_AT_ONCE // len(time), 1)
    for start in range(0, len(events), step):
        rows = events[start : start + step]
        first = time[rows, None]
        outlasts = (time > first) | ((time == first) & ~told.is_event)
        agrees = outlasts & (risk < risk[rows, None])
        halves = outlasts & (risk == risk[rows, None])
        comparable[rows] += outlasts.sum(axis=1)
        comparable += outlasts.sum(axis=0)
        concordant[rows] += agrees.sum(axis=1) + halves.sum(axis=1) / 2
        concordant += agrees.sum(axis=0) + halves.sum(axis=0) / 2
    return comparable, concordant


def concordance_influence(told: Lifetimes) -> Floats:
    """Return (n,) what each subject does to 1 - C; their mean is that number.

    C is a ratio of two U-statistics of pairs, so a subject counts twice its own part.

    Raises:
        Undefined: no two subjects can be compared.
    """
    comparable, concordant = _pairs_of(told)
    if not comparable.any():
        raise Undefined(
            "not_comparable",
            "No two subjects can be compared: no event was seen before another's end.",
        )
    value = concordant.sum() / comparable.sum()
    parts = 2 * (concordant - value * comparable) / comparable.mean()
    return np.asarray(1 - value - parts)


def concordance(told: Lifetimes) -> Estimate:
    """Measure Harrell's concordance index, in [0, 1]; 0.5 is chance."""
    influence = concordance_influence(told)
    value = 1 - float(influence.mean())
    half = Z * standard_error(influence)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def censoring_survival(told: Lifetimes) -> tuple[Floats, Floats]:
    """Return the rising times and the Kaplan-Meier chance to be still in sight after.

    At equal times events come before losses.
    """
    times, places = np.unique(told.time, return_inverse=True)
    lost = np.bincount(places, weights=~told.is_event)
    events = np.bincount(places, weights=told.is_event)
    present = len(told.time) - np.r_[0, np.cumsum(lost + events)[:-1]] - events
    stays = 1 - np.divide(lost, present, out=np.zeros_like(lost), where=present > 0)
    return times, np.cumprod(stays)


def survival_losses(told: Lifetimes) -> Floats:
    """Return (n,) each subject's weighted squared error, the mean over horizons."""
    times, in_sight = censoring_survival(told)
    steps = np.r_[1.0, in_sight]
    at_end = steps[np.searchsorted(times, told.time, side="left")]  # just before
    losses = np.zeros(len(told.time))
    for column, horizon in enumerate(told.horizons):
        is_past = told.time > horizon
        at_horizon = steps[np.searchsorted(times, horizon, side="right")]
        chance = np.where(is_past, at_horizon, at_end)
        counts = is_past | told.is_event
        weights = np.divide(1.0, chance, out=np.zeros_like(chance), where=counts)
        losses += weights * (is_past - told.told[:, column]) ** 2
    return losses / len(told.horizons)


def survival_brier(told: Lifetimes) -> Estimate:
    """Measure the Brier score of survival with censoring weights, mean over horizons.

    The weights are taken as known for the interval, which makes it a little wide.
    """
    return mean_of(survival_losses(told))
