"""Bank transfers: confirmed by an operator's word, with a reference, or rejected."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import EntryKind, Order, OrderState, Payment, PaymentProvider
from licensing.money import shown
from licensing.services.fulfilment import earned_legs, grant
from licensing.services.orders import OrderClosed
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

LARGEST_AMOUNT = 10**15
LONGEST_REFERENCE = 140  # what SEPA carries


class ReferenceUsed(DomainError):
    """A bank reference names one transfer; this one is told already, and otherwise."""

    code = "reference_used"


@transaction.atomic
def confirm_transfer(
    actor: User,
    *,
    order: Order,
    bank_reference: str,
    amount_minor: int,
    received_on: date,
    confirmed_at: datetime,
) -> Order:
    """Record money that came in for an order. The same words again change nothing.

    Less than is due is held and the order waits for the rest. What is due is shared out
    and the order fulfilled, in one entry. What is more is held to be sent back.

    Args:
        actor: a member of the staff, who vouches for it.
        order: what it is for; the money is in the order's currency.
        bank_reference: the transfer's own, as the bank states it; once over all orders.
        amount_minor: minor units, above zero.
        received_on: the value date at the bank, not in the future.
        confirmed_at: when the operator said so.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: the message names the field.
        ReferenceUsed: it was told of another order, or with another amount or date.
        OrderClosed: the order waits for no money; nothing is recorded.
    """
    require_staff(actor)
    reference = " ".join(bank_reference.split())
    _check(reference, amount_minor, received_on, confirmed_at)
    order = _locked(order)
    if _is_told(order, reference, amount_minor, received_on):
        return order
    if not order.is_open:
        raise OrderClosed(
            f"Order {order.number} is {order.get_state_display().lower()} and waits "
            "for no money. Nothing was recorded; send the transfer back to its sender."
        )
    try:
        with transaction.atomic():
            Payment.objects.create(
                order=order,
                provider=PaymentProvider.MANUAL,
                bank_reference=reference,
                amount_minor=amount_minor,
                received_on=received_on,
                confirmed_by=actor,
                confirmed_at=confirmed_at,
            )
    except IntegrityError as clash:
        raise _used(reference) from clash
    _book(actor, order, reference, amount_minor, confirmed_at)
    record_act(
        actor,
        "confirm_transfer",
        order,
        at=confirmed_at,
        bank_reference=reference,
        amount_minor=amount_minor,
        received_on=received_on.isoformat(),
    )
    return order


@transaction.atomic
def reject_transfer(
    actor: User, *, order: Order, reason: str, rejected_at: datetime
) -> Order:
    """Close an order whose money will not come or must go back; twice is once.

    Part payments held for it are set free to be returned.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: no reason is given; the buyer reads it.
        OrderClosed: the order is closed otherwise.
    """
    require_staff(actor)
    if not reason.strip():
        raise Malformed("reason: say why; the buyer reads it.")
    order = _locked(order)
    if order.state == OrderState.REJECTED:
        return order
    if not order.is_open:
        raise OrderClosed(
            f"Order {order.number} is {order.get_state_display().lower()} already."
        )
    if order.paid_minor:
        held = ledger.account(ledger.PARTLY_PAID)
        freed = ledger.account(ledger.OVERPAID)
        ledger.post(
            key=f"release:{order.number}",
            kind=EntryKind.RELEASE,
            legs=[
                Leg(held, order.currency, order.paid_minor),
                Leg(freed, order.currency, -order.paid_minor),
            ],
            occurred_at=rejected_at,
            order=order,
            posted_by=actor,
        )
    order.state, order.closed_at = OrderState.REJECTED, rejected_at
    order.closing_note = reason.strip()
    order.save(update_fields=["state", "closed_at", "closing_note"])
    record_act(actor, "reject_transfer", order, at=rejected_at, reason=reason.strip())
    return order


def _book(
    actor: User, order: Order, reference: str, amount_minor: int, at: datetime
) -> None:
    """Post the money and move the order on."""
    held_minor = order.paid_minor
    order.paid_minor += amount_minor
    cash = Leg(ledger.account(ledger.CASH_BANK), order.currency, amount_minor)
    held = ledger.account(ledger.PARTLY_PAID)
    if order.due_minor:
        kind = EntryKind.PART_PAYMENT
        legs = [cash, Leg(held, order.currency, -amount_minor)]
        order.state = OrderState.PARTIALLY_PAID
    else:
        kind = EntryKind.PAYMENT
        over = ledger.account(ledger.OVERPAID)
        legs = [
            cash,
            Leg(held, order.currency, held_minor),
            *earned_legs(order),
            Leg(over, order.currency, -order.overpaid_minor),
        ]
        order.state, order.closed_at = OrderState.FULFILLED, at
        grant(order, granted_at=at)
    ledger.post(
        key=f"transfer:{reference.upper()}",
        kind=kind,
        legs=legs,
        occurred_at=at,
        order=order,
        posted_by=actor,
    )
    order.save(update_fields=["state", "paid_minor", "closed_at"])


def _is_told(
    order: Order, reference: str, amount_minor: int, received_on: date
) -> bool:
    """Say whether this transfer is recorded; refuse if the reference is another's."""
    told = Payment.objects.filter(bank_reference__iexact=reference).first()
    if told is None:
        return False
    same = (told.order_id, told.amount_minor, told.received_on)
    if same != (order.pk, amount_minor, received_on):
        raise _used(reference)
    return True


def _used(reference: str) -> ReferenceUsed:
    told = Payment.objects.select_related("order").get(bank_reference__iexact=reference)
    amount = shown(told.amount_minor, told.order.currency)
    return ReferenceUsed(
        f"bank_reference: {reference} is recorded for order {told.order.number}, "
        f"{amount} on {told.received_on}. Check the statement; each transfer has its "
        "own reference.",
        order=told.order.number,
    )


def _locked(order: Order) -> Order:
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)


def _check(
    reference: str, amount_minor: int, received_on: date, confirmed_at: datetime
) -> None:
    if not reference or len(reference) > LONGEST_REFERENCE:
        raise Malformed(
            "bank_reference: give the bank's reference of the transfer, up to "
            f"{LONGEST_REFERENCE} characters."
        )
    if not 1 <= amount_minor <= LARGEST_AMOUNT:
        raise Malformed("amount_minor: give what came in, above zero.")
    if received_on > confirmed_at.date():
        raise Malformed("received_on: the day cannot be in the future.")
