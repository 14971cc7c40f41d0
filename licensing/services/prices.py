"""What orders cost: the history of prices, and policies that give some of them free.

The row of an offer is locked wherever this writes, so that places are counted one order
at a time and nothing is written into the past.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext

from licensing.freemium import Freemium, charged_from, text_of
from licensing.models import (
    FreemiumPolicy,
    FreePlace,
    Offer,
    OfferState,
    OrderLine,
    PriceKind,
    PriceVersion,
)
from licensing.money import shown
from licensing.queries.pricing import policies_at, prices_at
from licensing.services.asking import ONCE, Asking, check_amount
from licensing.services.price_checks import LARGEST_PRICE, MOST_POLICIES
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError, Malformed

NONE_SAID: Mapping[UUID, int] = MappingProxyType({})


class NoFreePlaceLeft(DomainError):
    """The free orders are all taken, and the price has not begun."""

    code = "no_free_place_left"


class NotFreeByAge(DomainError):
    """No policy makes older versions of this free."""

    code = "not_free_by_age"


@dataclass(frozen=True, slots=True)
class Charge:
    """What one line of an order costs for all its `quantity`, and by what.

    `place` is not saved yet. With `older_than_days`, the line is of older versions only.
    """

    price: PriceVersion
    minor: int
    quantity: int = 1
    place: FreePlace | None = None
    older_than_days: int | None = None


def write_price(
    offer: Offer,
    *,
    minor: int,
    currency: str,
    valid_from: datetime,
    pk: UUID | None = None,
    decision: str = "",
    asking: Asking = ONCE,
) -> PriceVersion:
    """Add a price to an offer's history, from a moment on that is not over."""
    newest = offer.prices.order_by("-number").first()
    price = PriceVersion(
        offer=offer,
        number=newest.number + 1 if newest else 1,
        kind=asking.kind_at(minor),
        minor=minor,
        suggested_minor=asking.suggested_minor,
        period=asking.period,
        cap_minor=asking.cap_minor,
        currency=currency,
        valid_from=valid_from,
        decision=decision,
    )
    price.pk = pk or price.pk
    price.save(force_insert=True)
    return price


def write_policy(  # noqa: PLR0913  a policy is made of this many facts
    actor: User,
    *,
    offer: Offer,
    said: Freemium,
    then_minor: int,
    currency: str,
    announced_at: datetime,
    takes_effect_at: datetime | None = None,
    decision: str = "",
    reasons: Sequence[str] = (),
) -> FreemiumPolicy:
    """Add a version of an offer's policy; see `FreemiumPolicy` for its fields.

    Raises:
        Malformed: the offer has had too many.
    """
    number = offer.policies.count() + 1
    if number > MOST_POLICIES:
        raise Malformed(
            gettext("rule: this offer had too many policies; draft another offer.")
        )
    return FreemiumPolicy.objects.create(
        offer=offer,
        number=number,
        rule=said.rule.value,
        places=said.places,
        last_free_date=said.last_free_date,
        older_than_days=said.older_than_days,
        then_minor=then_minor,
        currency=currency,
        notice_days=said.notice_days,
        words=said.words.strip(),
        public_text=text_of(said, then_minor=then_minor, currency=currency),
        reasons=list(reasons),
        decision=decision.strip(),
        announced_by=actor,
        announced_at=announced_at,
        takes_effect_at=takes_effect_at,
    )


def begin_policy(offer: Offer) -> None:
    """Write the prices that follow from the newest policy of a live offer, if it has one.

    Those are written that can be known: the end of free places cannot. The first price of
    an offer is written with it. Nobody waits for a price that is lower.
    """
    policy = newest_policy(offer)
    if policy is None or policy.effect_at is None:
        return
    said, begins_at = policy.said(), _charged_from(policy)
    if not said.begins_free:
        held = prices_at([offer], at=policy.effect_at).get(offer.pk, offer.price)
        if (held.minor, held.currency) == (policy.then_minor, policy.currency):
            return
        if held.currency == policy.currency and held.minor > policy.then_minor:
            begins_at = policy.effect_at
    elif not policy.is_first:
        write_price(
            offer, minor=0, currency=policy.currency, valid_from=policy.effect_at
        )
    if begins_at is not None:
        _write_then(policy, begins_at)


def newest_policy(offer: Offer) -> FreemiumPolicy | None:
    """Return what was stated last, in force or not."""
    policy = offer.policies.order_by("-number").first()
    if policy is not None:
        policy.offer = offer
    return policy


def price_to_judge(offer: Offer) -> tuple[int, bool]:
    """Return the price by which an offer's terms are judged, and whether some are free."""
    policy, price = newest_policy(offer), offer.price
    if policy is None:
        return price.judged_minor, price.is_named_by_buyers and not price.minor
    return max(policy.then_minor, price.minor), policy.said().gives_free


def charges_for(
    offers: Iterable[Offer],
    *,
    at: datetime,
    only_older: bool = False,
    quantities: Mapping[UUID, int] = NONE_SAID,
    amounts: Mapping[UUID, int] = NONE_SAID,
    stated: Collection[UUID] | None = None,
    repriced: Collection[UUID] | None = None,
) -> dict[UUID, Charge]:
    """Return what an order placed now costs, by offer. The offers' rows are locked.

    The k-th order of “the first N” is free if and only if k <= N: a place is the number
    after the last one taken, and the database refuses one above N or one twice.

    Args:
        offers: live ones.
        at: when the order was placed; if a place was taken later, then that moment.
        only_older: of a work's versions only those that its policy says are free.
        quantities: how many of each, by the offer's id; one, if nothing is said.
        amounts: what the buyer names for one of each that leaves it to them.
        stated: which of them have a policy, if that is known.
        repriced: which of them have another price now than `price`, if that is known.

    Raises:
        NoFreePlaceLeft: the free places are taken, and nothing is charged yet.
        NotFreeByAge: `only_older`, and an offer has no such policy.
        Malformed: an amount is missing, too low, or named where there is a price.

    Cost: two queries, less what is known; one or two for each offer with free places.
    """
    offers = list(offers)
    moved = [each for each in offers if repriced is None or each.pk in repriced]
    prices = prices_at(moved, at=at) if moved else {}
    asked = [each for each in offers if stated is None or each.pk in stated]
    policies = policies_at(asked, at=at) if asked else {}
    charges = {}
    for offer in offers:
        policy = policies.get(offer.pk)
        price = prices.get(offer.pk, offer.price)
        if only_older:
            charge = _charge_by_age(offer, policy, price)
        elif policy and policy.places and not price.minor:
            charge = _charge_by_place(offer, policy, price, at)
        else:
            charge = Charge(price, _asked(offer, price, amounts.get(offer.pk)))
        quantity = quantities.get(offer.pk, 1)
        charges[offer.pk] = replace(
            charge, minor=charge.minor * quantity, quantity=quantity
        )
    return charges


def take_places(charges: Mapping[UUID, Charge], lines: Iterable[OrderLine]) -> None:
    """Keep the free places that the lines of an order took; with the last, price begins.

    Args:
        charges: of `charges_for`, in the same transaction.
        lines: of the order, saved; each has its offer's id in `offer_version`.
    """
    for line in lines:
        offer_id = line.offer_version.offer_id
        place = charges[offer_id].place
        if place is None:
            continue
        place.line = line
        place.save(force_insert=True)
        priced_from = _charged_from(place.policy, taken_at=place.taken_at)
        if place.number == place.of and priced_from is not None:
            price = _write_then(place.policy, priced_from)
            if priced_from <= place.taken_at:
                Offer.objects.filter(pk=offer_id).update(price=price)


def roll_prices(now: datetime) -> int:
    """Let lists show the prices that have come to hold; return how many changed.

    Orders ask the history; this is for whoever reads the price beside the offer.
    """
    held = PriceVersion.objects.filter(offer=OuterRef("pk"), valid_from__lte=now)
    newest = Subquery(held.order_by("-valid_from", "-number").values("pk")[:1])
    live = Offer.objects.filter(state=OfferState.LIVE).annotate(newest=newest)
    due = live.filter(newest__isnull=False).exclude(price=F("newest"))
    return due.update(price=newest)


def _asked(offer: Offer, price: PriceVersion, amount_minor: int | None) -> int:
    if not price.is_named_by_buyers:
        if amount_minor is not None:
            raise Malformed(
                gettext("amounts: “%(terms_title)s” has a price of its own.")
                % {"terms_title": offer.terms.title}
            )
        return 0 if price.kind == PriceKind.METERED else price.minor
    return check_amount(
        amount_minor,
        least_minor=price.minor,
        most_minor=LARGEST_PRICE,
        currency=price.currency,
        title=offer.terms.title,
    )


def _charge_by_age(
    offer: Offer, policy: FreemiumPolicy | None, price: PriceVersion
) -> Charge:
    if policy is None or policy.older_than_days is None:
        raise NotFreeByAge(
            gettext(
                "only_older: “%(terms_title)s” has no older versions that are free; "
                "order it as it is."
            )
            % {"terms_title": offer.terms.title}
        )
    return Charge(price, 0, older_than_days=policy.older_than_days)


def _charge_by_place(
    offer: Offer, policy: FreemiumPolicy, price: PriceVersion, at: datetime
) -> Charge:
    of = policy.places or 0
    last = policy.places_taken.order_by("-number").first()
    at = max(at, last.taken_at) if last else at
    taken = last.number if last else 0
    if taken < of:
        place = FreePlace(policy=policy, number=taken + 1, of=of, taken_at=at)
        return Charge(price, 0, place=place)
    price = prices_at([offer], at=at).get(offer.pk, price)
    if price.minor:
        return Charge(price, price.minor)
    begins = _charged_from(policy, taken_at=at)
    raise NoFreePlaceLeft(
        gettext(
            "All %(of)s free places of “%(terms_title)s” are taken. From %(begins)s "
            "UTC on it can be ordered for %(then_minor)s; come back then."
        )
        % {
            "of": of,
            "terms_title": offer.terms.title,
            "begins": f"{begins:%d %B %Y, %H:%M}",
            "then_minor": shown(policy.then_minor, policy.currency),
        }
    )


def _charged_from(
    policy: FreemiumPolicy, *, taken_at: datetime | None = None
) -> datetime | None:
    published_at, effect_at = policy.published_at, policy.effect_at
    if published_at is None or effect_at is None:
        return None
    return charged_from(
        policy.said(),
        published_at=published_at,
        effect_at=effect_at,
        taken_at=taken_at,
    )


def _write_then(policy: FreemiumPolicy, valid_from: datetime) -> PriceVersion:
    return write_price(
        policy.offer,
        minor=policy.then_minor,
        currency=policy.currency,
        valid_from=valid_from,
    )
