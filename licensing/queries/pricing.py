"""How offers stand at a moment: the price, what it was, the free places left."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from licensing.models import FreemiumPolicy, FreePlace, Offer, PriceVersion
from licensing.price_history import (
    ANNOUNCED,
    LOOKED_BACK,
    Reduction,
    lowest_between,
    price_after,
    price_at,
    reduction_at,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an offer costs at a moment, and what its owners have said of that in public.

    `policy` is the one in force, or that of a draft; `coming` is announced. `lowest` is
    the lowest price of the last 30 days, `reduction` a price that is shown as reduced.
    """

    price: PriceVersion
    next_price: PriceVersion | None
    lowest: PriceVersion
    reduction: Reduction | None
    policy: FreemiumPolicy | None
    coming: FreemiumPolicy | None
    places_taken: int

    @property
    def places_left(self) -> int | None:
        if self.policy is None or self.policy.places is None:
            return None
        return self.policy.places - self.places_taken


def prices_at(offers: Collection[Offer], *, at: datetime) -> dict[UUID, PriceVersion]:
    """Return the price of each offer at a moment, by the history alone; one query."""
    rows = PriceVersion.objects.filter(offer__in=offers, valid_from__lte=at)
    newest = rows.order_by("offer_id", "-valid_from", "-number").distinct("offer_id")
    return {row.offer_id: row for row in newest}


def policies_at(
    offers: Collection[Offer], *, at: datetime
) -> dict[UUID, FreemiumPolicy]:
    """Return the policy in force of each live offer that has one; one query."""
    rows = FreemiumPolicy.objects.select_related("offer").filter(offer__in=offers)
    begun = rows.annotate(
        begins_at=Coalesce("takes_effect_at", "offer__live_from")
    ).filter(begins_at__lte=at)
    newest = begun.order_by("offer_id", "-number").distinct("offer_id")
    return {row.offer_id: row for row in newest}


def standings_of(offers: Collection[Offer], *, at: datetime) -> dict[UUID, Standing]:
    """Return how each offer stands at a moment.

    Cost: two queries, however many offers; one more if there are free places.
    """
    histories = _histories(offers, at)
    policies: dict[UUID, list[FreemiumPolicy]] = defaultdict(list)
    rows = FreemiumPolicy.objects.select_related("offer").filter(offer__in=offers)
    for row in rows.order_by("number"):
        policies[row.offer_id].append(row)
    in_force = {
        pk: next((row for row in reversed(rows) if _is_in_force(row, at)), None)
        for pk, rows in policies.items()
    }
    taken = _places_taken([row for row in in_force.values() if row and row.places])
    standings = {}
    for offer in offers:
        policy = in_force.get(offer.pk)
        newest = policies[offer.pk][-1] if policies[offer.pk] else None
        history = histories[offer.pk] or [offer.price]
        price = price_at(history, at) or offer.price
        offered_from = offer.live_from or offer.drafted_at
        lowest = lowest_between(
            history,
            start=max(at - LOOKED_BACK, offered_from),
            end=max(at, offered_from) + timedelta(microseconds=1),
            like=price,
        )
        standings[offer.pk] = Standing(
            price=price,
            next_price=price_after(history, at),
            lowest=lowest or price,
            reduction=reduction_at(history, at=at, offered_from=offered_from),
            policy=policy,
            coming=newest if newest != policy else None,
            places_taken=taken.get(policy.pk, 0) if policy else 0,
        )
    return standings


def _is_in_force(policy: FreemiumPolicy, at: datetime) -> bool:
    """Say so of what has taken effect; of a draft's, that it is the one there is."""
    return policy.effect_at is None or policy.effect_at <= at


def _histories(
    offers: Collection[Offer], at: datetime
) -> dict[UUID, list[PriceVersion]]:
    """Return the rows that hold or held within what a reduction looks back to."""
    since = at - ANNOUNCED - LOOKED_BACK
    rows = PriceVersion.objects.filter(offer__in=offers)
    before = rows.filter(valid_from__lte=since)
    last = before.order_by("offer_id", "-valid_from", "-number").distinct("offer_id")
    wanted = Q(valid_from__gt=since) | Q(pk__in=last.values("pk"))
    histories: dict[UUID, list[PriceVersion]] = defaultdict(list)
    for row in rows.filter(wanted).order_by("valid_from", "number"):
        histories[row.offer_id].append(row)
    return histories


def _places_taken(policies: Collection[FreemiumPolicy]) -> dict[UUID, int]:
    if not policies:
        return {}
    places = FreePlace.objects.filter(policy__in=policies).values("policy")
    rows = places.annotate(taken=Max("number")).values_list("policy", "taken")
    return dict(rows)
