"""Whether more rows would help: scores by how many were learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log2, sqrt
from statistics import fmean, stdev
from typing import Any, Self

Z95 = 1.959964
CURVE_SHARES = (0.125, 0.25, 0.5)  # of the rows to learn from, beside all of them
SIZES_THAT_COUNT = (
    3  # the last of a curve, from which its slope is told: curves flatten
)
HARDLY = 0.01  # of the score; a doubling that gains less at best is not worth its rows


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A score of what was fitted to so many rows, with its 95 % interval."""

    rows: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Scores by the number of rows learnt from, and what a doubling of them gained.

    `gain` is how much lower the score became with each doubling, at the last, between
    `gain_low` and `gain_high`: the scores that rank are losses.
    """

    metric: str
    points: tuple[CurvePoint, ...]
    gain: float
    gain_low: float
    gain_high: float

    @property
    def helps(self) -> bool | None:
        """Whether more rows would help; None where this cannot be told."""
        if self.gain_low > 0:
            return True
        is_small = self.gain_high < HARDLY * abs(self.points[-1].value)
        return False if is_small else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        points = tuple(CurvePoint(**one) for one in told["points"])
        return cls(**{**told, "points": points})


def learning_curve(
    metric: str, losses: Mapping[int, Sequence[float]]
) -> LearningCurve | None:
    """Tell what more rows to learn from did, from losses on the same rows each time.

    The gain is the slope of the loss over the doublings of the last sizes, by least
    squares for each row that was answered, so that its interval is that of a mean of
    pairs. It does not count what another draw of the smaller parts would have given.

    Args:
        metric: what ranks; of "rmse", losses are squares and told by their root.
        losses: of each row that was answered, in one order, by the rows learnt from.

    Returns:
        None of fewer than two sizes, or two rows.
    """
    sizes = sorted(losses)
    if len(sizes) < 2 or len(losses[sizes[0]]) < 2:
        return None
    is_root = metric == "rmse"
    points = tuple(_point(size, losses[size], is_root=is_root) for size in sizes)
    last = sizes[-SIZES_THAT_COUNT:]
    across = [log2(size) for size in last]
    middle = fmean(across)
    spread = sum((each - middle) ** 2 for each in across)
    weights = [(middle - each) / spread for each in across]
    gains = [
        sum(weight * one for weight, one in zip(weights, each, strict=True))
        for each in zip(*(losses[size] for size in last), strict=True)
    ]
    # The root falls by as much as its square over twice the root.
    scale = 2 * points[-1].value if is_root and points[-1].value else 1.0
    gain, error = fmean(gains) / scale, Z95 * stdev(gains) / sqrt(len(gains)) / scale
    return LearningCurve(metric, points, gain, gain - error, gain + error)


def _point(rows: int, losses: Sequence[float], *, is_root: bool) -> CurvePoint:
    value, error = fmean(losses), Z95 * stdev(losses) / sqrt(len(losses))
    low, high = max(value - error, 0.0), value + error
    if is_root:
        value, low, high = sqrt(value), sqrt(low), sqrt(high)
    return CurvePoint(rows, value, low, high)
