"""What use costs: prices for each meter, and what of it is free each month. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from marketplace.metering.models.days import Meter

HOUR_MS = 3_600_000
GIGABYTE = 10**9
MONTH_SECONDS = 30 * 86_400
UNITS: Mapping[Meter, int] = {  # of what is counted, in what is priced
    Meter.CPU: HOUR_MS,
    Meter.GPU: HOUR_MS,
    Meter.STORAGE: GIGABYTE * MONTH_SECONDS,
    Meter.TRANSFER: GIGABYTE,
}
Amounts = Mapping[Meter, Decimal]
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of a meter costs, in minor units, and how many are free each month."""

    minor: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one month."""

    currency: str
    of: Mapping[Meter, Price]

    @property
    def is_free(self) -> bool:
        return not any(price.minor for price in self.of.values())

    def cost(self, meter: Meter, amount: Decimal) -> Decimal:
        """Return what so much of a meter costs in a month, in minor units and parts.

        Args:
            meter: what was counted.
            amount: how much of it in the month so far, in what is counted.
        """
        price = self.of[meter]
        beyond = max(amount - price.free * UNITS[meter], NOTHING)
        return beyond * price.minor / UNITS[meter]  # divided last: as exact as can be

    def total(self, amounts: Amounts) -> Decimal:
        """Return what all meters cost together in a month."""
        return sum(
            (self.cost(meter, amount) for meter, amount in amounts.items()), NOTHING
        )


def whole(minor: Decimal) -> int:
    """Return what is charged: whole units alone, and never more than it comes to."""
    return int(minor.to_integral_value(ROUND_FLOOR))


def at_most(minor: Decimal) -> int:
    """Return the whole units that something is sure not to go beyond."""
    return int(minor.to_integral_value(ROUND_CEILING))
