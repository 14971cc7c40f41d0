"""Bank transfers: confirmed by an operator's word, with a reference, or rejected."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import EntryKind, Order, OrderState, PaymentProvider
from licensing.moves import OrderClosed, move
from licensing.services.settlement import Received, settle
from licensing.services.undoing import undo_orders
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed

LARGEST_AMOUNT = 10**15
LONGEST_REFERENCE = 140  # what SEPA carries


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
    check_transfer(reference, amount_minor, received_on, confirmed_at)
    received = Received(
        order=order,
        provider=PaymentProvider.MANUAL,
        cash=ledger.CASH_BANK,
        reference=reference,
        amount_minor=amount_minor,
        by=actor,
        received_on=received_on,
    )
    settled = settle(received, at=confirmed_at)
    if not settled.is_new:
        return settled.order
    record_act(
        actor,
        "confirm_transfer",
        order,
        at=confirmed_at,
        bank_reference=reference,
        amount_minor=amount_minor,
        received_on=received_on.isoformat(),
    )
    return settled.order


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
        raise Malformed(gettext("reason: say why; the buyer reads it."))
    order = _locked(order)
    if order.state == OrderState.REJECTED:
        return order
    if not order.is_open:
        raise OrderClosed(
            gettext("Order %(order_number)s is %(lower)s already.")
            % {"order_number": order.number, "lower": order.get_state_display().lower()}
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
    move(order, to=OrderState.REJECTED, at=rejected_at, note=reason.strip())
    undo_orders([order], at=rejected_at, because="Its renewal was rejected.")
    record_act(actor, "reject_transfer", order, at=rejected_at, reason=reason.strip())
    return order


def _locked(order: Order) -> Order:
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)


def check_transfer(
    reference: str, amount_minor: int, received_on: date, confirmed_at: datetime
) -> None:
    """Return if a bank could have said this of a transfer.

    Raises:
        Malformed: it could not; the message names the field.
    """
    if not reference or len(reference) > LONGEST_REFERENCE:
        raise Malformed(
            gettext(
                "bank_reference: give the bank's reference of the transfer, up to "
                "%(longest_reference)s characters."
            )
            % {"longest_reference": LONGEST_REFERENCE}
        )
    if not 1 <= amount_minor <= LARGEST_AMOUNT:
        raise Malformed(gettext("amount_minor: give what came in, above zero."))
    if received_on > timezone.localdate(confirmed_at):
        raise Malformed(gettext("received_on: the day cannot be in the future."))
