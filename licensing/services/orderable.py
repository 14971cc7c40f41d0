"""Offers as an order finds them: held in place, then read with all that it asks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext

from licensing.models import (
    Acceptance,
    Entitlement,
    FreemiumPolicy,
    Offer,
    OfferState,
    OrderLine,
    OrderState,
    Party,
    PriceVersion,
    ShareSet,
)
from licensing.models.orders import OPEN_STATES
from licensing.permissions import visible_works
from licensing.services.eligibility import OrderRefused
from licensing.services.offers import OfferWithdrawn
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError


class AcceptanceRequired(DomainError):
    code = "acceptance_required"
    status = 403


@dataclass(frozen=True, slots=True)
class Orderable:
    """An offer as it stands, and what an order of it asks beside that.

    Attributes:
        offer: with its `work`, `terms` and `price`.
        share_set_id: the division of its work's income in force.
        acceptance_id: of its terms of now, by who orders.
        has_policy: its price follows one.
        is_repriced: by the history its price is another now than the one beside it.
        is_held: whom it is for has it already.
        waiting_number: of an order of it that was not paid, or empty.
        waiting_state: of that order.
    """

    offer: Offer
    share_set_id: UUID
    acceptance_id: UUID
    has_policy: bool
    is_repriced: bool
    is_held: bool
    waiting_number: str
    waiting_state: str


def lock_offers(offers: Sequence[Offer]) -> None:
    """Hold the rows of offers, so that terms and prices stay put until all is done."""
    rows = Offer.objects.select_for_update(no_key=True)
    ids = [offer.pk for offer in offers]
    list(rows.filter(pk__in=ids).order_by("pk").values_list("pk"))


def read_orderable(
    user: User,
    *,
    offers: Sequence[Offer],
    holder: Party,
    at: datetime,
    only_older: bool = False,
) -> list[Orderable]:
    """Return offers as they stand, in the order they were named.

    They are locked before and read here: a join under a lock that had to wait is made by
    the keys from before, and loses an offer whose price was changed in the meantime.

    Args:
        user: who orders them.
        offers: locked by who calls.
        holder: for whom.
        at: when.
        only_older: only their older versions are ordered.

    Raises:
        OfferWithdrawn: one is not open, or `user` cannot know of its work.
        AcceptanceRequired: they have not accepted the current terms of one.

    Cost: one query.
    """
    ids = [offer.pk for offer in offers]
    read = Offer.objects.select_related("work", "terms__for_party", "price").annotate(
        in_force=_first(_share_sets(), "pk"),
        is_seen=Exists(
            visible_works(user).filter(pk=OuterRef("work"), is_withheld=False)
        ),
        has_policy=Exists(FreemiumPolicy.objects.filter(offer=OuterRef("pk"))),
        price_now=_first(_prices(at), "pk"),
        accepted=_first(_acceptances(user, holder), "pk"),
        is_held=Exists(_held(holder, at=at, only_older=only_older)),
        waiting_number=_first(_waiting(holder), "order__number"),
        waiting_state=_first(_waiting(holder), "order__state"),
    )
    by_id = read.in_bulk(ids)
    for offer in by_id.values():
        if offer.state != OfferState.LIVE:
            raise OfferWithdrawn(
                gettext("“%(terms_title)s” is not open to orders.")
                % {"terms_title": offer.terms.title}
            )
    if not all(offer.is_seen for offer in by_id.values()):
        raise OfferWithdrawn(gettext("One of these works is no longer listed."))
    found = [by_id[pk] for pk in ids]
    for offer in found:
        if offer.accepted is None:
            raise AcceptanceRequired(
                gettext("Accept the terms of “%(terms_title)s” before you order it.")
                % {"terms_title": offer.terms.title},
                offer=str(offer.pk),
                licence_sha256=offer.terms.licence_text_id,
            )
    return [
        Orderable(
            offer=offer,
            share_set_id=offer.in_force,
            acceptance_id=offer.accepted,
            has_policy=offer.has_policy,
            is_repriced=offer.price_now not in {None, offer.price_id},
            is_held=offer.is_held,
            waiting_number=offer.waiting_number or "",
            waiting_state=offer.waiting_state or "",
        )
        for offer in found
    ]


def refuse_had(holder: Party, orderable: Sequence[Orderable]) -> None:
    """Return if `holder` neither holds one of these offers nor waits for it.

    Raises:
        OrderRefused: they do; the message says what to do.
    """
    if any(each.is_held for each in orderable):
        raise OrderRefused(
            gettext("%(holder)s holds one of these already; see your orders.")
            % {"holder": holder}
        )
    for each in orderable:
        if each.waiting_state == OrderState.EXPIRED:
            raise OrderRefused(
                gettext(
                    "Order %(waiting_number)s for what was used of this was not "
                    "paid. Ask the operator about it."
                )
                % {"waiting_number": each.waiting_number},
                order=each.waiting_number,
            )
        if each.waiting_number:
            raise OrderRefused(
                gettext(
                    "Order %(waiting_number)s for this is waiting for payment. Pay "
                    "it, or cancel it first."
                )
                % {"waiting_number": each.waiting_number},
                order=each.waiting_number,
            )


def _first(rows: QuerySet[Any], column: str) -> Subquery:
    return Subquery(rows.values(column)[:1])


def _share_sets() -> QuerySet[ShareSet]:
    return ShareSet.objects.filter(
        work=OuterRef("work"), active_from__isnull=False, closed_at__isnull=True
    )


def _prices(at: datetime) -> QuerySet[PriceVersion]:
    rows = PriceVersion.objects.filter(offer=OuterRef("pk"), valid_from__lte=at)
    return rows.order_by("-valid_from", "-number")


def _acceptances(user: User, holder: Party) -> QuerySet[Acceptance]:
    """Return what `user` accepted of an offer, rather for `holder` than for nobody."""
    rows = Acceptance.objects.filter(
        Q(holder__isnull=True) | Q(holder=holder),
        user=user,
        offer_version=OuterRef("terms"),
    )
    return rows.order_by(F("holder").asc(nulls_last=True))


def _held(holder: Party, *, at: datetime, only_older: bool) -> QuerySet[Entitlement]:
    """Return what keeps `holder` from ordering an offer again.

    What has ended, was tried, has no updates or is counted in seats does not; who has
    only older versions may order all of them, but not the older ones again.
    """
    held = Entitlement.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        holder=holder,
        offer=OuterRef("pk"),
        revoked_at__isnull=True,
        covers_until__isnull=True,
        seats__isnull=True,
        is_trial=False,
    )
    return held if only_older else held.filter(older_than_days__isnull=True)


def _waiting(holder: Party) -> QuerySet[OrderLine]:
    rows = OrderLine.objects.filter(
        Q(order__state__in=OPEN_STATES)
        | Q(order__state=OrderState.EXPIRED, usage__isnull=False),
        order__holder=holder,
        offer_version__offer=OuterRef("pk"),
    )
    return rows.order_by("order__number")
