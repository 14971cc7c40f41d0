"""Orders nobody paid and handovers nobody answered, closed when their time is over."""

from datetime import datetime

from django.db import transaction

from licensing.models import Handover, HandoverState, Order, OrderState
from licensing.services.letters import tell_answer
from marketplace.kit.audit import record_act


@transaction.atomic
def expire_orders(now: datetime) -> list[str]:
    """Close the unpaid orders whose time is over; return their numbers.

    Orders that are partly paid wait for an operator, since money must go back.
    """
    overdue = Order.objects.select_for_update(skip_locked=True).filter(
        state=OrderState.AWAITING_PAYMENT, expires_at__lte=now
    )
    numbers = []
    for order in overdue.order_by("pk"):
        order.state, order.closed_at = OrderState.EXPIRED, now
        order.save(update_fields=["state", "closed_at"])
        record_act(None, "expire_order", order, at=now)
        numbers.append(order.number)
    return numbers


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
