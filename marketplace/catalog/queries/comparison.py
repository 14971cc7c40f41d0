"""What one task can be had for: offers of public datasets or models, on one unit.

Amounts of different currencies are never put in one order: a comparison is in one, and
says how many offers there are in others. What is free is free in each.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from licensing.models import Audience, Offer, OfferState, Period
from licensing.permissions import visible_offers
from licensing.queries import Standing, standings_of
from marketplace.catalog.models import Kind, Listing
from marketplace.catalog.permissions import AnyUser
from marketplace.kit.keyset import DEFAULT_SIZE, Order, Page, page_of

UNKNOWN = Decimal(10) ** 25  # sorts after every price; no unit price is near it
EXACT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=40, decimal_places=8)
COLUMNS = (
    *("id", "offer_pk", "work_id", "kind", "owner", "name", "title", "rows"),
    *("size_category", "licence", "offer_title", "audience", "seats", "term_days"),
    *(
        "minor",
        "currency",
        "period",
        "unit_minor",
        "sort_key",
        "created_at",
        "downloads",
    ),
)


class Unit(Enum):
    """What a price is reckoned by."""

    ROWS = "rows"
    SEAT_MONTH = "seat-month"
    WORK = "work"


class SortBy(Enum):
    CHEAPEST = "cheapest"
    NEWEST = "newest"
    DOWNLOADS = "downloads"


ORDERS = {
    SortBy.CHEAPEST: Order(("sort_key", "id")),
    SortBy.NEWEST: Order(("created_at", "id"), descending=True),
    SortBy.DOWNLOADS: Order(("downloads", "id"), descending=True),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared: `task` of `kind`, in one currency, and what of it is wanted."""

    task: str
    kind: Kind
    currency: str
    unit: Unit
    audience: str = ""
    licence: str = ""
    is_free: bool | None = None
    sort: SortBy = SortBy.CHEAPEST


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to have a work: `facts` are `COLUMNS`, `standing` is that of the offer.

    Without an offer it is open to all by its licence. `unit_minor` is None where the unit
    cannot be reckoned.
    """

    facts: dict[str, Any]
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One page of choices; `elsewhere` counts priced offers in other currencies."""

    page: Page
    elsewhere: dict[str, int]


def compare(
    user: AnyUser,
    *,
    asked: Compared,
    at: datetime,
    cursor: str = "",
    size: int = DEFAULT_SIZE,
) -> Comparison:
    """Return one page of the choices there are.

    Raises:
        BadCursor: `cursor` is not from a page in this order.

    Cost: two queries; with offers on the page three more, and one for free places.
    """
    choices = _choices(user, asked)
    in_currency = Q(currency=asked.currency) | Q(minor=0)
    page = page_of(
        choices.filter(in_currency).values(*COLUMNS),
        order=ORDERS[asked.sort],
        cursor=cursor,
        size=size,
    )
    others = choices.exclude(in_currency).order_by("currency")
    elsewhere = others.values_list("currency").annotate(count=Count("id"))
    ids = [row["offer_pk"] for row in page.rows if row["offer_pk"]]
    offers = Offer.objects.filter(pk__in=ids).select_related("price") if ids else []
    standings = standings_of(list(offers), at=at) if ids else {}
    rows = [Choice(row, standings.get(row["offer_pk"])) for row in page.rows]
    return Comparison(Page(rows, page.next_cursor), dict(elsewhere))


def _choices(user: AnyUser, asked: Compared) -> QuerySet[Any, Any]:
    """Return a row for each live offer of each match, and for each open one without."""
    live = FilteredRelation(
        "work__offers", condition=Q(work__offers__state=OfferState.LIVE)
    )
    listings = Listing.objects.filter(
        is_public=True,
        kind=asked.kind,
        facets__contains=[f"task:{asked.task.lower()}"],
        work__is_withheld=False,
    ).annotate(offer=live)
    seen = visible_offers(user).filter(state=OfferState.LIVE)
    is_open = Q(offer__isnull=True, work__licence__isnull=False)
    found = listings.filter(is_open | Q(offer__in=seen.values("pk")))
    choices = _reckoned(found, asked)
    if asked.audience:
        is_for = Q(audience__in=[asked.audience, Audience.EVERYONE])
        choices = choices.filter(Q(offer_pk__isnull=True) | is_for)
    if asked.licence:
        choices = choices.filter(licence__iexact=asked.licence)
    if asked.is_free is not None:
        is_free = Q(minor=0)
        choices = choices.filter(is_free if asked.is_free else ~is_free)
    return choices


def _reckoned(found: QuerySet[Listing], asked: Compared) -> QuerySet[Any, Any]:
    told = found.annotate(
        offer_pk=F("offer__pk"),
        owner=F("namespace__name"),
        id=Coalesce("offer__pk", "work_id", output_field=UUIDField()),
        minor=Coalesce("offer__price__minor", 0),
        currency=Coalesce(
            "offer__price__currency", Value(asked.currency), output_field=CharField()
        ),
        period=Coalesce("offer__price__period", Value("")),
        licence=Coalesce("offer__terms__licence_id", "work__licence_id"),
        offer_title=F("offer__terms__title"),
        audience=F("offer__terms__audience"),
        seats=F("offer__terms__seats"),
        term_days=F("offer__terms__term_days"),
        name=F("repository__name"),
        title=F("repository__title"),
        size_category=F("repository__size_category"),
    )
    price = Cast(F("minor"), EXACT)
    unknown = Value(None, output_field=EXACT)
    by_period: dict[str, Combinable] = {  # what recurs has no price for good
        Period.MONTH: unknown,
        Period.YEAR: unknown,
        Period.USE: unknown,
    }
    if asked.unit is Unit.SEAT_MONTH:
        by_period = {
            Period.MONTH: _exact(price / F("seats")),
            Period.YEAR: _exact(price / 12 / F("seats")),
            Period.USE: unknown,
        }
    by_unit = {
        Unit.WORK: price,
        Unit.ROWS: price * 1000 / F("rows"),
        Unit.SEAT_MONTH: price * 30 / F("seats") / F("term_days"),
    }[asked.unit]
    reckoned = told.annotate(
        unit_minor=Case(
            When(minor=0, then=Value(Decimal(0), output_field=EXACT)),
            *(When(period=period, then=each) for period, each in by_period.items()),
            default=_exact(by_unit),
        )
    )
    return reckoned.annotate(
        sort_key=Coalesce("unit_minor", Value(UNKNOWN, output_field=EXACT))
    )


def _exact(amount: Combinable) -> Cast:
    return Cast(ExpressionWrapper(amount, output_field=EXACT), EXACT)
