"""Who may take a work, and on what terms it is had."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse

from licensing.models import (
    Acceptance,
    Entitlement,
    Offer,
    OfferState,
    Order,
    ShareSet,
    Work,
)
from licensing.permissions import AnyUser, parties_of
from marketplace.accounts.models import User


@dataclass(frozen=True, slots=True)
class Access:
    """Whether somebody may take a work's bytes; if not, why and where to go.

    `code` is OPEN, OWNER or ENTITLED when allowed; else `sign_in_required`,
    `purchase_required`, `acceptance_required` or `not_offered`.
    """

    allowed: bool
    code: str
    detail: str = ""
    offer_ids: tuple[UUID, ...] = ()
    buy_path: str = ""


@dataclass(frozen=True, slots=True)
class ListingTerms:
    """What a list shows of a work's terms; the price is the lowest live one."""

    licence_id: str | None
    offer_count: int
    lowest_minor: int | None
    currency: str | None

    @property
    def is_open(self) -> bool:
        return self.offer_count == 0 and self.licence_id is not None


def access_to(  # noqa: PLR0911  one answer, one exit
    work: Work, *, user: AnyUser, at: datetime
) -> Access:
    """Say whether `user` may take the bytes of `work`. Visibility is asked elsewhere.

    Those who hold rights always may. A work without offers is open to whoever may see
    it. Otherwise it takes a live entitlement, and the person's own acceptance of the
    offer's current text. A work that had offers stays closed when they are withdrawn,
    unless it is under a licence.

    Cost: two queries; one for nobody.
    """
    if user.is_authenticated and _holds(work, user):
        return Access(allowed=True, code="OWNER")
    offers = _offers_as_seen_by(user, work=work, at=at)
    live = tuple(offer.pk for offer in offers if offer.state == OfferState.LIVE)
    entitled = tuple(offer.pk for offer in offers if offer.is_entitled)
    if not live and (work.licence_id or not offers):
        return Access(allowed=True, code="OPEN")
    if any(offer.is_entitled and offer.is_accepted for offer in offers):
        return Access(allowed=True, code="ENTITLED")
    path = reverse("licensing:work-detail", args=[work.pk])
    if entitled:
        where = reverse("licensing:offer-detail", args=[entitled[0]])
        return Access(
            allowed=False,
            code="acceptance_required",
            detail=f"Accept the current terms first, at {where}.",
            offer_ids=entitled,
            buy_path=where,
        )
    if not live:
        return Access(
            allowed=False,
            code="not_offered",
            detail="The owners do not offer this at present.",
            buy_path=path,
        )
    if not user.is_authenticated:
        return Access(
            allowed=False,
            code="sign_in_required",
            detail=f"Sign in and order this first, at {path}.",
            offer_ids=live,
            buy_path=path,
        )
    return Access(
        allowed=False,
        code="purchase_required",
        detail=f"This is had by order alone. Choose an offer at {path}.",
        offer_ids=live,
        buy_path=path,
    )


def offers_of(work: Work) -> QuerySet[Offer]:
    """Return the live offers of a work, cheapest first, with terms and price."""
    offers = Offer.objects.filter(work=work, state=OfferState.LIVE)
    return offers.select_related("terms__licence", "price").order_by(
        "price__minor", "code"
    )


def listing_terms(work_ids: Collection[UUID]) -> dict[UUID, ListingTerms]:
    """Return what lists show of each work's terms.

    Cost: one query, however many.
    """
    is_live = Q(offers__state=OfferState.LIVE)
    rows = (
        Work.objects.filter(pk__in=work_ids)
        .annotate(
            offer_count=Count("offers", filter=is_live),
            lowest_minor=Min("offers__price__minor", filter=is_live),
            currency=Min("offers__price__currency", filter=is_live),
        )
        .values_list("pk", "licence_id", "offer_count", "lowest_minor", "currency")
    )
    return {pk: ListingTerms(*rest) for pk, *rest in rows}


def entitlements_of(user: AnyUser, *, at: datetime) -> QuerySet[Entitlement]:
    """Return what a person may take at a moment, alone or with an organisation."""
    return Entitlement.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        holder__in=parties_of(user).values("pk"),
        granted_at__lte=at,
        revoked_at__isnull=True,
        suspended_at__isnull=True,
    )


def orders_of(user: User) -> QuerySet[Order]:
    """Return the orders a person placed."""
    return Order.objects.filter(buyer=user)


def _holds(work: Work, user: AnyUser) -> bool:
    mine = parties_of(user)
    in_force = ShareSet.objects.filter(
        active_from__isnull=False, closed_at__isnull=True, work=work
    )
    return mine.filter(Q(pk=work.owner_id) | Q(shares__share_set__in=in_force)).exists()


class _SeenOffer(NamedTuple):
    pk: UUID
    state: str
    is_entitled: bool
    is_accepted: bool


def _offers_as_seen_by(user: AnyUser, *, work: Work, at: datetime) -> list[_SeenOffer]:
    entitled = entitlements_of(user, at=at).filter(offer=OuterRef("pk"))
    accepted = Acceptance.objects.filter(
        user=user.pk,
        offer_version__offer=OuterRef("pk"),
        licence_text=OuterRef("terms__licence_text"),
    )
    rows = Offer.objects.filter(work=work).annotate(
        is_entitled=Exists(entitled), is_accepted=Exists(accepted)
    )
    seen = rows.order_by("drafted_at", "pk")
    return [
        _SeenOffer(*row)
        for row in seen.values_list("pk", "state", "is_entitled", "is_accepted")
    ]
