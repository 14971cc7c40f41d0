"""Figures as values: what is drawn, what it says in words, and where things lie. Pure.

Bars are tables whose cells hold a drawn bar, so that the numbers are text for everyone.
What is drawn as one picture has a text that stands for it, and its numbers as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SIDE = 200.0  # of a square picture, in units of its own
WIDTH, HEIGHT = 600.0, 200.0  # of a wide one


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a name, a number as printed, and where its bar and interval end."""

    label: str
    shown: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


def share_bar(label: str, found: Sequence[float], note: str = "") -> Bar:
    """Return the bar of a share, of 1, with its interval: `found` is value, low, high."""
    value, low, high = found[:3]
    shown = f"{value:.1%}".replace("%", "\N{NO-BREAK SPACE}%")  # as its interval is
    return Bar(label, shown, value, low, high, note)


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars between `floor` and `ceiling`; `noted` heads a column of notes, if any."""

    title: str
    caption: str
    head: str
    of: str
    bars: Sequence[Bar]
    floor: float = 0.0
    ceiling: float = 1.0
    noted: str = ""
    template: str = "front/figures/bars.html"


@dataclass(frozen=True, slots=True)
class Dot:
    """A place in a picture, downwards and to the right, and what is there."""

    x: float
    y: float
    told: str = ""
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """One line through dots; `is_dashed` tells two apart without colour."""

    name: str
    dots: tuple[Dot, ...]
    is_dashed: bool = False

    @property
    def line(self) -> str:
        return "M" + " L".join(f"{dot.x:g} {dot.y:g}" for dot in self.dots)

    @property
    def end(self) -> Dot:
        return self.dots[-1]


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a picture; the first cell of a row names it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over a common axis. `told` is the whole picture in words."""

    title: str
    told: str
    caption: str
    curves: tuple[Curve, ...]
    ticks: tuple[Dot, ...]
    across: str
    top: str
    bottom: str
    numbers: Table
    template: str = "front/figures/curves.html"


@dataclass(frozen=True, slots=True)
class Reliability:
    """Stated confidence against how often it was right; on the diagonal both agree."""

    title: str
    told: str
    caption: str
    curves: tuple[Curve, ...]
    numbers: Table
    template: str = "front/figures/reliability.html"


@dataclass(frozen=True, slots=True)
class Cell:
    """One dot of a scan; `ink` from 0 to 1."""

    x: int
    y: int
    ink: float


@dataclass(frozen=True, slots=True)
class Scan:
    """A small picture, and bars of what a model says of it."""

    title: str
    told: str
    caption: str
    cells: tuple[Cell, ...]
    bars: Bars
    template: str = "front/figures/scan.html"


Figure = Bars | Curves | Reliability | Scan


def curve(
    name: str,
    values: Sequence[float],
    *,
    floor: float,
    ceiling: float,
    is_dashed: bool = False,
) -> Curve:
    """Lay values side by side over the width of a wide picture, the greatest on top."""
    dots = tuple(
        Dot(x, _up(value, floor, ceiling), f"{value:.1%}")
        for x, value in zip(_across(len(values)), values, strict=True)
    )
    return Curve(name, dots, is_dashed)


def ticks(labels: Sequence[object]) -> tuple[Dot, ...]:
    """Return where labels stand below a wide picture, as `curve` lays values."""
    return tuple(
        Dot(x, HEIGHT, str(label))
        for x, label in zip(_across(len(labels)), labels, strict=True)
    )


def reliability(
    name: str, bins: Sequence[Sequence[float]], *, is_dashed: bool
) -> Curve:
    """Place bins of confidence, accuracy and its interval in a square picture."""

    def up(share: float) -> float:
        return round(SIDE * (1 - share), 1)

    dots = tuple(
        Dot(
            round(SIDE * confidence, 1),
            up(right),
            f"said {confidence:.0%}, right {right:.0%}",
            up(low),
            up(high),
        )
        for confidence, right, low, high in bins
    )
    return Curve(name, dots, is_dashed)


def _across(count: int) -> list[float]:
    """Return where so many places lie over the width of a wide picture."""
    step = WIDTH / max(count - 1, 1)
    return [round(place * step, 1) for place in range(count)]


def _up(value: float, floor: float, ceiling: float) -> float:
    return round(HEIGHT * (1 - (value - floor) / (ceiling - floor)), 1)
