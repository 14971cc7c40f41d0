"""Orders nobody paid and handovers nobody answered, closed when their time is over."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from licensing.models import (
    Checkout,
    CheckoutState,
    Handover,
    HandoverState,
    Order,
    OrderState,
)
from licensing.moves import move
from licensing.services.letters import tell_answer
from licensing.services.undoing import undo_orders
from marketplace.kit.audit import record_act


@transaction.atomic
def expire_orders(now: datetime) -> list[str]:
    """Close the unpaid orders whose time is over; return their numbers.

    Orders that are partly paid wait for an operator, since money must go back; those on
    whose page a buyer paid, and a bank is still at work, for what becomes of that.
    """
    at_work = Checkout.objects.filter(
        order=OuterRef("pk"), state=CheckoutState.OPEN, url=""
    )
    overdue = Order.objects.select_for_update(skip_locked=True).filter(
        ~Exists(at_work), state=OrderState.AWAITING_PAYMENT, expires_at__lte=now
    )
    expired = list(overdue.order_by("pk"))
    for order in expired:
        move(order, to=OrderState.EXPIRED, at=now)
        record_act(None, "expire_order", order, at=now)
    undo_orders(expired, at=now, because="Its renewal was not paid.")
    return [order.number for order in expired]


@transaction.atomic
def expire_handovers(now: datetime) -> int:
    """Close the handovers that nobody answered in time; return how many."""
    overdue = Handover.objects.select_for_update(skip_locked=True).filter(
        state=HandoverState.PENDING, expires_at__lte=now
    )
    closed = list(overdue.order_by("pk"))
    for handover in closed:
        handover.state, handover.closed_at = HandoverState.EXPIRED, now
        handover.save(update_fields=["state", "closed_at"])
        record_act(
            None, "expire_handover", handover, at=now, work=str(handover.work_id)
        )
        tell_answer(handover, at=now)
    return len(closed)
