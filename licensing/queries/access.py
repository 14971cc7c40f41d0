"""Who may take a work, and on what terms it is had."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least, Now
from django.urls import reverse
from django.utils.translation import gettext

from licensing.models import (
    Acceptance,
    Entitlement,
    Offer,
    OfferState,
    Order,
    PriceKind,
    Seat,
    ShareSet,
    Work,
)
from licensing.permissions import AnyUser, parties_of
from marketplace.accounts.models import User

NO_PRICE = (None, None, None)


@dataclass(frozen=True, slots=True)
class Access:
    """Whether somebody may take a work's bytes; if not, why and where to go.

    `code` is OPEN, OWNER or ENTITLED when allowed; else `sign_in_required`,
    `purchase_required`, `acceptance_required`, `update_not_included`, `not_offered`,
    `access_stopped` (what they held was suspended or revoked; `detail` says why) or
    `taken_down`. Who is not allowed all of it may still have a part: what was there by
    `covers_until`, and files whose paths a pattern of `sample` means. What is metered is
    paid by use, which whoever gives out the bytes has to count.
    """

    allowed: bool
    code: str
    detail: str = ""
    offer_ids: tuple[UUID, ...] = ()
    buy_path: str = ""
    covers_until: datetime | None = None
    sample: tuple[str, ...] = ()
    is_metered: bool = False


@dataclass(frozen=True, slots=True)
class ListingTerms:
    """What a list shows of a work's terms; the price is the lowest live one.

    `period` is MONTH or YEAR if that is paid for each, and empty if it is paid once.
    """

    licence_id: str | None
    offer_count: int
    lowest_minor: int | None
    currency: str | None
    period: str | None

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

    What an entitlement without updates does not cover, and what is not of a sample, is
    for whoever releases a file to refuse: see `Access`.

    Cost: one query of what is open, and for nobody; two of what is sold or asks for
    acceptance.
    """
    path = reverse("licensing:work-detail", args=[work.pk])
    if work.is_withheld:
        return Access(
            allowed=False,
            code="taken_down",
            detail="The operators of this site have taken this down.",
            buy_path=path,
        )
    offers = _offers_as_seen_by(user, work=work, at=at)
    is_sold = any(each.is_public for each in offers)
    is_free = not is_sold and (work.licence_id is not None or not offers)
    if is_free and not work.asks_acceptance:
        return Access(allowed=True, code="OPEN")
    holds, has_accepted, stopped = _standing(work, user)
    if holds:
        return Access(allowed=True, code="OWNER")
    had = [each for each in offers if each.is_entitled and each.is_accepted]
    is_metered = bool(had) and all(each.is_metered for each in had)
    if any(each.is_entitled_whole for each in had):
        return Access(allowed=True, code="ENTITLED", is_metered=is_metered)
    if is_free:
        return _once_accepted(work, user, has_accepted=has_accepted)
    live = tuple(each.pk for each in offers if each.is_public or each.is_private)
    refused = partial(
        Access,
        allowed=False,
        buy_path=path,
        offer_ids=live,
        covers_until=max(
            filter(None, (each.covers_until for each in had)), default=None
        ),
        is_metered=is_metered,
        sample=tuple(each for one in offers if one.pk in live for each in one.sample),
    )
    waiting = [each for each in offers if each.is_entitled and not each.is_accepted]
    if had and not any(each.is_entitled_whole for each in waiting):
        detail = gettext(
            "What you ordered covers older versions. See what is offered at %(path)s."
        ) % {"path": path}
        return refused(code="update_not_included", detail=detail)
    if waiting:
        where = reverse("licensing:offer-detail", args=[waiting[0].pk])
        return refused(
            code="acceptance_required",
            detail=gettext("Accept the current terms first, at %(where)s.")
            % {"where": where},
            offer_ids=tuple(each.pk for each in waiting),
            buy_path=where,
        )
    code, detail = _why_not(user, stopped, is_offered=bool(live), path=path)
    return refused(code=code, detail=detail)


def offers_of(work: Work) -> QuerySet[Offer]:
    """Return the offers of a work that everybody may take up, cheapest first."""
    offers = Offer.objects.filter(_is_public(), work=work)
    return offers.select_related("terms__licence", "price").order_by(
        "price__minor", "code"
    )


def listing_terms(work_ids: Collection[UUID]) -> dict[UUID, ListingTerms]:
    """Return what lists show of each work's terms.

    Cost: one query, however many; one more if a work has live offers, and each of them
    is made to one party alone.
    """
    is_live = Q(offers__state=OfferState.LIVE)
    works = Work.objects.filter(pk__in=work_ids)
    rows = (
        works.annotate(live=FilteredRelation("offers", condition=is_live))
        .filter(live__terms__for_party__isnull=True)  # so too where there is no offer
        .values_list(
            "pk",
            "licence_id",
            "live__price__minor",
            "live__price__currency",
            "live__price__period",
        )
    )
    licences, prices = {}, defaultdict(list)
    for pk, licence_id, minor, currency, period in rows:
        licences[pk] = licence_id
        if minor is not None:
            prices[pk].append((minor, currency, period))
    if private := set(work_ids) - licences.keys():
        licences |= works.filter(pk__in=private).values_list("pk", "licence_id")
    return {
        pk: ListingTerms(
            licence_id, len(prices[pk]), *min(prices[pk], default=NO_PRICE)
        )
        for pk, licence_id in licences.items()
    }


def works_open_to(user: AnyUser) -> QuerySet[Work]:
    """Return the works whose bytes `user` may take now: what `access_to` says of each.

    For whoever has many to ask about; the database's clock is the moment.
    """
    mine = parties_of(user).values("pk")
    in_force = ShareSet.objects.filter(
        active_from__isnull=False, closed_at__isnull=True, shares__party__in=mine
    )
    offers = Offer.objects.filter(work=OuterRef("pk"))
    live = entitlements_of(user, at=Now()).filter(
        covers_until__isnull=True, older_than_days__isnull=True
    )
    has_paid = Exists(
        offers.filter(Exists(live.filter(offer=OuterRef("pk"))), _is_accepted(user))
    )
    is_free = (
        ~Exists(offers.filter(_is_public()))
        & (Q(licence__isnull=False) | ~Exists(offers))
        & (Q(asks_acceptance=False) | Exists(_licence_accepted(user)))
    )
    return Work.objects.filter(
        Q(owner__in=mine) | Q(pk__in=in_force.values("work")) | is_free | has_paid,
        is_withheld=False,
    )


def entitlements_of(user: AnyUser, *, at: datetime | Now) -> QuerySet[Entitlement]:
    """Return what a person may take at a moment, alone or with an organisation.

    Of seats that an organisation bought, they need one.
    """
    sits = Seat.objects.filter(
        entitlement=OuterRef("pk"), user=user.pk, freed_at__isnull=True
    )
    return Entitlement.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        Q(seats__isnull=True) | Q(holder__user=user.pk) | Q(Exists(sits)),
        holder__in=parties_of(user).values("pk"),
        granted_at__lte=at,
        revoked_at__isnull=True,
        suspended_at__isnull=True,
    )


def orders_of(user: User) -> QuerySet[Order]:
    """Return the orders a person placed."""
    return Order.objects.filter(buyer=user)


def _standing(work: Work, user: AnyUser) -> tuple[bool, bool, str | None]:
    """Say whether `user` holds rights in the work, and accepted its licence's text.

    And why what they had ordered of it was suspended or revoked, if it was.
    """
    if not user.is_authenticated:
        return False, False, None
    mine = parties_of(user).values("pk")
    in_force = ShareSet.objects.filter(
        active_from__isnull=False,
        closed_at__isnull=True,
        work=OuterRef("pk"),
        shares__party__in=mine,
    )
    held = Q(owner__in=mine) | Exists(in_force)
    stopped = Entitlement.objects.filter(
        Q(suspended_at__isnull=False) | Q(revoked_at__isnull=False),
        ~Q(stopped_because=""),
        offer__work=OuterRef("pk"),
        holder__in=mine,
    ).order_by("-granted_at")
    rows = Work.objects.filter(pk=work.pk).annotate(
        is_held=Case(When(held, then=True), default=False),
        is_accepted=Exists(_licence_accepted(user)),
        stopped=Subquery(stopped.values("stopped_because")[:1]),
    )
    return rows.values_list("is_held", "is_accepted", "stopped").get()


def _once_accepted(work: Work, user: AnyUser, *, has_accepted: bool) -> Access:
    """Answer for what is free, and asks that its licence be accepted."""
    if has_accepted:
        return Access(allowed=True, code="OPEN")
    where = reverse("licensing:work-terms", args=[work.pk])
    said = {"licence": work.licence_id, "where": where}
    return Access(
        allowed=False,
        code="acceptance_required",
        detail=(
            gettext("Accept the terms of %(licence)s first, at %(where)s.") % said
            if user.is_authenticated
            else gettext(
                "Sign in and accept the terms of %(licence)s first, at %(where)s."
            )
            % said
        ),
        buy_path=where,
    )


def _why_not(
    user: AnyUser, stopped: str | None, *, is_offered: bool, path: str
) -> tuple[str, str]:
    """Return the code and the words for somebody who holds nothing of a work now."""
    if stopped:
        why = gettext(
            "What you ordered is held back or ended. %(why)s What is offered: %(path)s"
        ) % {"why": stopped, "path": path}
        return "access_stopped", why
    if not is_offered:
        return "not_offered", gettext("The owners do not offer this at present.")
    if not user.is_authenticated:
        said = gettext("Sign in and order this first, at %(path)s.") % {"path": path}
        return "sign_in_required", said
    return (
        "purchase_required",
        gettext("This is had by order alone. Choose an offer at %(path)s.")
        % {"path": path},
    )


class _SeenOffer(NamedTuple):
    """An offer as one person stands to it; public and private are live ones alone."""

    pk: UUID
    is_public: bool
    is_private: bool
    sample: list[str]
    is_entitled: bool
    is_entitled_whole: bool
    is_metered: bool
    covers_until: datetime | None
    is_accepted: bool


def _offers_as_seen_by(user: AnyUser, *, work: Work, at: datetime) -> list[_SeenOffer]:
    held = entitlements_of(user, at=at).filter(offer=OuterRef("pk"))
    mine = held.annotate(reach=Least("covers_until", _old_enough(at)))
    by_use = Q(line__price_version__kind=PriceKind.METERED, is_trial=False)
    to_them = Q(terms__for_party__in=parties_of(user).values("pk"))
    rows = Offer.objects.filter(work=work).annotate(
        is_public=_is_public(),
        is_private=to_them & Q(state=OfferState.LIVE, terms__expires_at__gt=at),
        is_entitled=Exists(mine),
        is_entitled_whole=Exists(mine.filter(reach__isnull=True)),
        is_metered=~Exists(mine.exclude(by_use)),
        covers_until=Subquery(
            mine.filter(reach__isnull=False).order_by("-reach").values("reach")[:1]
        ),
        is_accepted=_is_accepted(user),
    )
    seen = rows.order_by("drafted_at", "pk")
    return [
        _SeenOffer(*row)
        for row in seen.values_list(
            *("pk", "is_public", "is_private", "terms__sample"),
            *("is_entitled", "is_entitled_whole", "is_metered"),
            *("covers_until", "is_accepted"),
        )
    ]


def _old_enough(at: datetime) -> Combinable:
    """Return when a version that an entitlement to older ones covers was made at last."""
    age = ExpressionWrapper(
        F("older_than_days") * Value(timedelta(days=1)), output_field=DurationField()
    )
    moment = Value(at, output_field=DateTimeField())
    return ExpressionWrapper(moment - age, output_field=DateTimeField())


def _is_public() -> Q:
    """Say of an offer whether everybody may take it up now."""
    return Q(state=OfferState.LIVE, terms__for_party__isnull=True)


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
