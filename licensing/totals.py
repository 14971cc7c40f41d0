"""What an order comes to, line by line: prices, what a code takes off, tax. Pure.

Specification of rights and money, section 4.5: the parts of a discount and of a tax sum
exactly, and nothing falls below zero.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from licensing.money import WHOLE, fee_of, split


@dataclass(frozen=True, slots=True)
class Off:
    """What a code takes off: hundredths of a per cent, or an amount in minor units.

    With `is_of_fee` it is the platform that gives it, of its fee and never more than that.
    """

    bps: int = 0
    minor: int = 0
    is_of_fee: bool = False


@dataclass(frozen=True, slots=True)
class Tax:
    """The rate of one country, on top of the prices or in them already."""

    country: str = ""
    bps: int = 0
    is_included: bool = False


@dataclass(frozen=True, slots=True)
class Taxes:
    """The operator's rates by country, in hundredths of a per cent; others have none."""

    rates: Mapping[str, int] = field(default_factory=dict)
    are_included: bool = False

    def of(self, country: str) -> Tax:
        """Return the tax of a buyer's country."""
        return Tax(country, self.rates.get(country, 0), is_included=self.are_included)


@dataclass(frozen=True, slots=True)
class LineTotal:
    """One line: `gross_minor` is paid; of `net_minor` the fee is the platform's."""

    price_minor: int
    discount_minor: int
    tax_minor: int
    net_minor: int
    fee_minor: int

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.tax_minor

    @property
    def owners_minor(self) -> int:
        return self.net_minor - self.fee_minor


class Kept(TypedDict):
    """What the row of an order keeps of what it comes to."""

    subtotal_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    tax_country: str
    tax_bps: int
    is_tax_included: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """A whole order, in minor units of its one currency."""

    lines: tuple[LineTotal, ...]
    tax: Tax

    @property
    def kept(self) -> Kept:
        return Kept(
            subtotal_minor=self.subtotal_minor,
            discount_minor=self.discount_minor,
            tax_minor=self.tax_minor,
            total_minor=self.total_minor,
            tax_country=self.tax.country,
            tax_bps=self.tax.bps,
            is_tax_included=self.tax.is_included,
        )

    @property
    def subtotal_minor(self) -> int:
        return sum(line.price_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        return sum(line.discount_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return sum(line.gross_minor for line in self.lines)


NO_TAX = Tax()
NO_TAXES = Taxes()
NOTHING_OFF = Off()


def totals_of(
    prices: Sequence[int],
    *,
    tax: Tax = NO_TAX,
    off: Off = NOTHING_OFF,
    reached: Collection[int] = (),
    fee_bps: int = 0,
) -> Totals:
    """Return what lines of these prices come to.

    Args:
        prices: minor units, at least 0, each for all that its line is of.
        tax: the rate, and whether the prices have it in them.
        off: what is taken off; an amount never more than what it is taken off from.
        reached: the places in `prices` that it is taken off from.
        fee_bps: the platform's part of what is left.

    What a rate takes off is rounded down, and a tax to the nearest unit, a half up; both
    are shared out over the lines by their prices, with the largest remainders. What the
    platform gives is shared out by its fees, and leaves the owners what they would have
    without it; where a tax is in the prices, to within the unit it is rounded by.
    """
    most = {place: prices[place] for place in reached}
    taken = off.minor + sum(most.values()) * off.bps // WHOLE
    plain: Sequence[LineTotal] = ()
    if off.is_of_fee:
        plain = totals_of(prices, tax=tax, fee_bps=fee_bps).lines
        most = {place: plain[place].fee_minor for place in reached}
    discounts = _parts(min(taken, sum(most.values())), most)
    bases = {
        place: price - discounts.get(place, 0) for place, price in enumerate(prices)
    }
    taxes = _parts(_tax_on(sum(bases.values()), tax), bases)
    nets = {
        place: base - (taxes.get(place, 0) if tax.is_included else 0)
        for place, base in bases.items()
    }
    return Totals(
        lines=tuple(
            LineTotal(
                price_minor=price,
                discount_minor=discounts.get(place, 0),
                tax_minor=taxes.get(place, 0),
                net_minor=nets[place],
                fee_minor=max(0, nets[place] - plain[place].owners_minor)
                if plain
                else fee_of(nets[place], fee_bps=fee_bps),
            )
            for place, price in enumerate(prices)
        ),
        tax=tax,
    )


def _tax_on(base_minor: int, tax: Tax) -> int:
    whole = WHOLE + tax.bps if tax.is_included else WHOLE
    return (2 * base_minor * tax.bps + whole) // (2 * whole)


def _parts(total_minor: int, bases: Mapping[int, int]) -> dict[int, int]:
    weights = {place: base for place, base in bases.items() if base}
    return split(total_minor, weights=weights) if weights else {}
