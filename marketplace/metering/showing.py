"""Use and prices as people read them: units, free parts, costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext

from licensing.money import finely_shown
from marketplace.metering.models import DayOfUse, Meter, Tariff
from marketplace.metering.prices import NOTHING, UNITS, Amounts, Prices
from marketplace.metering.queries import Standing, prices_of

PLACES = Decimal("0.001")
STATEMENT_HEAD = (
    *("day", "meter", "unit", "used", "priced", "currency", "charged_minor"),
    "not_covered_minor",
)


@dataclass(frozen=True, slots=True)
class PriceShown:
    """The price of one meter: `label` is what it counts, `unit` what is priced."""

    label: str
    unit: str
    price: str
    free: Decimal


@dataclass(frozen=True, slots=True)
class MeterShown:
    """How much of a meter a month has seen, and what that costs so far."""

    label: str
    unit: str
    used: Decimal
    free: Decimal | None
    cost: str


def unit_of(meter: Meter) -> str:
    """Return what a meter is read in."""
    return {
        Meter.CPU: gettext("processor hours"),
        Meter.GPU: gettext("graphics card hours"),
        Meter.STORAGE: gettext("gigabyte months"),
        Meter.TRANSFER: gettext("gigabytes"),
    }[meter]


def in_units(meter: Meter, amount: Decimal) -> Decimal:
    """Return an amount in what is priced, to three places."""
    return (amount / UNITS[meter]).quantize(PLACES)


def prices_shown(tariff: Tariff) -> list[PriceShown]:
    prices = prices_of(tariff)
    return [
        PriceShown(
            str(meter.label),
            unit_of(meter),
            finely_shown(prices.of[meter].minor, prices.currency),
            prices.of[meter].free,
        )
        for meter in Meter
    ]


def meters_shown(standing: Standing) -> list[MeterShown]:
    """Return the meters of a month that is charged for."""
    return [_meter_shown(meter, standing.used, standing.prices) for meter in Meter]


def amounts_shown(used: Amounts) -> list[MeterShown]:
    """Return the meters of a month that is not."""
    return [_meter_shown(meter, used, None) for meter in Meter]


def _meter_shown(meter: Meter, used: Amounts, prices: Prices | None) -> MeterShown:
    amount = used.get(meter, NOTHING)
    label, unit = str(meter.label), unit_of(meter)
    read = in_units(meter, amount)
    if prices is None:
        return MeterShown(label, unit, read, None, "")
    cost = finely_shown(prices.cost(meter, amount), prices.currency)
    return MeterShown(label, unit, read, prices.of[meter].free, cost)


@dataclass(frozen=True, slots=True)
class DayShown:
    """One day of one meter."""

    day: date
    label: str
    unit: str
    used: Decimal
    row: DayOfUse


def days_shown(rows: list[DayOfUse]) -> list[DayShown]:
    return [
        DayShown(
            row.day,
            row.get_meter_display(),
            unit_of(Meter(row.meter)),
            in_units(Meter(row.meter), row.amount),
            row,
        )
        for row in rows
    ]


def statement_rows(
    rows: Iterator[DayOfUse], *, currency: str
) -> Iterator[tuple[object, ...]]:
    """Yield the days of a namespace for a spreadsheet, as the head names them."""
    for row in rows:
        meter = Meter(row.meter)
        yield (
            row.day,
            row.meter,
            {
                Meter.CPU: "hours",
                Meter.GPU: "hours",
                Meter.STORAGE: "gigabyte months",
                Meter.TRANSFER: "gigabytes",
            }[meter],
            row.amount / UNITS[meter],
            row.priced / UNITS[meter],
            currency if row.charged_at else "",
            row.charged_minor if row.charged_at else "",
            row.uncovered_minor if row.charged_at else "",
        )
