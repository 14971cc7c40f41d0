"""What follows where an order comes to nothing: its code is free, nothing is renewed."""

from collections.abc import Collection
from datetime import datetime

from licensing.models import Order
from licensing.services.discounts import give_back_discounts
from licensing.services.metering import end_unpaid_use
from licensing.services.subscriptions import stop_unpaid


def undo_orders(orders: Collection[Order], *, at: datetime, because: str) -> None:
    """Give back what orders took that were cancelled, rejected or not paid in time.

    Args:
        orders: moved already, in the transaction of this.
        at: when.
        because: what became of them, for who has a subscription that one was to renew.

    Cost: three queries where there is nothing to give back.
    """
    give_back_discounts(orders, at=at)
    stop_unpaid(orders, at=at, because=because)
    end_unpaid_use(orders, at=at)
