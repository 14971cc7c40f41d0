"""What a processor saw of the pages on which orders are paid, brought into our own rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg, Posting
from licensing.models import (
    Checkout,
    CheckoutState,
    EntryKind,
    Order,
    PaymentProvider,
    Topic,
)
from licensing.payments.processor import SeenCheckout
from licensing.services.outbox import write_out
from licensing.services.settlement import Received, Settlement, settle_all
from marketplace.kit.audit import record_acts
from marketplace.kit.errors import DomainError

log = structlog.get_logger(__name__)
TOGETHER = 25  # what is locked and recorded at once
SEEN_FIELDS = [
    "state",
    "external_id",
    "url",
    "intent",
    "charge",
    "asked_at",
    "closed_at",
]

Look = tuple[Checkout, SeenCheckout]
REFUSALS = (DomainError, DatabaseError)
Outcome = Checkout | DomainError | DatabaseError


class OtherMoney(DomainError):
    """A processor took another currency than it was asked for; a person must look."""

    code = "other_money"


class BrokeOff(DomainError):
    """A page could not be recorded, by a mistake of ours; the log has its trace."""

    code = "broke_off"


@dataclass(frozen=True, slots=True)
class Paid:
    """What was seen to be paid of an order, and whether that was not known before."""

    order: Order
    seen: SeenCheckout
    is_news: bool


def record_seen(checkout: Checkout, *, seen: SeenCheckout, at: datetime) -> Checkout:
    """Bring a checkout to where the processor sees it. The same again changes nothing.

    What was received beyond what is due, or for an order that waits for no money, is
    sent back: it is written in this transaction that it is to be.

    Raises:
        OtherMoney: another currency than the order's came in; nothing is recorded.
    """
    return _recorded([(checkout, seen)], at)[0]


def record_all_seen(looks: Sequence[Look], *, at: datetime) -> list[Outcome]:
    """Bring checkouts to where the processor sees them; see `record_seen`.

    `TOGETHER` of them are locked and recorded at once. Where that breaks off, each of
    them is brought there alone, so that what is wrong with one keeps no other waiting.

    Args:
        looks: each with what was seen; one may be among them more than once.
        at: now.

    Returns:
        Each as it is now, or why it could not be brought there.
    """
    starts = range(0, len(looks), TOGETHER)
    chunks = [looks[start : start + TOGETHER] for start in starts]
    return [outcome for chunk in chunks for outcome in _tried(chunk, at)]


def _tried(looks: Sequence[Look], at: datetime) -> list[Outcome]:
    try:
        return list(_recorded(looks, at))
    except Exception as fault:
        if len(looks) > 1:
            return [outcome for look in looks for outcome in _tried([look], at)]
        if isinstance(fault, REFUSALS):
            return [fault]
        [(checkout, _)] = looks
        log.exception("checkout_broke_off", checkout=str(checkout.pk))
        return [
            BrokeOff(
                gettext("Recording it broke off: %(fault)s. The log tells where.")
                % {"fault": f"{fault!r}"}
            )
        ]


@transaction.atomic
def _recorded(looks: Sequence[Look], at: datetime) -> list[Checkout]:
    orders, held = _locked(looks)
    paid: list[Paid] = []
    for checkout, seen in looks:
        ours = held[checkout.pk]
        order, was = orders[ours.order_id], ours.state
        if seen.is_paid and seen.currency != order.currency:
            raise OtherMoney(
                gettext(
                    "Order %(order_number)s is in %(currency)s; %(currency_2)s came "
                    "in by %(intent)s. Send it back at the provider."
                )
                % {
                    "order_number": order.number,
                    "currency": order.currency,
                    "currency_2": seen.currency,
                    "intent": seen.intent,
                }
            )
        _bring(ours, seen, at)
        if seen.is_paid:
            paid.append(Paid(order, seen, is_news=was != CheckoutState.PAID))
    Checkout.objects.bulk_update(held.values(), SEEN_FIELDS)
    if paid:
        _settle(paid, at)
    return [held[checkout.pk] for checkout, _ in looks]


def _locked(looks: Sequence[Look]) -> tuple[dict[UUID, Order], dict[UUID, Checkout]]:
    """Return the orders and the checkouts, locked in that order and by their ids."""
    orders = Order.objects.filter(pk__in={one.order_id for one, _ in looks})
    mine = Checkout.objects.filter(pk__in={one.pk for one, _ in looks})
    return (
        {one.pk: one for one in orders.order_by("pk").select_for_update()},
        {one.pk: one for one in mine.order_by("pk").select_for_update()},
    )


def _bring(checkout: Checkout, seen: SeenCheckout, at: datetime) -> None:
    checkout.asked_at = at
    checkout.external_id = checkout.external_id or seen.external_id
    if seen.is_paid:
        checkout.state, checkout.intent = CheckoutState.PAID, seen.intent
        checkout.charge = seen.charge
        checkout.closed_at = checkout.closed_at or at
    elif checkout.is_live and not seen.is_open:
        checkout.state, checkout.closed_at = CheckoutState.EXPIRED, at
    elif checkout.is_live:
        checkout.state, checkout.url = CheckoutState.OPEN, seen.url


def _settle(paid: Sequence[Paid], at: datetime) -> None:
    received = [
        Received(
            order=each.order,
            provider=PaymentProvider.STRIPE,
            cash=ledger.CASH_STRIPE,
            reference=each.seen.intent,
            amount_minor=each.seen.minor,
        )
        for each in paid
    ]
    fees = [
        _fee(each.order, each.seen.charge, each.seen.fee_minor, at)
        for each in paid
        if each.seen.fee_minor
    ]
    settled = settle_all(received, at=at, besides=fees)
    for one in settled:
        if one.surplus_minor:
            _send_back(one, at)
    record_acts(
        None,
        "settle_checkout",
        [
            (
                each.order,
                {
                    "reference": each.seen.intent,
                    "amount_minor": each.seen.minor,
                    "surplus_minor": one.surplus_minor,
                },
            )
            for each, one in zip(paid, settled, strict=True)
            if each.is_news
        ],
        at=at,
    )


def _send_back(settled: Settlement, at: datetime) -> None:
    payment, minor = settled.payment, settled.surplus_minor
    write_out(
        Topic.RETURN,
        key=f"return:{payment.pk}",
        payload={"payment": str(payment.pk), "minor": minor},
        order=settled.order,
        at=at,
    )


def book_fee(order: Order, *, source: str, fee_minor: int, at: datetime) -> None:
    """Post what the processor kept of a charge or a dispute, once it says how much."""
    if fee_minor:
        ledger.post_all([_fee(order, source, fee_minor, at)])


def _fee(order: Order, source: str, fee_minor: int, at: datetime) -> Posting:
    return Posting(
        key=f"fee:{source}",
        kind=EntryKind.PROCESSOR_FEE,
        legs=[
            Leg(ledger.PROCESSOR_FEE, order.currency, fee_minor),
            Leg(ledger.CASH_STRIPE, order.currency, -fee_minor),
        ],
        occurred_at=at,
        order=order,
    )
