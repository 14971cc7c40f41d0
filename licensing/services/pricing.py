"""Prices of offers that are there: changed at once, or by a policy stated in public."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from licensing.freemium import Freemium, Rule, end_of
from licensing.lineage import holders_of
from licensing.models import FreemiumPolicy, Offer, OfferState
from licensing.permissions import ACTING, parties_of
from licensing.queries.pricing import Standing, standings_of
from licensing.services.asking import ONCE, PAID_ONCE, Asking, check_asking
from licensing.services.offer_terms import require_settled
from licensing.services.offers import locked_offer, refuse_withdrawn
from licensing.services.price_checks import LARGEST_PRICE, check_policy, check_price
from licensing.services.prices import begin_policy, write_policy, write_price
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed


class PriceStated(DomainError):
    """The offer's owners have said in public what its price follows from."""

    code = "price_stated"


class PolicyPending(DomainError):
    """Another policy is announced and has not taken effect."""

    code = "policy_pending"


class OfferNotLive(DomainError):
    code = "offer_not_live"


@transaction.atomic
def change_price(
    actor: User,
    *,
    offer: Offer,
    price_minor: int,
    currency: str,
    changed_at: datetime,
    decision: str = "",
    asking: Asking = ONCE,
) -> Offer:
    """Change what an offer costs from now on; orders keep the price they have.

    So do subscriptions: they are renewed at the price they began with.

    Raises:
        PermissionDenied: others hold rights in the work; withdraw the offer and draft
            another, which they can agree to.
        Malformed: the message names the field.
        OfferWithdrawn: it was withdrawn.
        PriceStated: its price follows a policy; announce another one.
        LicenceConflict: it may not be sold; the message names the clause.
        DecisionNeeded: the law on selling it is not settled, or it was given free for
            good, and `decision` is empty.
    """
    offer = offer_to_price(actor, offer)
    if offer.policies.exists():
        raise PriceStated(
            gettext(
                "The price of this offer follows the policy that is stated with it. "
                "Announce another policy; it takes effect after the notice stated."
            )
        )
    check_price(price_minor, currency)
    check_asking(
        asking,
        price_minor=price_minor,
        largest_minor=LARGEST_PRICE,
        term_days=offer.terms.term_days,
    )
    was_free = offer.live_from is not None and not offer.price.minor
    decide_price(
        offer,
        asking.judged_minor(price_minor),
        decision,
        gives_free=was_free or asking.gives_free(price_minor),
    )
    offer.price = write_price(
        offer,
        minor=price_minor,
        currency=currency,
        valid_from=changed_at,
        decision=decision.strip(),
        asking=asking,
    )
    offer.save(update_fields=["price"])
    record_act(
        actor,
        "change_price",
        offer,
        at=changed_at,
        price_minor=price_minor,
        currency=currency,
        decision=decision,
    )
    return offer


@transaction.atomic
def announce_policy(
    actor: User,
    *,
    offer: Offer,
    said: Freemium,
    price_minor: int,
    currency: str,
    announced_at: datetime,
    decision: str = "",
) -> FreemiumPolicy:
    """State what a live offer's price follows from, for everyone to read.

    It takes effect after the notice of the policy in force, at once where there is none
    or where it is nothing but a lower price. Orders keep the price they have, and
    entitlements stay.

    Args:
        actor: someone who acts for every rights holder.
        offer: a live one.
        said: the policy.
        price_minor: what it costs in the end, above 0, in minor units.
        currency: ISO 4217.
        announced_at: now.
        decision: why it is right to go on where the law is not settled; see Raises.

    Raises:
        PermissionDenied: others hold rights in the work.
        OfferWithdrawn: it was withdrawn.
        OfferNotLive: it waits for co-owners.
        PolicyPending: one is announced already.
        Malformed: the message names the field.
        LicenceConflict: it may not be sold; the message names the clause.
        DecisionNeeded: the law is not settled, or what is given free cannot be taken
            back, and `decision` is empty.
    """
    offer = offer_to_price(actor, offer)
    if offer.state != OfferState.LIVE:
        raise OfferNotLive(
            gettext(
                "This offer is not live. Withdraw it and draft another with the policy."
            )
        )
    check_price(price_minor, currency)
    check_policy(said, then_minor=price_minor, at=announced_at)
    if offer.price.kind not in PAID_ONCE:
        raise Malformed(
            gettext(
                "rule: a policy goes with one price, paid once. Change the price to that "
                "first."
            )
        )
    standing = standings_of([offer], at=announced_at)[offer.pk]
    if standing.coming is not None:
        raise PolicyPending(
            gettext(
                "Another policy is announced and takes effect on %(effect_at)s. Wait "
                "until then."
            )
            % {"effect_at": f"{standing.coming.effect_at:%d %B %Y}"}
        )
    takes_effect_at = _effect_of(said, price_minor, currency, standing, announced_at)
    if said.last_free_date and end_of(said.last_free_date) <= takes_effect_at:
        raise Malformed(
            gettext(
                "last_free_date: after the notice of the policy in force this one "
                "takes effect on %(takes_effect_at)s; give a later day."
            )
            % {"takes_effect_at": f"{takes_effect_at:%d %B %Y}"}
        )
    gives_free = said.gives_free or not standing.price.minor
    reasons = decide_price(offer, price_minor, decision, gives_free=gives_free)
    policy = write_policy(
        actor,
        offer=offer,
        said=said,
        then_minor=price_minor,
        currency=currency,
        announced_at=announced_at,
        takes_effect_at=takes_effect_at,
        decision=decision,
        reasons=reasons if decision.strip() else (),
    )
    begin_policy(offer)
    record_act(
        actor,
        "announce_policy",
        offer,
        at=announced_at,
        number=policy.number,
        rule=said.rule.value,
        price_minor=price_minor,
        currency=currency,
        takes_effect_at=takes_effect_at.isoformat(),
    )
    return policy


def offer_to_price(actor: User, offer: Offer) -> Offer:
    """Return an offer, locked, whose price `actor` may change.

    Raises:
        PermissionDenied: others hold rights in the work.
        OfferWithdrawn: it was withdrawn.
    """
    offer = locked_offer(offer)
    refuse_withdrawn(offer)
    if not may_price(actor, offer):
        raise PermissionDenied(
            "Only someone who acts for every rights holder may change a price. "
            "Withdraw the offer and draft another, which the others can agree to."
        )
    return offer


def may_price(actor: User, offer: Offer) -> bool:
    """Say whether `actor` acts for every rights holder of the work."""
    mine = set(parties_of(actor, roles=ACTING).values_list("pk", flat=True))
    return holders_of([offer.work_id])[offer.work_id] <= mine


def decide_price(
    offer: Offer, price_minor: int, decision: str, *, gives_free: bool
) -> list[str]:
    """Return what the licences leave open about a price that somebody decided on.

    What was decided when terms were written stands, for the same reasons alone.

    Raises:
        LicenceConflict, DecisionNeeded: see `change_price`.
    """
    told: list[str] = []
    for version in filter(None, (offer.terms, offer.proposed)):
        told += require_settled(
            offer.work,
            version=version,
            price_minor=price_minor,
            gives_free=gives_free,
            decision=decision.strip(),
        )
    return list(dict.fromkeys(told))


def _effect_of(
    said: Freemium, minor: int, currency: str, standing: Standing, at: datetime
) -> datetime:
    before = standing.policy
    if before is None:
        return at
    is_only_cheaper = (
        said.rule is Rule.PRICED
        and before.older_than_days is None
        and standing.next_price is None
        and standing.price.currency == currency
        and standing.price.minor > minor
    )
    notice = timedelta(days=0 if is_only_cheaper else before.notice_days)
    return at + notice
