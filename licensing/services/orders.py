"""Orders: placed, cancelled."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q

from licensing.models import (
    Acceptance,
    Offer,
    OfferState,
    Order,
    OrderLine,
    OrderState,
    Party,
    ShareSet,
)
from licensing.money import fee_of
from licensing.permissions import may_act_for, visible_works
from licensing.services.eligibility import OrderRefused, refuse_held, refuse_unfit
from licensing.services.fulfilment import grant
from licensing.services.offers import OfferWithdrawn
from licensing.services.prices import Charge, charges_for, take_places
from licensing.services.works import party_of_user
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing looks alike
MOST_LINES = 20


class AcceptanceRequired(DomainError):
    code = "acceptance_required"
    status = 403


class OrderClosed(DomainError):
    code = "order_closed"


@transaction.atomic
def place_order(
    user: User,
    *,
    offers: Sequence[Offer],
    placed_at: datetime,
    fee_bps: int,
    pay_within: timedelta,
    holder: Party | None = None,
    only_older: bool = False,
) -> Order:
    """Order offers at their prices of now. One that costs nothing is fulfilled at once.

    Args:
        user: who buys; they have accepted the terms of each offer.
        offers: 1 to 20 different ones, live, priced in one currency.
        placed_at: when.
        fee_bps: the platform's part now; the order keeps it.
        pay_within: how long the order waits for money.
        holder: for whom, if not for `user` themselves: a party they act for.
        only_older: only the versions that the offers' policies make free for their age.

    Raises:
        Malformed: no offers, too many, or one twice.
        PermissionDenied: `user` does not act for `holder`.
        OfferWithdrawn: an offer is not open.
        AcceptanceRequired: the current terms of one are not accepted.
        OrderRefused: currencies differ, one is held already, is waited for, is over, or
            is for others, or a free place is asked for beside what costs something.
        NoFreePlaceLeft: the free places are taken, and nothing is charged yet.
        NotFreeByAge: `only_older`, and an offer has no older versions that are free.
    """
    if not 1 <= len(offers) <= MOST_LINES or len({o.pk for o in offers}) < len(offers):
        raise Malformed(f"offers: name 1 to {MOST_LINES} different offers.")
    holder = holder or party_of_user(user)
    if not may_act_for(user, holder):
        raise PermissionDenied(f"You do not buy for {holder}.")
    current = lock_offers(offers)
    refuse_unavailable(user, current)
    accepted = accepted_versions(user, current, holder=holder)
    refuse_unfit(holder, current, at=placed_at)
    refuse_held(holder, current, at=placed_at, only_older=only_older)
    charges = charges_for(current, at=placed_at, only_older=only_older)
    _refuse_mixed(charges.values())

    currency = next(iter(charges.values())).price.currency
    total_minor = sum(charge.minor for charge in charges.values())
    order = Order.objects.create(
        number=new_number(),
        buyer=user,
        holder=holder,
        state=OrderState.AWAITING_PAYMENT if total_minor else OrderState.FULFILLED,
        currency=currency,
        total_minor=total_minor,
        fee_bps=fee_bps,
        placed_at=placed_at,
        expires_at=placed_at + pay_within if total_minor else None,
        closed_at=None if total_minor else placed_at,
    )
    share_sets = {
        share_set.work_id: share_set
        for share_set in ShareSet.objects.filter(
            work__in=[offer.work_id for offer in current],
            active_from__isnull=False,
            closed_at__isnull=True,
        )
    }
    lines = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            offer_version=offer.terms,
            price_version=charges[offer.pk].price,
            share_set=share_sets[offer.work_id],
            acceptance=accepted[offer.pk],
            work_title=offer.work.title,
            offer_title=offer.terms.title,
            price_minor=charges[offer.pk].minor,
            fee_minor=fee_of(charges[offer.pk].minor, fee_bps=fee_bps),
            older_than_days=charges[offer.pk].older_than_days,
        )
        for position, offer in enumerate(current, start=1)
    )
    take_places(charges, lines)
    if not total_minor:
        grant(order, granted_at=placed_at)
    record_act(
        user,
        "place_order",
        order,
        at=placed_at,
        total_minor=total_minor,
        currency=currency,
    )
    return order


@transaction.atomic
def cancel_order(actor: User, *, order: Order, cancelled_at: datetime) -> Order:
    """Take back an order before any money came in; twice is once.

    Raises:
        PermissionDenied: it is not `actor`'s order.
        OrderClosed: money came in or it is closed; the message says what to do.
    """
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if order.buyer_id != actor.pk:
        raise PermissionDenied("Only the buyer may cancel an order.")
    if order.state == OrderState.CANCELLED:
        return order
    if order.state != OrderState.AWAITING_PAYMENT:
        raise OrderClosed(
            f"Order {order.number} is {order.get_state_display().lower()} and cannot "
            "be cancelled. Ask the operator about money that was sent."
        )
    order.state, order.closed_at = OrderState.CANCELLED, cancelled_at
    order.save(update_fields=["state", "closed_at"])
    record_act(actor, "cancel_order", order, at=cancelled_at)
    return order


def lock_offers(offers: Sequence[Offer]) -> list[Offer]:
    """Return the offers as they stand, held so that terms and prices stay put.

    They are locked first and read then: a join under a lock that had to wait is made by
    the keys from before, and loses an offer whose price was changed in the meantime.
    """
    ids = [offer.pk for offer in offers]
    rows = Offer.objects.select_for_update(no_key=True).filter(pk__in=ids)
    list(rows.order_by("pk").values_list("pk"))
    read = Offer.objects.select_related("work", "terms__for_party", "price")
    by_id = read.in_bulk(ids)
    return [by_id[pk] for pk in ids]


def refuse_unavailable(user: User, offers: Sequence[Offer]) -> None:
    for offer in offers:
        if offer.state != OfferState.LIVE:
            raise OfferWithdrawn(f"“{offer.terms.title}” is not open to orders.")
    works = {offer.work_id for offer in offers}
    offered = visible_works(user).filter(pk__in=works, is_withheld=False)
    if offered.count() < len(works):
        raise OfferWithdrawn("One of these works is no longer listed.")


def _refuse_mixed(charges: Collection[Charge]) -> None:
    if len({charge.price.currency for charge in charges}) > 1:
        raise OrderRefused("offers: one order takes one currency; place two orders.")
    takes_places = any(charge.place for charge in charges)
    if takes_places and any(charge.minor for charge in charges):
        raise OrderRefused(
            "offers: a free place is taken by an order that costs nothing; order what "
            "is free by itself."
        )


def accepted_versions(
    user: User, offers: Sequence[Offer], *, holder: Party
) -> dict[object, Acceptance]:
    """Return what `user` accepted of each offer, rather for `holder` than for nobody."""
    rows = Acceptance.objects.filter(
        Q(holder__isnull=True) | Q(holder=holder),
        user=user,
        offer_version__in=[offer.terms_id for offer in offers],
    ).order_by(F("holder").asc(nulls_first=True))
    by_version = {row.offer_version_id: row for row in rows}
    for offer in offers:
        if offer.terms_id not in by_version:
            raise AcceptanceRequired(
                f"Accept the terms of “{offer.terms.title}” before you order it.",
                offer=str(offer.pk),
                licence_sha256=offer.terms.licence_text_id,
            )
    return {offer.pk: by_version[offer.terms_id] for offer in offers}


def new_number() -> str:
    """Return a fresh number that tells nothing of how many orders there are."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"ST-{drawn[:4]}-{drawn[4:]}"
