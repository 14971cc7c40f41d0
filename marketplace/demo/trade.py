"""Step 2: shares, two offers, an order that is paid, the ledger, and the download."""

import hashlib
import json
from dataclasses import dataclass
from http.client import HTTPResponse
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from licensing.http import house
from licensing.models import Audience, Offer, Order, OrderState, Work
from licensing.money import shown
from licensing.payments import processor_of
from licensing.payments.processor import Processor
from licensing.queries import ledger_balances
from licensing.services import (
    Wishes,
    accept_offer,
    accept_shares,
    accept_terms,
    begin_checkout,
    confirm_transfer,
    draft_offer,
    party_of,
    place_order,
    propose_shares,
    refresh_checkout,
)
from marketplace.accounts.models import Scope, User
from marketplace.catalog.models import Repository
from marketplace.demo.cast import Cast, Say, StoryBroken, Token

PRICE_MINOR = 49_00
CURRENCY = "EUR"
COUNTRY = "GR"
WANTED = [OrderState.AWAITING_PAYMENT, OrderState.FULFILLED]
SHARES = {"ada": 7_000, "bruno": 3_000}


@dataclass(frozen=True, slots=True)
class Trade:
    """What the trade left behind, to be shown."""

    order_number: str
    offer_id: UUID


def trade(say: Say, cast: Cast, *, features: Repository, address: str) -> Trade:
    """Sell the features once: owners agree, Clio orders, the operator confirms."""
    work = features.work
    _share(say, cast, work)
    _offer(
        say,
        cast,
        work,
        code="research",
        title="Free for research and teaching",
        audience=Audience.RESEARCH,
        licence_id="CC-BY-NC-4.0",
        price_minor=0,
    )
    commercial = _offer(
        say,
        cast,
        work,
        code="commercial",
        title="Commercial use",
        audience=Audience.COMMERCE,
        licence_id="LicenseRef-Stoa-Commercial-1.0",
        price_minor=PRICE_MINOR,
    )
    order = _buy(say, cast, commercial, address=address)
    total = sum(line.minor for line in ledger_balances())
    if total:
        raise StoryBroken(f"the ledger is off by {total}")
    say(f"    {'sum':<58} {shown(total, CURRENCY):>12}")
    _download(say, cast, features, address=address)
    return Trade(order.number, commercial.pk)


def _share(say: Say, cast: Cast, work: Work) -> None:
    wanted = {party_of(cast[name].namespace): part for name, part in SHARES.items()}
    proposed = propose_shares(
        cast["ada"], work=work, basis_points=wanted, proposed_at=timezone.now()
    )
    accept_shares(cast["bruno"], share_set=proposed, accepted_at=timezone.now())
    say("  Ada and Bruno agree to hold digits-features 70 to 30")


def _offer(
    say: Say,
    cast: Cast,
    work: Work,
    *,
    code: str,
    title: str,
    audience: Audience,
    licence_id: str,
    price_minor: int,
) -> Offer:
    known = Offer.objects.filter(work=work, code=code).first()
    offer = known or draft_offer(
        cast["ada"],
        work=work,
        code=code,
        title=title,
        audience=audience,
        licence_id=licence_id,
        price_minor=price_minor,
        currency=CURRENCY,
        drafted_at=timezone.now(),
    )
    for owner in ("ada", "bruno"):
        offer = accept_offer(cast[owner], offer=offer, accepted_at=timezone.now())
    price = shown(price_minor, CURRENCY) if price_minor else "free"
    say(f"  offer “{title}”, {price}, {licence_id}: both owners agree, so it is open")
    return offer


def _buy(say: Say, cast: Cast, offer: Offer, *, address: str) -> Order:
    held = Order.objects.filter(
        buyer=cast["clio"], lines__offer_version__offer=offer, state__in=WANTED
    )
    order = held.first() or _ordered(cast["clio"], offer)
    say(f"  Clio orders it: {order.number}, {shown(order.total_minor, CURRENCY)}")
    if order.state != OrderState.FULFILLED:
        stand_in = (
            processor_of(settings.STOA) if settings.STOA.stripe_api_base else None
        )
        order = (
            _by_card(order, stand_in, address=address)
            if stand_in
            else _by_transfer(cast, order)
        )
    paid = order.payments.get()
    say(
        f"  paid by {paid.get_provider_display()}, {paid.reference}: "
        f"{order.get_state_display().lower()}"
    )
    for line in ledger_balances():
        name = f"payable to {line.party}" if line.party else line.account
        say(f"    {name:<58} {shown(line.minor, line.currency):>12}")
    return order


def _by_transfer(cast: Cast, order: Order) -> Order:
    """Have the operator confirm that the money came in."""
    return confirm_transfer(
        cast["olga"],
        order=order,
        bank_reference=f"DEMO {order.number}",
        amount_minor=order.total_minor,
        received_on=timezone.localdate(),
        confirmed_at=timezone.now(),
    )


def _by_card(order: Order, processor: Processor, *, address: str) -> Order:
    """Have Clio pay on the page of a stand-in for Stripe; the site learns it from there."""
    checkout = begin_checkout(
        order.buyer,
        order=order,
        processor=processor,
        back_url=address,
        begun_at=timezone.now(),
    )
    paying = Request(checkout.url, data=b"card=works")  # noqa: S310  the operator's address
    with urlopen(paying, timeout=30):  # noqa: S310  as above
        pass
    refresh_checkout(checkout, processor=processor, at=timezone.now())
    order.refresh_from_db()
    return order


def _ordered(buyer: User, offer: Offer) -> Order:
    accept_terms(buyer, offer=offer, accepted_at=timezone.now())
    return place_order(
        buyer,
        offers=[offer],
        placed_at=timezone.now(),
        wishes=Wishes(country=COUNTRY),
        **house(),
    )


def _download(say: Say, cast: Cast, features: Repository, *, address: str) -> None:
    file = (
        f"{address}/api/v1/datasets/{features.namespace.name}/{features.name}"
        "/files/features.csv"
    )
    with _get(file, cast["clio"]) as answer:
        data = answer.read()
    say(
        f"  Clio downloads features.csv with a token: {len(data):,} bytes, "
        f"sha256 {hashlib.sha256(data).hexdigest()[:12]}…"
    )
    try:
        _get(file, cast["emil"])
    except HTTPError as refusal:
        told = json.loads(refusal.read())
        say(f"  Emil, who did not buy, gets {refusal.code}: {told['detail']}")
        return
    raise StoryBroken("a stranger got the bytes")


def _get(url: str, user: User) -> HTTPResponse:
    with Token(user, Scope.READ) as secret:
        asked = Request(url, headers={"Authorization": f"Bearer {secret}"})  # noqa: S310  our own site
        answer: HTTPResponse = urlopen(asked, timeout=30)  # noqa: S310  our own site
        return answer
