"""What reports are told in: sections of lines and tables, and how numbers are written."""

from dataclasses import dataclass

from training.figures.schema import Value
from training.learning import Modality
from training.reports.lessons import about, lesson_url


@dataclass(frozen=True, slots=True)
class Line:
    """One number, ready to read, and a sentence on what it says."""

    title: str
    value: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers that belong together; the first cell of a row names it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. `about` explains what it is at all."""

    slug: str
    title: str
    intro: str
    lines: tuple[Line, ...] = ()
    table: Table | None = None
    modality: Modality = Modality.TABLE

    @property
    def about(self) -> str:
        return about(self.slug, self.modality)

    @property
    def lesson_url(self) -> str:
        return lesson_url(self.slug)


def between(value: Value, *, few: bool = False) -> str:
    digits = ".2f" if few else ".4g"
    low, high = format(value.low, digits), format(value.high, digits)
    return f"{format(value.value, digits)} ({low} to {high})"


def short(value: Value | None) -> str:
    return "–" if value is None else f"{value.value:.2f}"


def plain(number: float | None) -> str:
    return "–" if number is None else f"{number:.4g}"


def share_told(share: float | None) -> str:
    return "–" if share is None else percent(share)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share in {0, 1} else f"{100 * share:.3g} %"
