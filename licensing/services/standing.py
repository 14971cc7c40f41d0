"""Where an order stands after money went back: refunded, disputed, lost, or as it was."""

from datetime import datetime

from licensing.models import DisputeState, Order, OrderState
from licensing.moves import move
from licensing.queries.held import held_of


def restate(order: Order, *, at: datetime) -> Order:
    """Move a settled order, which is locked, to the state that its money says."""
    state = _state_of(order)
    return order if state == order.state else move(order, to=state, at=at)


def _state_of(order: Order) -> OrderState:
    disputes = set(order.disputes.values_list("state", flat=True))
    if DisputeState.OPEN in disputes:
        return OrderState.DISPUTED
    if DisputeState.LOST in disputes:
        return OrderState.LOST
    if not order.refunds.exists():
        return OrderState.FULFILLED
    return OrderState.PARTLY_REFUNDED if held_of(order) else OrderState.REFUNDED
