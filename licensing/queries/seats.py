"""Seats that an order gave, and who sits on them."""

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext

from licensing.models import Entitlement, Order, Seat
from marketplace.kit.errors import DomainError, Malformed


class NoSeats(DomainError):
    code = "no_seats"


def seated_in(order: Order) -> QuerySet[Entitlement]:
    """Return what an order gave that is counted in seats, with those taken.

    Cost: two queries.
    """
    taken = Seat.objects.filter(freed_at__isnull=True).select_related("user")
    held = Entitlement.objects.filter(line__order=order, seats__isnull=False)
    return (
        held.select_related("line", "holder")
        .prefetch_related(Prefetch("places", taken.order_by("number"), to_attr="taken"))
        .order_by("line__position")
    )


def seated_at(order: Order, *, position: int | None) -> Entitlement:
    """Return what one line of an order gave; its only one with seats, if none is named.

    Raises:
        NoSeats: the order gave no seats, or that line did not.
        Malformed: there are several, and none is named.
    """
    found = list(seated_in(order))
    if position is not None:
        found = [each for each in found if each.line.position == position]
    if not found:
        raise NoSeats(
            gettext("Order %(order_number)s gave no seats to assign.")
            % {"order_number": order.number}
        )
    if len(found) > 1:
        raise Malformed(
            gettext("position: name the line of the order that gave the seats.")
        )
    return found[0]
