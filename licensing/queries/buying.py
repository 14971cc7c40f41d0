"""What a buyer has: orders by state and year, invoices, licences held."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import merge

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import ExtractYear

from licensing.models import (
    CreditNote,
    Entitlement,
    Invoice,
    Order,
    OrderState,
    Paper,
    Party,
    Subscription,
)
from licensing.models.orders import OPEN_STATES, SETTLED_STATES
from licensing.permissions import ACTING, AnyUser, parties_of


class GrantState(StrEnum):
    """What a licence that was granted is now."""

    LIVE = "LIVE"
    ENDED = "ENDED"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class Spent:
    """What was paid for orders, in one currency."""

    currency: str
    orders: int
    minor: int


def spent_on(orders: QuerySet[Order]) -> list[Spent]:
    """Return what those of some orders that were paid came to, refunded or not."""
    paid = orders.filter(state__in=SETTLED_STATES, total_minor__gt=0).order_by()
    sums = paid.values("currency").annotate(minor=Sum("total_minor"), many=Count("pk"))
    return [
        Spent(row["currency"], row["many"], row["minor"])
        for row in sums.order_by("currency")
    ]


def years_of(orders: QuerySet[Order]) -> list[int]:
    """Return the years in which some orders were placed, the latest first."""
    years = (
        orders.order_by().annotate(year=ExtractYear("placed_at")).values_list("year")
    )
    return [year for (year,) in years.distinct().order_by("-year")]


def invoices_of(user: AnyUser) -> QuerySet[Invoice]:
    """Return the invoices of what a person ordered, and of those they act for."""
    acts_for = parties_of(user, roles=ACTING).values("pk")
    mine = Q(order__buyer=user.pk) | Q(order__holder__in=acts_for)
    return (
        Invoice.objects.filter(mine)
        .select_related("order__holder")
        .prefetch_related("credit_notes")
    )


def may_cancel(user: AnyUser, order: Order) -> bool:
    """Whether somebody may take an order back: theirs, unpaid, and of nothing used."""
    return (
        order.buyer_id == user.pk
        and order.state == OrderState.AWAITING_PAYMENT
        and not order.lines.filter(usage__isnull=False).exists()
    )


def papers_of(order: Order) -> list[Paper]:
    """Return the invoice of an order and the credit notes about it, as they were issued."""
    invoices, notes = order.invoices.all(), order.creditnotes.all()
    return sorted([*invoices, *notes], key=lambda paper: paper.issued_at)


def papers_issued(*, chunk_size: int) -> Iterator[Paper]:
    """Yield every invoice and credit note of the site, the oldest first.

    Cost: two queries, whose rows are read `chunk_size` at a time.
    """
    told = (
        papers.order_by("issued_at", "pk").iterator(chunk_size=chunk_size)
        for papers in (Invoice.objects, CreditNote.objects)
    )
    return merge(*told, key=lambda paper: paper.issued_at)


def billed_parties(user: AnyUser) -> QuerySet[Party]:
    """Return whom a person buys for, themselves first, with their billing details."""
    mine = parties_of(user, roles=ACTING).select_related("billing", "organisation")
    return mine.order_by(
        F("organisation__title").asc(nulls_first=True), "pk"
    ).distinct()


def with_renewals(subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Add to each the number of the order that is to renew it and waits for money."""
    waiting = Order.objects.filter(
        lines__period__subscription=OuterRef("pk"), state__in=OPEN_STATES
    )
    return subscriptions.annotate(renewal=Subquery(waiting.values("number")[:1]))


def licences_held_by(user: AnyUser) -> QuerySet[Entitlement]:
    """Return all that was granted to a person or an organisation of theirs, ended too."""
    return Entitlement.objects.filter(
        holder__in=parties_of(user).values("pk")
    ).select_related(
        "holder",
        "offer__work",
        "line__order",
        "line__acceptance",
        "line__offer_version__licence",
    )


def standing_of(held: Entitlement, *, at: datetime) -> GrantState:
    """Return what a licence is at a moment."""
    if held.revoked_at is not None:
        return GrantState.REVOKED
    if held.suspended_at is not None:
        return GrantState.SUSPENDED
    if held.ends_at is not None and held.ends_at <= at:
        return GrantState.ENDED
    return GrantState.LIVE
