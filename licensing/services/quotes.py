"""What offers come to for a buyer: prices of now, what a code takes off, tax."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from licensing.models import Discount, Offer, PriceKind
from licensing.services.discounts import DiscountRefused, find_discount, off_of
from licensing.services.eligibility import OrderRefused
from licensing.services.prices import Charge, charges_for
from licensing.territories import COUNTRIES
from licensing.totals import NO_TAXES, NOTHING_OFF, Tax, Taxes, Totals, totals_of
from marketplace.accounts.models import User
from marketplace.kit.errors import Malformed

VAT_ID = re.compile(r"[A-Z]{2}[A-Z0-9]{2,13}")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a buyer says of an order beside its offers.

    Attributes:
        quantities: how many of each offer, by its id; one, if nothing is said.
        amounts: what they pay for one of each offer that leaves it to them.
        code: of a discount; empty is none.
        country: where the buyer is taxed, as ISO 3166 names it.
        vat_id: of an organisation, noted on the order as it is given.
    """

    quantities: Mapping[UUID, int] = field(default_factory=dict)
    amounts: Mapping[UUID, int] = field(default_factory=dict)
    code: str = ""
    country: str = ""
    vat_id: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What offers come to for a buyer at a moment, in the order they were named."""

    charges: Mapping[UUID, Charge]
    totals: Totals
    currency: str
    discount: Discount | None
    vat_id: str

    @property
    def is_by_use(self) -> bool:
        """Whether there is something to pay after the months in which it is used."""
        kinds = {charge.price.kind for charge in self.charges.values()}
        return PriceKind.METERED in kinds


NO_WISHES = Wishes()


def quote_of(  # noqa: PLR0913  a price hangs on this many facts
    user: User,
    *,
    offers: Sequence[Offer],
    at: datetime,
    only_older: bool = False,
    wishes: Wishes = NO_WISHES,
    taxes: Taxes = NO_TAXES,
    fee_bps: int = 0,
    stated: Collection[UUID] | None = None,
    repriced: Collection[UUID] | None = None,
) -> Quote:
    """Return what offers would come to if `user` ordered them now. Nothing is kept.

    Args:
        user: for whose addresses a code may be.
        offers: live ones, with `terms`, `work` and `price`.
        at: the moment.
        only_older: only the versions that policies make free for their age.
        wishes: what else the buyer says.
        taxes: the operator's rates of now.
        fee_bps: the platform's part now.
        stated: the offers that have a price policy, if that is known.
        repriced: the offers whose price is another now than `price`, if that is known.

    Raises:
        Malformed: an amount, the country or the id of VAT cannot be.
        OrderRefused: currencies differ, or a free place is beside what costs something.
        NoFreePlaceLeft, NotFreeByAge, DiscountRefused: see `place_order`.
    """
    check_place(wishes)
    charges = charges_for(
        offers,
        at=at,
        only_older=only_older,
        quantities=wishes.quantities,
        amounts=wishes.amounts,
        stated=stated,
        repriced=repriced,
    )
    _refuse_mixed(charges.values())
    currency = next(iter(charges.values())).price.currency
    prices = [charges[offer.pk].minor for offer in offers]
    is_due = any(prices) or any(
        charge.price.kind == PriceKind.METERED for charge in charges.values()
    )
    discount: Discount | None = None
    reached: list[int] = []
    if wishes.code:
        discount, reached = find_discount(
            wishes.code, user=user, offers=offers, currency=currency, at=at
        )
    totals = totals_of(
        prices,
        tax=_tax_of(wishes.country, taxes=taxes, is_due=is_due),
        off=off_of(discount) if discount else NOTHING_OFF,
        reached=reached,
        fee_bps=fee_bps,
    )
    if discount is not None and not totals.discount_minor:
        raise DiscountRefused(
            gettext("code: %(code)s takes nothing off here.") % {"code": discount.code}
        )
    return Quote(charges, totals, currency, discount, wishes.vat_id)


def check_place(wishes: Wishes) -> None:
    """Return if where a buyer says they are taxed can be.

    Raises:
        Malformed: the country or the id of VAT cannot be.
    """
    if wishes.country and wishes.country not in COUNTRIES:
        raise Malformed(
            gettext("country: give the two letters of a country, such as GR.")
        )
    if wishes.vat_id and not VAT_ID.fullmatch(wishes.vat_id):
        raise Malformed(
            gettext(
                "vat_id: begin with the two letters of the country, then its digits and "
                "letters, such as EL123456789; without spaces."
            )
        )


def _tax_of(country: str, *, taxes: Taxes, is_due: bool) -> Tax:
    if taxes.rates and is_due and not country:
        raise Malformed(
            gettext(
                "country: say where you are taxed, in two letters such as GR; the tax of "
                "your country is reckoned with the price."
            )
        )
    return taxes.of(country)


def _refuse_mixed(charges: Collection[Charge]) -> None:
    if len({charge.price.currency for charge in charges}) > 1:
        raise OrderRefused(
            gettext("offers: one order takes one currency; place two orders.")
        )
    takes_places = any(charge.place for charge in charges)
    if takes_places and any(charge.minor for charge in charges):
        raise OrderRefused(
            gettext(
                "offers: a free place is taken by an order that costs nothing; order what "
                "is free by itself."
            )
        )
