"""What parties earn by sales, as the ledger has it, and which parts of works they hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncMonth

from licensing.models import EntryKind, LedgerLine, OrderLine, Share
from marketplace.kit.keyset import Order as Keyset

SALES = Keyset(("occurred_at", "id"), descending=True)
HELD = Keyset(("share_set__active_from", "id"), descending=True)
MONTHS = 12
MOST_LISTINGS = 12
SOLD = Q(entry__kind=EntryKind.PAYMENT)


@dataclass(frozen=True, slots=True)
class Sale:
    """A party's part of one line sold; `buyer` is empty where it is not theirs to know."""

    booked: LedgerLine
    line: OrderLine
    buyer: str
    earned_minor: int
    kept_minor: int

    @property
    def given_back_minor(self) -> int:
        return self.earned_minor - self.kept_minor


@dataclass(frozen=True, slots=True)
class Month:
    """What sales brought in a month, and what was given back in it, of any month's."""

    first: date
    currency: str
    earned_minor: int
    given_back_minor: int

    @property
    def kept_minor(self) -> int:
        return self.earned_minor - self.given_back_minor


@dataclass(frozen=True, slots=True)
class Listing:
    """What an offer brought: how often it was sold, and what was kept of that."""

    offer_id: UUID
    work_id: UUID
    work_title: str
    offer_title: str
    currency: str
    sale_count: int
    kept_minor: int


def sales_of(parties: Collection[UUID]) -> QuerySet[LedgerLine]:
    """Return each party's part of each line sold, with the line and its order.

    `kept_minor` is the part less what was given back of it since. What costs nothing is
    no sale: it earns nobody anything.
    """
    of_it = LedgerLine.objects.filter(
        account=OuterRef("account"), order_line=OuterRef("order_line")
    )
    kept = of_it.order_by().values("order_line").annotate(sum=-Sum("minor"))
    return (
        _earned(parties)
        .filter(SOLD)
        .annotate(kept_minor=Subquery(kept.values("sum")))
        .select_related(
            "account__party",
            "order_line__order__holder",
            "order_line__offer_version__offer__work",
        )
    )


def sale_of(booked: LedgerLine, *, seen_by: Collection[UUID]) -> Sale:
    """Return a row of `sales_of` as those parties may read it.

    For whom it was bought is told to the owner of the work, who reads in any case who
    agreed to its terms, and not to those who only have a part of its income.

    Raises:
        ValueError: it is not such a row.
    """
    line = booked.order_line
    if line is None:
        raise ValueError(f"{booked} is no part of a line")
    owner_id = line.offer_version.offer.work.owner_id
    return Sale(
        booked=booked,
        line=line,
        buyer=line.order.holder.name if owner_id in seen_by else "",
        earned_minor=-booked.minor,
        kept_minor=booked.kept_minor,  # type: ignore[attr-defined]  # annotated
    )


def shares_held(parties: Collection[UUID]) -> QuerySet[Share]:
    """Return the parties' parts of works as they are in force, the newest first."""
    return Share.objects.filter(
        party__in=parties,
        share_set__active_from__isnull=False,
        share_set__closed_at__isnull=True,
    ).select_related("party", "share_set__work__owner")


def revenue_by_month(parties: Collection[UUID], *, since: datetime) -> list[Month]:
    """Return what the parties earned by month and currency, the first month first.

    Args:
        parties: their ids.
        since: the beginning of the first month.

    Cost: one query, over the lines since then.
    """
    rows = (
        _earned(parties)
        .filter(occurred_at__gte=since)
        .annotate(month=TruncMonth("occurred_at"))
        .values("month", "currency")
        .annotate(
            earned=Sum(-F("minor"), filter=SOLD, default=0),
            given_back=Sum("minor", filter=~SOLD, default=0),
        )
        .order_by("month", "currency")
    )
    return [
        Month(row["month"].date(), row["currency"], row["earned"], row["given_back"])
        for row in rows
    ]


def revenue_by_listing(
    parties: Collection[UUID], *, since: datetime, most: int
) -> list[Listing]:
    """Return what the parties kept by offer and currency, the most in each first.

    Args:
        parties: their ids.
        since: from when on.
        most: how many rows at most.

    Cost: one query, over the lines since then.
    """
    offer = "order_line__offer_version__offer"
    rows = (
        _earned(parties)
        .filter(occurred_at__gte=since)
        .values(
            "currency",
            offer_id=F(offer),
            work_id=F(f"{offer}__work"),
            work_title=F(f"{offer}__work__title"),
            offer_title=F(f"{offer}__terms__title"),
        )
        .annotate(
            kept_minor=-Sum("minor"),
            sale_count=Count("order_line", filter=SOLD, distinct=True),
        )
        .order_by("currency", "-kept_minor", "offer_id")
    )
    return [Listing(**row) for row in rows[:most]]


def first_of_months(now: datetime) -> datetime:
    """Return when the first of the months shown began, the last being the one of now."""
    years, month = divmod(now.month - MONTHS, 12)
    begun = date(now.year + years, month + 1, 1)
    return datetime(begun.year, begun.month, 1, tzinfo=now.tzinfo)


def _earned(parties: Collection[UUID]) -> QuerySet[LedgerLine]:
    return LedgerLine.objects.filter(
        account__party__in=parties, order_line__isnull=False
    )
