"""Bars as numbers for SVG: the page draws them, nothing here knows of HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from licensing.queries.sales import Listing, Month

HEIGHT = 160
STEP = 52
BAR = 32


@dataclass(frozen=True, slots=True)
class Column:
    """A month's bars: up for what was earned, down for what was given back."""

    month: Month
    x: int
    top: float
    earned: float
    given_back: float

    @property
    def middle(self) -> int:
        return self.x + BAR // 2


@dataclass(frozen=True, slots=True)
class Chart:
    """One currency's columns on one scale; y grows downwards, `zero` is the ground."""

    currency: str
    columns: list[Column]
    zero: float
    width: int
    height: int

    @property
    def newest_first(self) -> list[Column]:
        return self.columns[::-1]


def month_charts(months: Iterable[Month], *, first: date, count: int) -> list[Chart]:
    """Return a chart for each currency, with a column for each of `count` months.

    Args:
        months: what there is; a month that is missing earned nothing.
        first: the first day of the first month.
        count: how many.
    """
    by_currency: dict[str, dict[date, Month]] = {}
    for month in months:
        by_currency.setdefault(month.currency, {})[month.first] = month
    days = [_months_after(first, n) for n in range(count)]
    return [
        _chart(currency, [known.get(day, Month(day, currency, 0, 0)) for day in days])
        for currency, known in sorted(by_currency.items())
    ]


def _chart(currency: str, months: Sequence[Month]) -> Chart:
    up = max(max(month.earned_minor, 0) for month in months)
    down = max(max(month.given_back_minor, 0) for month in months)
    scale = HEIGHT / ((up + down) or 1)
    zero = round(up * scale, 2)
    return Chart(
        currency,
        [
            Column(
                month,
                x=STEP * place + (STEP - BAR) // 2,
                top=round(zero - max(month.earned_minor, 0) * scale, 2),
                earned=round(max(month.earned_minor, 0) * scale, 2),
                given_back=round(max(month.given_back_minor, 0) * scale, 2),
            )
            for place, month in enumerate(months)
        ],
        zero=zero,
        width=STEP * len(months),
        height=HEIGHT,
    )


def listing_bars(listings: Iterable[Listing]) -> list[tuple[Listing, float]]:
    """Return each listing with its length, of 100, beside the longest of its currency."""
    rows = list(listings)
    longest: dict[str, int] = {}
    for row in rows:
        longest[row.currency] = max(longest.get(row.currency, 1), row.kept_minor)
    return [
        (row, round(100 * max(row.kept_minor, 0) / longest[row.currency], 2))
        for row in rows
    ]


def _months_after(first: date, count: int) -> date:
    years, month = divmod(first.month - 1 + count, 12)
    return date(first.year + years, month + 1, 1)
