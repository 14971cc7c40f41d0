"""Small drawings as numbers for SVG: the page draws, nothing here knows of HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SIDE = 200


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
