"""Carts: filled by a buyer with offers they accepted, ordered as a whole, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext

from licensing.conditions import MOST_SEATS
from licensing.models import (
    Cart,
    CartItem,
    Discount,
    Offer,
    OfferState,
    Order,
    Party,
)
from licensing.permissions import may_act_for, visible_offers
from licensing.services.discounts import find_discount
from licensing.services.eligibility import refuse_unfit
from licensing.services.offers import OfferWithdrawn
from licensing.services.orders import MOST_LINES, check_offers, place_locked
from licensing.services.price_checks import LARGEST_PRICE
from licensing.services.quotes import NO_WISHES, Quote, Wishes, check_place, quote_of
from licensing.services.works import party_of_user
from licensing.totals import Taxes
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError, Malformed


class CartEmpty(DomainError):
    code = "cart_empty"


@dataclass(frozen=True, slots=True)
class FilledCart:
    """A cart as it is shown: what it holds, and what that comes to now.

    There is no `quote` where nothing is held, or where `refusal` says why it could not be
    ordered so.
    """

    cart: Cart
    items: list[CartItem]
    quote: Quote | None
    refusal: str = ""

    @property
    def country(self) -> str:
        """Where its holder is taxed, as far as that is known."""
        return _place_of(self.cart)[0]

    @property
    def vat_id(self) -> str:
        return _place_of(self.cart)[1]

    @property
    def sums(self) -> dict[str, object] | None:
        """What it comes to, by the names that an order has for it."""
        if self.quote is None:
            return None
        totals = self.quote.totals
        return {
            "discount_minor": totals.discount_minor,
            "tax_minor": totals.tax_minor,
            "tax_country": totals.tax.country,
            "tax_bps": totals.tax.bps,
            "is_tax_included": totals.tax.is_included,
            "total_minor": totals.total_minor,
        }


@transaction.atomic
def put_in_cart(
    user: User,
    *,
    offer: Offer,
    at: datetime,
    holder: Party | None = None,
    wishes: Wishes = NO_WISHES,
) -> Cart:
    """Put an offer in a cart, or change how many of it are there.

    Args:
        user: whose cart it is.
        offer: what goes in.
        at: when, for a code.
        holder: for whom, if not for `user` themselves.
        wishes: how many, what is paid where buyers name it, and what holds for the whole
            cart from now on: a code, a country. What is not said stays.

    Raises:
        PermissionDenied: `user` does not act for `holder`.
        Malformed: the cart is full, or there are none of it.
        DiscountRefused: the code gives nothing for this offer.
    """
    cart = _held(user, holder)
    quantity = wishes.quantities.get(offer.pk, 1)
    amount_minor = wishes.amounts.get(offer.pk)
    _check_counts(quantity, amount_minor)
    check_place(wishes)
    rows = cart.items.exclude(offer=offer)
    if rows.count() >= MOST_LINES:
        raise Malformed(
            gettext("offers: a cart takes %(most_lines)s; order these first.")
            % {"most_lines": MOST_LINES}
        )
    CartItem.objects.update_or_create(
        cart=cart,
        offer=offer,
        defaults={"quantity": quantity, "amount_minor": amount_minor},
    )
    if wishes.code:
        currency = offer.price.currency
        cart.discount, _ = find_discount(
            wishes.code, user=user, offers=[offer], currency=currency, at=at
        )
    cart.country = wishes.country or cart.country
    cart.save(update_fields=["discount", "country"])
    return cart


@transaction.atomic
def fill_cart(
    user: User,
    *,
    offers: Sequence[Offer],
    wishes: Wishes,
    at: datetime,
    holder: Party | None = None,
) -> Cart:
    """Make a cart hold these offers and nothing else; the order of it stays open.

    Args:
        user: whose cart it is.
        offers: different ones, 20 at most; none empties it.
        wishes: how many of each, what is paid where buyers name it, a code, and where
            they are taxed.
        at: when, for the code.
        holder: for whom, if not for `user` themselves.

    Raises:
        PermissionDenied: `user` does not act for `holder`.
        Malformed: too many offers, one twice, or none of one; a country or an id of VAT
            that cannot be.
        DiscountRefused: the code gives nothing for these.
    """
    if offers:
        check_offers(offers)
    for offer in offers:
        _check_counts(wishes.quantities.get(offer.pk, 1), wishes.amounts.get(offer.pk))
    check_place(wishes)
    cart = _held(user, holder)
    discount: Discount | None = None
    if wishes.code and offers:
        discount, _ = find_discount(
            wishes.code,
            user=user,
            offers=offers,
            currency=offers[0].price.currency,
            at=at,
        )
    cart.items.all().delete()
    CartItem.objects.bulk_create(
        CartItem(
            cart=cart,
            offer=offer,
            quantity=wishes.quantities.get(offer.pk, 1),
            amount_minor=wishes.amounts.get(offer.pk),
        )
        for offer in offers
    )
    cart.discount = discount
    cart.country, cart.vat_id = _own_place(cart, wishes)
    cart.save(update_fields=["discount", "country", "vat_id"])
    return cart


def carts_of(
    user: User, *, at: datetime, taxes: Taxes, fee_bps: int = 0
) -> list[FilledCart]:
    """Return somebody's carts that hold something, and what each comes to now.

    Cost: two queries; five more for each cart, or six with a code.
    """
    mine = Cart.objects.filter(buyer=user, items__isnull=False).distinct()
    carts = mine.select_related("holder__billing", "discount").order_by(
        "holder__name", "pk"
    )
    items = CartItem.objects.select_related(
        "offer__work__owner", "offer__terms__for_party", "offer__price"
    ).order_by("pk")
    filled = carts.prefetch_related(Prefetch("items", queryset=items))
    return [_shown(user, cart, at=at, taxes=taxes, fee_bps=fee_bps) for cart in filled]


def cart_of(
    user: User,
    *,
    at: datetime,
    taxes: Taxes,
    fee_bps: int = 0,
    holder: Party | None = None,
) -> FilledCart:
    """Return one cart and what it comes to now, empty if nothing was put in yet.

    Raises:
        PermissionDenied: `user` does not act for `holder`.
    """
    party = holder or party_of_user(user)
    if holder is not None and not may_act_for(user, holder):
        raise PermissionDenied(f"You do not buy for {holder}.")
    for filled in carts_of(user, at=at, taxes=taxes, fee_bps=fee_bps):
        if filled.cart.holder_id == party.pk:
            return filled
    kept = Cart.objects.filter(buyer=user, holder=party).first()
    return FilledCart(kept or Cart(buyer=user, holder=party), [], None)


@transaction.atomic
def order_cart(
    user: User,
    *,
    ordered_at: datetime,
    fee_bps: int,
    pay_within: timedelta,
    taxes: Taxes,
    holder: Party | None = None,
) -> Order:
    """Order all that a cart holds, which empties it; a second click finds it empty.

    Raises:
        CartEmpty: there is nothing in it, or it was ordered a moment ago.
        PermissionDenied, Malformed and what else `place_order` refuses.
    """
    cart = _locked(user, holder).first()
    if cart is None:
        raise _empty()
    rows = cart.items.select_for_update(of=("self", "offer"), no_key=True)
    items = list(rows.select_related("offer").order_by("offer_id"))
    if not items:
        raise _empty()
    items.sort(key=lambda item: item.pk)  # as they were put in; locked as offers are
    order = place_locked(
        user,
        offers=[item.offer for item in items],
        placed_at=ordered_at,
        fee_bps=fee_bps,
        pay_within=pay_within,
        holder=cart.holder,
        wishes=wishes_of(cart, items),
        taxes=taxes,
    )
    cart.items.all().delete()
    if cart.discount is not None:
        cart.discount = None
        cart.save(update_fields=["discount"])
    return order


def _shown(
    user: User, cart: Cart, *, at: datetime, taxes: Taxes, fee_bps: int
) -> FilledCart:
    items = list(cart.items.all())
    offers = [item.offer for item in items]
    wishes = wishes_of(cart, items)
    try:
        _refuse_closed(user, offers)
        refuse_unfit(cart.holder, offers, at=at, quantities=wishes.quantities)
        quote = quote_of(
            user, offers=offers, at=at, wishes=wishes, taxes=taxes, fee_bps=fee_bps
        )
    except DomainError as refusal:
        return FilledCart(cart, items, None, str(refusal))
    return FilledCart(cart, items, quote)


def _refuse_closed(user: User, offers: Sequence[Offer]) -> None:
    open_to_them = visible_offers(user).filter(
        pk__in=[offer.pk for offer in offers],
        state=OfferState.LIVE,
        work__is_withheld=False,
    )
    found = set(open_to_them.values_list("pk", flat=True))
    for offer in offers:
        if offer.pk not in found:
            raise OfferWithdrawn(
                gettext(
                    "“%(terms_title)s” of “%(work_title)s” is not open to orders any "
                    "more. Take it out."
                )
                % {"terms_title": offer.terms.title, "work_title": offer.work.title}
            )


def wishes_of(cart: Cart, items: Sequence[CartItem]) -> Wishes:
    """Return what a cart says beside its offers.

    Where it does not say where its holder is taxed, their billing details do.
    """
    country, vat_id = _place_of(cart)
    return Wishes(
        quantities={item.offer_id: item.quantity for item in items},
        amounts={
            item.offer_id: item.amount_minor
            for item in items
            if item.amount_minor is not None
        },
        code=cart.discount.code if cart.discount else "",
        country=country,
        vat_id=vat_id,
    )


def _place_of(cart: Cart) -> tuple[str, str]:
    """Return the country where a cart's holder is taxed and their id of VAT, or empty."""
    country, vat_id = _billed_place(cart.holder)
    return cart.country or country, cart.vat_id or vat_id


def _own_place(cart: Cart, wishes: Wishes) -> tuple[str, str]:
    """Return what is said of it that the billing details do not say, or empty."""
    country, vat_id = _billed_place(cart.holder)
    return (
        "" if wishes.country == country else wishes.country,
        "" if wishes.vat_id == vat_id else wishes.vat_id,
    )


def _billed_place(holder: Party) -> tuple[str, str]:
    """Return what the billing details say; only organisations' orders note an id of VAT."""
    details = getattr(holder, "billing", None)
    if details is None:
        return "", ""
    return details.country, details.vat_id if holder.organisation_id else ""


def _held(user: User, holder: Party | None) -> Cart:
    """Return somebody's cart, made on first use; see `_locked`."""
    rows = _locked(user, holder)
    if cart := rows.first():
        return cart
    Cart.objects.get_or_create(buyer=user, holder=holder or party_of_user(user))
    return rows.get()


def _locked(user: User, holder: Party | None) -> QuerySet[Cart]:
    """Return somebody's cart, held so that two who change or order it take turns."""
    if holder is not None and not may_act_for(user, holder):
        raise PermissionDenied(f"You do not buy for {holder}.")
    rows = Cart.objects.select_for_update(of=("self",)).filter(buyer=user)
    rows = rows.select_related("discount", "holder__billing")
    if holder is None:
        return rows.filter(holder__user=user, holder__organisation=None)
    return rows.filter(holder=holder)


def _empty() -> CartEmpty:
    return CartEmpty(gettext("There is nothing in this cart. See your orders."))


def _check_counts(quantity: int, amount_minor: int | None) -> None:
    if not 1 <= quantity <= MOST_SEATS:
        raise Malformed(
            gettext("quantities: give 1 to %(most_seats)s, or leave the offer out.")
            % {"most_seats": MOST_SEATS}
        )
    if amount_minor is not None and not 0 <= amount_minor <= LARGEST_PRICE:
        raise Malformed(
            gettext("amounts: give an amount that is not below zero, nor too large.")
        )
