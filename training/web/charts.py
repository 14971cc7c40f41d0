"""Small drawings as numbers for SVG: the page draws, nothing here knows of HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from math import log2
from typing import Any

from training.learning_curves import LearningCurve

SIDE = 200
WIDTH = 600


@dataclass(frozen=True, slots=True)
class ReliabilityPoint:
    """One bin of a reliability diagram on a square of `SIDE`; y grows downwards."""

    x: float
    y: float
    y_low: float
    y_high: float
    radius: float
    confidence: float
    accuracy: float
    count: int


def reliability_points(bins: Sequence[dict[str, Any]]) -> list[ReliabilityPoint]:
    """Place each bin by its confidence and accuracy, as large as its share of rows."""
    total = sum(each["count"] for each in bins) or 1
    return [
        ReliabilityPoint(
            x=round(SIDE * each["confidence"], 2),
            y=round(SIDE * (1 - each["accuracy"]), 2),
            y_low=round(SIDE * (1 - each["low"]), 2),
            y_high=round(SIDE * (1 - each["high"]), 2),
            radius=round(2 + 8 * (each["count"] / total) ** 0.5, 2),
            confidence=each["confidence"],
            accuracy=each["accuracy"],
            count=each["count"],
        )
        for each in bins
        if each["count"]
    ]


@dataclass(frozen=True, slots=True)
class Dot:
    """Something scored, on a field of `WIDTH` by `SIDE`; better is higher."""

    x: float
    y: float
    name: str
    score: float
    across: float
    is_best: bool

    @property
    def moment(self) -> datetime:
        """What `across` says where it is seconds since the epoch."""
        return datetime.fromtimestamp(self.across, tz=UTC)


@dataclass(frozen=True, slots=True)
class Chart:
    """Dots from left to right, the line through the best, and what the edges mean."""

    dots: list[Dot]
    line: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def began(self) -> datetime:
        """What the left edge says where it is seconds since the epoch."""
        return datetime.fromtimestamp(self.left, tz=UTC)

    @property
    def ended(self) -> datetime:
        """What the right edge says where it is seconds since the epoch."""
        return datetime.fromtimestamp(self.right, tz=UTC)


@dataclass(frozen=True, slots=True)
class Scored:
    """What a chart needs of a board's row: `across` is a moment or a cost."""

    name: str
    score: float
    merit: float
    across: float


def over_time(rows: Sequence[Scored]) -> Chart | None:
    """Draw when each score was reached, with a line through the best until then.

    Args:
        rows: `across` in seconds since the epoch, in any order; None for fewer than two.
    """
    ordered = sorted(rows, key=lambda row: row.across)
    best = list(accumulate((row.merit for row in ordered), max))
    is_best = [row.merit == top for row, top in zip(ordered, best, strict=True)]
    return _chart(ordered, is_best)


def pareto(rows: Sequence[Scored]) -> Chart | None:
    """Draw scores against what they cost, with a line through what nothing dominates.

    Args:
        rows: `across` is a cost, less is better; None for fewer than two.
    """
    ordered = sorted(rows, key=lambda row: (row.across, -row.merit))
    best = list(accumulate((row.merit for row in ordered), max))
    before = [float("-inf"), *best][: len(best)]
    is_best = [row.merit > top for row, top in zip(ordered, before, strict=True)]
    return _chart(ordered, is_best)


def _chart(ordered: Sequence[Scored], is_best: Sequence[bool]) -> Chart | None:
    if len(ordered) < 2:
        return None
    left, right = ordered[0].across, ordered[-1].across
    low = min(ordered, key=lambda row: row.merit)
    high = max(ordered, key=lambda row: row.merit)
    width, height = (right - left) or 1.0, (high.merit - low.merit) or 1.0
    dots = [
        Dot(
            x=round(WIDTH * (row.across - left) / width, 1),
            y=round(SIDE * (1 - (row.merit - low.merit) / height), 1),
            name=row.name,
            score=row.score,
            across=row.across,
            is_best=best,
        )
        for row, best in zip(ordered, is_best, strict=True)
    ]
    first = [dot for dot in dots if dot.is_best]
    return Chart(dots, _steps(first), left, right, low.score, high.score)


def _steps(dots: Sequence[Dot]) -> str:
    """Return an SVG path that goes right, then up, and on to the right edge."""
    parts = [f"M{dots[0].x} {dots[0].y}"]
    parts += [f"H{dot.x} V{dot.y}" for dot in dots[1:]]
    return " ".join([*parts, f"H{WIDTH}"])


@dataclass(frozen=True, slots=True)
class CurveDot:
    """A score of a learning curve with its interval; y grows downwards, less is lower."""

    x: float
    y: float
    y_low: float
    y_high: float
    rows: int
    value: float


@dataclass(frozen=True, slots=True)
class CurveChart:
    """Dots by doublings of the rows from left to right, and what the edges mean."""

    dots: list[CurveDot]
    line: str
    bottom: float
    top: float


def curve_chart(curve: LearningCurve | None) -> CurveChart | None:
    """Draw a learning curve on a field of `WIDTH` by `SIDE`."""
    if curve is None:
        return None
    across = [log2(point.rows) for point in curve.points]
    low = min(point.low for point in curve.points)
    high = max(point.high for point in curve.points)
    width, height = (across[-1] - across[0]) or 1.0, (high - low) or 1.0

    def down(value: float) -> float:
        return round(SIDE * (high - value) / height, 1)

    dots = [
        CurveDot(
            x=round(WIDTH * (place - across[0]) / width, 1),
            y=down(point.value),
            y_low=down(point.low),
            y_high=down(point.high),
            rows=point.rows,
            value=point.value,
        )
        for place, point in zip(across, curve.points, strict=True)
    ]
    line = "M" + " L".join(f"{dot.x} {dot.y}" for dot in dots)
    return CurveChart(dots, line, low, high)
