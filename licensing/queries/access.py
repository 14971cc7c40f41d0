"""Who may take a work, and on what terms it is had."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Now
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
    `purchase_required`, `acceptance_required`, `not_offered` or `taken_down`.
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

    What is withheld nobody takes, its owners neither.
    Those who hold rights always may. A work without offers is open to whoever may see
    it; if it asks for acceptance, to whoever accepted the current text of its licence.
    Otherwise it takes a live entitlement, and the person's own acceptance of the
    offer's current words. A work that had offers stays closed when they are withdrawn,
    unless it is under a licence.

    Cost: one query of what is open, and for nobody; two of what is sold or asks for
    acceptance.
    """
    if work.is_withheld:
        return Access(
            allowed=False,
            code="taken_down",
            detail="The operators of this site have taken this down.",
            buy_path=reverse("licensing:work-detail", args=[work.pk]),
        )
    offers = _offers_as_seen_by(user, work=work, at=at)
    live = tuple(offer.pk for offer in offers if offer.state == OfferState.LIVE)
    entitled = tuple(offer.pk for offer in offers if offer.is_entitled)
    is_free = not live and (work.licence_id is not None or not offers)
    if is_free and not work.asks_acceptance:
        return Access(allowed=True, code="OPEN")
    holds, has_accepted = _standing(work, user)
    if holds:
        return Access(allowed=True, code="OWNER")
    if any(offer.is_entitled and offer.is_accepted for offer in offers):
        return Access(allowed=True, code="ENTITLED")
    if is_free:
        return _once_accepted(work, user, has_accepted=has_accepted)
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


def works_open_to(user: AnyUser) -> QuerySet[Work]:
    """Return the works whose bytes `user` may take now: what `access_to` says of each.

    For whoever has many to ask about; the database's clock is the moment.
    """
    mine = parties_of(user).values("pk")
    in_force = ShareSet.objects.filter(
        active_from__isnull=False, closed_at__isnull=True, shares__party__in=mine
    )
    offers = Offer.objects.filter(work=OuterRef("pk"))
    has_paid = Exists(offers.filter(_entitles(user, at=Now()), _is_accepted(user)))
    is_free = (
        ~Exists(offers.filter(state=OfferState.LIVE))
        & (Q(licence__isnull=False) | ~Exists(offers))
        & (Q(asks_acceptance=False) | Exists(_licence_accepted(user)))
    )
    return Work.objects.filter(
        Q(owner__in=mine) | Q(pk__in=in_force.values("work")) | is_free | has_paid,
        is_withheld=False,
    )


def entitlements_of(user: AnyUser, *, at: datetime | Now) -> QuerySet[Entitlement]:
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


def _standing(work: Work, user: AnyUser) -> tuple[bool, bool]:
    """Say whether `user` holds rights in the work, and accepted its licence's text."""
    if not user.is_authenticated:
        return False, False
    mine = parties_of(user).values("pk")
    in_force = ShareSet.objects.filter(
        active_from__isnull=False,
        closed_at__isnull=True,
        work=OuterRef("pk"),
        shares__party__in=mine,
    )
    held = Q(owner__in=mine) | Exists(in_force)
    rows = Work.objects.filter(pk=work.pk).annotate(
        is_held=Case(When(held, then=True), default=False),
        is_accepted=Exists(_licence_accepted(user)),
    )
    return rows.values_list("is_held", "is_accepted").get()


def _once_accepted(work: Work, user: AnyUser, *, has_accepted: bool) -> Access:
    """Answer for what is free, and asks that its licence be accepted."""
    if has_accepted:
        return Access(allowed=True, code="OPEN")
    where = reverse("licensing:work-terms", args=[work.pk])
    first = "Accept" if user.is_authenticated else "Sign in and accept"
    return Access(
        allowed=False,
        code="acceptance_required",
        detail=f"{first} the terms of {work.licence_id} first, at {where}.",
        buy_path=where,
    )


class _SeenOffer(NamedTuple):
    pk: UUID
    state: str
    is_entitled: bool
    is_accepted: bool


def _offers_as_seen_by(user: AnyUser, *, work: Work, at: datetime) -> list[_SeenOffer]:
    rows = Offer.objects.filter(work=work).annotate(
        is_entitled=_entitles(user, at=at), is_accepted=_is_accepted(user)
    )
    seen = rows.order_by("drafted_at", "pk")
    return [
        _SeenOffer(*row)
        for row in seen.values_list("pk", "state", "is_entitled", "is_accepted")
    ]


def _entitles(user: AnyUser, *, at: datetime | Now) -> Exists:
    """Say of an offer whether `user` has what it gives."""
    return Exists(entitlements_of(user, at=at).filter(offer=OuterRef("pk")))


def _is_accepted(user: AnyUser) -> Exists:
    """Say of an offer whether `user` agreed to all its words of now."""
    accepted = Acceptance.objects.annotate(added=_or_none("terms_text")).filter(
        user=user.pk,
        offer_version__offer=OuterRef("pk"),
        licence_text=OuterRef("terms__licence_text"),
        added=_or_none(OuterRef("terms__terms_text")),
    )
    return Exists(accepted)


def _or_none(text: str | OuterRef) -> Coalesce:
    """Return a text's digest, such that two that are not there are the same."""
    return Coalesce(text, Value(""), output_field=CharField())


def _licence_accepted(user: AnyUser) -> QuerySet[Acceptance]:
    """Return, of a work, where `user` agreed to the text its licence has now."""
    return Acceptance.objects.filter(
        user=user.pk, work=OuterRef("pk"), licence_text=OuterRef("licence__text")
    )
