"""What pages show of several rooms at once."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from licensing.models import (
    Handover,
    HandoverState,
    Offer,
    OfferConsent,
    OfferState,
    Order,
    RightsHolding,
    ShareSet,
)
from licensing.models.orders import OPEN_STATES
from licensing.permissions import ACTING, parties_of
from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Listing, NamespaceUsage
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.wanted import Sort, Wanted
from training.contests.models import Attempt, Contest, Phase, Submission
from training.contests.permissions import visible_to as visible_contests
from training.contests.queries import of_teams_of

COUNTED, COUNTED_FOR_SECONDS = "front.counters", 60


@dataclass(frozen=True, slots=True)
class Counters:
    """How much there is, for everyone to see."""

    datasets: int
    models: int
    contests: int
    submissions: int


@dataclass(frozen=True, slots=True)
class Awaiting:
    """What waits for one person's word or money."""

    offers: list[Offer]
    share_sets: list[ShareSet]
    handovers: list[Handover]
    orders: list[Order]

    def __bool__(self) -> bool:
        return bool(self.offers or self.share_sets or self.handovers or self.orders)


def cards(
    user: AnyUser, *, wanted: Wanted, sort: Sort = Sort.NEWEST, count: int
) -> list[dict[str, Any]]:
    """Return the first repositories that `user` may see and looks for, as lists show them.

    Cost: one query.
    """
    page = listed_for(user, wanted=wanted, sort=sort, size=count)
    return [json.loads(row) for row in page.rows]


def open_contests(*, at: datetime, count: int) -> list[Contest]:
    """Return the public contests that close next, each with its number of entrants.

    Cost: one query.
    """
    contests = visible_contests(AnonymousUser()).in_phase(Phase.OPEN, at=at)
    competing = Q(entrants__is_baseline=False, entrants__dissolved_at=None)
    entrants = Count("entrants", filter=competing)
    return list(
        contests.annotate(entrant_count=entrants).order_by("ends_at", "slug")[:count]
    )


def counters() -> Counters:
    """Count what there is in public, as of at most a minute ago.

    Cost: a look into the cache, and once a minute three queries, which read an index row
    by row: 0.1 s for a million of datasets and of submissions.
    """
    counted: tuple[int, int, int, int] | None = cache.get(COUNTED)
    if counted is None:
        counted = _counted()
        cache.set(COUNTED, counted, COUNTED_FOR_SECONDS)
    return Counters(*counted)


def _counted() -> tuple[int, int, int, int]:
    listings = Listing.objects.filter(is_public=True).aggregate(
        datasets=Count("pk", filter=Q(kind=Kind.DATASET)),
        models=Count("pk", filter=Q(kind=Kind.MODEL)),
    )
    contests = visible_contests(AnonymousUser())
    submissions = Submission.objects.filter(contest__in=contests.values("pk"))
    return (
        listings["datasets"],
        listings["models"],
        contests.count(),
        submissions.count(),
    )


def awaiting(user: User, *, at: datetime, count: int) -> Awaiting:
    """Return what waits for `user`, oldest first, at most `count` of each kind.

    Cost: four queries.
    """
    mine = parties_of(user, roles=ACTING).values("pk")
    proposed = ShareSet.objects.filter(active_from__isnull=True, closed_at__isnull=True)
    in_force = ShareSet.objects.filter(
        active_from__isnull=False, closed_at__isnull=True, shares__party__in=mine
    )
    rights = RightsHolding.objects.in_force().filter(party__in=mine)
    agreed = OfferConsent.objects.filter(
        offer_version=OuterRef("asked_id"), party__in=mine
    )
    offers = (
        Offer.objects.filter(
            Q(work__owner__in=mine)
            | Exists(in_force.filter(work=OuterRef("work")))
            | Exists(rights.filter(work=OuterRef("work"))),
            Q(state=OfferState.DRAFT) | Q(proposed__isnull=False),
        )
        .annotate(asked_id=Coalesce("proposed", "terms"))
        .filter(~Exists(agreed))
        .select_related("work", "terms", "price")
        .order_by("drafted_at", "pk")
    )
    share_sets = (
        proposed.filter(shares__party__in=mine)
        .exclude(acceptances__party__in=mine)
        .select_related("work", "proposed_by")
        .order_by("proposed_at", "pk")
        .distinct()
    )
    orders = Order.objects.filter(
        buyer=user, state__in=OPEN_STATES, expires_at__gt=at
    ).order_by("placed_at", "pk")
    handovers = (
        Handover.objects.filter(
            taker__in=mine, state=HandoverState.PENDING, expires_at__gt=at
        )
        .select_related("work", "holding", "giver", "taker")
        .order_by("proposed_at", "pk")
    )
    return Awaiting(
        list(offers[:count]),
        list(share_sets[:count]),
        list(handovers[:count]),
        list(orders[:count]),
    )


def submissions_of(user: User, *, count: int) -> list[Submission]:
    """Return what `user` handed in last, with `run_status` of the newest attempt.

    Cost: one query.
    """
    submissions = Submission.objects.filter(
        of_teams_of(user), withdrawn_at__isnull=True
    ).select_related("contest")
    newest_attempt = Attempt.objects.filter(submission=OuterRef("pk")).order_by(
        "-scorer_version"
    )
    told = submissions.annotate(
        run_status=Subquery(newest_attempt.values("run__status")[:1])
    )
    return list(told.order_by("-submitted_at", "-pk")[:count])


def orders_to_confirm() -> QuerySet[Order]:
    """Return the orders that wait for money, for staff."""
    return Order.objects.filter(state__in=OPEN_STATES)


def largest_owners(*, count: int) -> list[NamespaceUsage]:
    """Return who stores most, each content counted once a namespace. Cost: one query."""
    most = NamespaceUsage.objects.filter(size_bytes__gt=0)
    named = most.select_related("namespace").order_by("-size_bytes", "namespace_id")
    return list(named[:count])
