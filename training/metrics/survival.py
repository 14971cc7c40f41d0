"""How well times to an event were told, where some are lost from sight before it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.kinds import Needs
from training.metrics.dominance import Counts, counted_below
from training.metrics.estimate import (
    Estimate,
    Floats,
    Undefined,
    Z,
    mean_of,
    standard_error,
)


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

    Cost: O(n·log n).
    """
    _, times = np.unique(told.time, return_inverse=True)
    _, ranks = np.unique(told.risks, return_inverse=True)
    ends = 2 * times + ~told.is_event  # at equal times events come first
    order = np.argsort(ends, kind="stable")
    events = order[told.is_event[order]]

    outlasting = np.searchsorted(ends[order], ends[events], side="right")
    whole = np.full(len(events), len(order))
    comparable = np.zeros(len(order))
    comparable[events] = whole - outlasting
    lower, level = _lower_and_level(
        ranks[order], starts=outlasting, stops=whole, limits=ranks[events]
    )
    concordant = np.zeros(len(order))
    concordant[events] = lower + level / 2

    outlasted = np.searchsorted(ends[events], ends, side="left")
    lower, level = _lower_and_level(
        ranks[events], starts=np.zeros_like(outlasted), stops=outlasted, limits=ranks
    )
    comparable += outlasted
    concordant += outlasted - lower - level / 2
    return comparable, concordant


def _lower_and_level(
    ranks: Counts, *, starts: Counts, stops: Counts, limits: Counts
) -> tuple[Counts, Counts]:
    """Return (q,) how many of each stretch are below its limit, and how many on it."""
    two = np.r_[limits, limits + 1]
    lower, both = np.split(
        counted_below(
            ranks, starts=np.r_[starts, starts], stops=np.r_[stops, stops], limits=two
        ),
        2,
    )
    return lower, both - lower


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
