"""The one way an order comes into another state: a guarded update by one table."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext

from licensing.models import Order, OrderState
from licensing.models.orders import MOVES, OPEN_STATES
from marketplace.kit.errors import DomainError


class OrderClosed(DomainError):
    code = "order_closed"


def may_move(order: Order, to: OrderState) -> bool:
    """Say whether the table lets an order come from its state into another."""
    return to in MOVES[OrderState(order.state)]


def move(
    order: Order, *, to: OrderState, at: datetime, note: str | None = None
) -> Order:
    """Bring an order into another state, with the money that `paid_minor` says it has.

    It is closed at the moment it leaves the open states, once. Nothing else writes
    `state`; two who move it at once, from one state, make one move.

    Args:
        order: as it was read; its `paid_minor` may have been changed since.
        to: the state.
        at: when.
        note: what the buyer reads of it; None leaves what there is.

    Raises:
        OrderClosed: the table has no such move, or somebody moved it in the meantime;
            nothing is changed.
    """
    move_all([order], to=to, at=at, note=note)
    return order


def move_all(
    orders: Iterable[Order], *, to: OrderState, at: datetime, note: str | None = None
) -> None:
    """Bring orders into another state; see `move`. One refused refuses them all.

    Call it in a transaction that ends with that. Cost: one query for those that come
    from one state and are as far as each other from being paid, such as all paid in full.
    """
    alike: defaultdict[Hashable, list[Order]] = defaultdict(list)
    for order in orders:
        if not may_move(order, to):
            raise _refused(order, to)
        over_minor = order.paid_minor - order.total_minor
        closing = order.closed_at, order.closing_note
        alike[order.state, over_minor, closing].append(order)
    for some in alike.values():
        first = some[0]
        closed_at = first.closed_at or (None if to in OPEN_STATES else at)
        changed = {
            "state": to,
            "closed_at": closed_at,
            "closing_note": first.closing_note if note is None else note,
        }
        rows = Order.objects.filter(
            pk__in=[each.pk for each in some], state=first.state
        )
        over_minor = first.paid_minor - first.total_minor
        moved = rows.update(paid_minor=F("total_minor") + over_minor, **changed)
        if moved < len(some):
            raise _refused(first, to)
        for each in some:
            for name, value in changed.items():
                setattr(each, name, value)


def _refused(order: Order, to: OrderState) -> OrderClosed:
    return OrderClosed(
        gettext("Order %(order_number)s is %(lower)s, and cannot be: %(lower_2)s.")
        % {
            "order_number": order.number,
            "lower": order.get_state_display().lower(),
            "lower_2": to.label.lower(),
        }
    )
