"""What the head of a column shows: bars, and the same in words. Pure.

It is read from statistics as Hugging Face's viewer has them, of all rows of a split.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.viewer.findings import share

HEIGHT, WIDTH = 28.0, 120.0  # of a drawing
LEAST_BAR = 0.8
MOST_CLASSES = 5
GAP = 1.0
UNITS = {
    "string_text": _("%(span)s characters"),
    "list": _("%(span)s elements"),
    "image": _("%(span)s pixels wide"),
    "audio": _("%(span)s seconds"),
}
TYPES = {
    "bool": _("yes or no"),
    "class_label": _("class"),
    "string_label": _("class"),
    "string_text": _("text"),
    "list": _("list"),
    "image": _("picture"),
    "audio": _("sound"),
    "datetime": _("time"),
    "int": _("whole number"),
    "float": _("number"),
}

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a drawing, in its units, and what it stands for in words."""

    x: float
    y: float
    width: float
    height: float
    says: str


@dataclass(frozen=True, slots=True)
class Class:
    """One of the most frequent values; `permille` of the rows have it."""

    name: str
    count: int
    permille: int
    said: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One column: `range` is from the least to the most, `lines` are further numbers."""

    kind: str
    missing: int
    missing_said: str
    range: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    bars: tuple[Bar, ...] = ()
    classes: tuple[Class, ...] = ()
    other_classes: int = 0

    @property
    def class_count(self) -> int:
        return len(self.classes) + self.other_classes


def summaries_of(statistics: Iterable[Told] | None) -> dict[str, Summary]:
    """Return a summary by the name of each column that was counted."""
    return {
        one["column_name"]: _summary(one["column_type"], one["column_statistics"])
        for one in statistics or ()
    }


def _summary(kind: str, told: Told) -> Summary:
    missing = int(told.get("nan_count") or 0)
    proportion = float(told.get("nan_proportion") or 0.0)
    said = ""
    if missing:
        said = f"{missing:,} missing ({share(round(proportion * 10_000), 10_000)})"
    frequencies = told.get("frequencies")
    if isinstance(frequencies, Mapping):
        return _of_classes(kind, frequencies, missing, said)
    histogram = told.get("histogram")
    return Summary(
        kind=_kind(kind),
        missing=missing,
        missing_said=said,
        range=_range(told, kind),
        lines=_lines(told),
        bars=_bars(histogram) if isinstance(histogram, Mapping) else (),
    )


def _of_classes(
    kind: str, frequencies: Mapping[str, int], missing: int, said: str
) -> Summary:
    rows = sum(frequencies.values())
    common = sorted(frequencies.items(), key=lambda one: -one[1])[:MOST_CLASSES]
    classes = tuple(
        Class(name, count, round(1000 * count / max(rows, 1)), share(count, rows))
        for name, count in common
    )
    return Summary(
        kind=_kind(kind),
        missing=missing,
        missing_said=said,
        classes=classes,
        other_classes=len(frequencies) - len(classes),
        lines=((gettext("different values"), f"{len(frequencies):,}"),),
    )


def _bars(histogram: Told) -> tuple[Bar, ...]:
    counts, edges = histogram.get("hist") or [], histogram.get("bin_edges") or []
    if not counts or len(edges) != len(counts) + 1:
        return ()
    most, width = max(counts), WIDTH / len(counts)
    bars = []
    for at, count in enumerate(counts):
        height = 0.0 if not count else max(HEIGHT * count / most, LEAST_BAR)
        bars.append(
            Bar(
                x=round(at * width + GAP / 2, 2),
                y=round(HEIGHT - height, 2),
                width=round(max(width - GAP, GAP), 2),
                height=round(height, 2),
                says=f"{_span(edges[at], edges[at + 1])}: {count:,}",
            )
        )
    return tuple(bars)


def _range(told: Told, kind: str) -> str:
    low, high = told.get("min"), told.get("max")
    if low is None or high is None:
        return ""
    span = said(low) if low == high else _span(low, high)
    return str(UNITS[kind]) % {"span": span} if kind in UNITS else span


def _span(low: object, high: object) -> str:
    return gettext("%(low)s to %(high)s") % {"low": said(low), "high": said(high)}


def _lines(told: Told) -> tuple[tuple[str, str], ...]:
    names = (
        ("mean", gettext("mean")),
        ("median", gettext("middle")),
        ("std", gettext("standard deviation")),
    )
    return tuple(
        (name, said(told[key])) for key, name in names if told.get(key) is not None
    )


def said(value: object) -> str:
    """Print a number with four significant digits, whole ones in full, times as told."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.4g}" if abs(value) >= 1e-4 else f"{value:.3g}"


def _kind(kind: str) -> str:
    return str(TYPES.get(kind, kind))
