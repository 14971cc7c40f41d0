"""Orders nobody paid, closed when their time is over."""

from datetime import datetime

from django.db import transaction

from licensing.models import Order, OrderState
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
