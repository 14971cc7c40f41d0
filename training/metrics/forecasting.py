"""How well forecasts of series came true: points, quantiles and their coverage."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.kinds import Needs
from training.metrics.estimate import (
    Estimate,
    Floats,
    Labels,
    Undefined,
    mean_of,
    share_of,
)
from training.metrics.regression import percentage_errors
from training.metrics.resampling import ratio_of


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Rows of series, each with what happened and what was told.

    Args:
        actual: (n,) what happened.
        scale: (n,) the naive forecast's mean absolute error in the series' past.
        series: (n,) which series a row is of, by number.
        levels: (q,) rising, within (0, 1); none for points alone.
        told: (n, q) quantiles, or (n, 1) points.
    """

    actual: Floats
    scale: Floats
    series: Labels
    levels: Floats
    told: Floats

    def given(self, needs: Needs) -> tuple[Any, ...] | None:
        return (self,) if len(self.levels) or needs is Needs.POINTS else None

    def only(self, rows: NDArray[np.bool_]) -> Self:
        return type(self)(
            self.actual[rows],
            self.scale[rows],
            self.series[rows],
            self.levels,
            self.told[rows],
        )

    @property
    def points(self) -> Floats:
        """Return (n,) the level nearest to the median, or the points."""
        if not len(self.levels):
            return self.told[:, 0]
        return self.told[:, int(np.abs(self.levels - 0.5).argmin())]

    def by_series(self, losses: Floats) -> Floats:
        """Return the mean of each series; with one series alone, the rows as they are."""
        _, places = np.unique(self.series, return_inverse=True)
        counts = np.bincount(places)
        if len(counts) < 2:
            return losses
        return np.asarray(np.bincount(places, weights=losses) / counts)


def scaled_errors(told: Forecasts) -> Floats:
    """Return each series' mean of |error| over its scale."""
    with np.errstate(over="ignore"):
        return told.by_series(np.abs(told.actual - told.points) / told.scale)


def mase(told: Forecasts) -> Estimate:
    """Measure the mean absolute scaled error; below 1 beats the naive forecast."""
    with np.errstate(over="ignore", invalid="ignore"):
        return mean_of(scaled_errors(told))


def percentage(told: Forecasts) -> Floats:
    """Return each series' symmetric percentage error, in [0, 2]."""
    return told.by_series(percentage_errors(told.actual, told.points))


def smape(told: Forecasts) -> Estimate:
    """Measure the symmetric percentage error, the mean over series, in [0, 2]."""
    return mean_of(percentage(told), most=2.0)


def _pinball(told: Forecasts) -> Floats:
    """Return (n, q) the pinball loss at each level, in the target's unit."""
    with np.errstate(over="ignore", invalid="ignore"):
        short = told.actual[:, None] - told.told
        return np.maximum(told.levels * short, (told.levels - 1) * short)


def pinball_losses(told: Forecasts) -> Floats:
    """Return each series' mean pinball loss over levels and rows."""
    return told.by_series(_pinball(told).mean(axis=1))


def pinball(told: Forecasts) -> Estimate:
    """Measure the mean pinball loss, in the target's unit; smaller is better."""
    with np.errstate(over="ignore", invalid="ignore"):
        return mean_of(pinball_losses(told))


def wql(told: Forecasts) -> Estimate:
    """Measure twice the mean pinball loss over the mean size of what happened.

    Raises:
        Undefined: all true values are 0.
    """
    sizes = np.abs(told.actual)
    if not sizes.any():
        raise Undefined(
            "zero_truth", "All true values are 0, so nothing can be weighed by them."
        )
    _, places = np.unique(told.series, return_inverse=True)
    with np.errstate(over="ignore", invalid="ignore"):
        losses = 2 * _pinball(told).mean(axis=1)
        if places.max() > 0:
            losses = np.bincount(places, weights=losses)
            sizes = np.bincount(places, weights=sizes)
        return ratio_of(losses, sizes)


def _cells(levels: Floats) -> Floats:
    """Return (q,) the part of [0, 1] that lies nearest to each level."""
    borders = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return np.diff(borders)


def crps_losses(told: Forecasts) -> Floats:
    """Return each series' CRPS, twice the pinball loss integrated over the levels."""
    return told.by_series(2 * _pinball(told) @ _cells(told.levels))


def crps(told: Forecasts) -> Estimate:
    """Measure the continuous ranked probability score from quantiles, in the unit."""
    with np.errstate(over="ignore", invalid="ignore"):
        return mean_of(crps_losses(told))


def coverage_gap(told: Forecasts) -> Estimate:
    """Measure how far the outermost interval's coverage is from what it says.

    Raises:
        Undefined: there are fewer than two levels.
    """
    if len(told.levels) < 2:
        raise Undefined("one_level", "An interval needs at least two levels.")
    is_within = (told.told[:, 0] <= told.actual) & (told.actual <= told.told[:, -1])
    nominal = float(told.levels[-1] - told.levels[0])
    found = share_of(int(is_within.sum()), len(is_within))
    gaps = [abs(found.low - nominal), abs(found.high - nominal)]
    least = 0.0 if found.low <= nominal <= found.high else min(gaps)
    return Estimate(abs(found.value - nominal), least, max(gaps))
