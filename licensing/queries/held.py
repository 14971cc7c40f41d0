"""What of an order's money lies where: with each party by line, as cash, to be returned."""

from collections import Counter
from uuid import UUID

from django.db.models import Min, Q, QuerySet, Sum

from licensing import ledger
from licensing.models import (
    EntryKind,
    LedgerAccount,
    LedgerLine,
    Order,
    OrderLine,
    Outbox,
    Topic,
)
from licensing.models.payments import UNDONE

MOST_RETURNS = 100

Holding = tuple[LedgerAccount, OrderLine]


def held_of(order: Order) -> dict[Holding, int]:
    """Return what the fee, each party and each tax still hold of each line, above zero.

    It is what was paid less what was given back, as the ledger says.
    """
    lines = LedgerLine.objects.filter(entry__order=order, order_line__isnull=False)
    held: Counter[Holding] = Counter()
    placed = lines.order_by("account__code", "order_line__position")
    for line in placed.select_related("account__party", "order_line"):
        if line.order_line:
            held[line.account, line.order_line] -= line.minor
    return {place: minor for place, minor in held.items() if minor > 0}


def refundable_minor(order: Order) -> int:
    """Return what of an order may still be refunded, tax included, in minor units."""
    lines = LedgerLine.objects.filter(entry__order=order, order_line__isnull=False)
    return -int(lines.aggregate(total=Sum("minor", default=0))["total"])


def returnable_minor(order: Order) -> int:
    """Return what came in too much for an order, or was set free, and is still here.

    Not what a provider is asked already to send back.
    """
    over = _of(order).filter(account__code=ledger.OVERPAID)
    held_minor = -int(over.aggregate(total=Sum("minor", default=0))["total"])
    return held_minor - _on_their_way([order.pk])[order.pk]


def returnable_orders(*, most: int) -> list[tuple[Order, int]]:
    """Return orders for which money is held to be returned, and how much, oldest first.

    Cost: three queries.
    """
    over = LedgerLine.objects.filter(
        account__code=ledger.OVERPAID, entry__order__isnull=False
    )
    sums = over.values_list("entry__order").annotate(
        total=-Sum("minor"), since=Min("occurred_at")
    )
    held = sums.filter(total__gt=0).order_by("since", "entry__order")
    rows = [(pk, total) for pk, total, _ in held[:most]]
    going = _on_their_way([pk for pk, _ in rows])
    left = [(pk, total - going[pk]) for pk, total in rows if total > going[pk]]
    orders = Order.objects.select_related("buyer", "holder").in_bulk(
        [pk for pk, _ in left]
    )
    return [(orders[pk], total) for pk, total in left]


def _on_their_way(orders: list[UUID]) -> Counter[UUID]:
    rows = Outbox.objects.filter(UNDONE, topic=Topic.RETURN, order__in=orders)
    going: Counter[UUID] = Counter()
    for row in rows:
        if row.order_id:
            going[row.order_id] += row.payload["minor"]
    return going


def cash_of(order: Order) -> dict[LedgerAccount, int]:
    """Return where the money that came in for an order lies, most first.

    What a provider kept as its fee is not taken off: a refund goes back whole.
    """
    lines = _of(order).filter(account__code__startswith="cash:")
    sums = lines.values("account").annotate(total=Sum("minor"))
    totals = {
        row["account"]: row["total"] for row in sums.order_by("-total", "account")
    }
    accounts = LedgerAccount.objects.in_bulk(totals)
    return {accounts[pk]: minor for pk, minor in totals.items()}


def _of(order: Order) -> QuerySet[LedgerLine]:
    return LedgerLine.objects.filter(
        ~Q(entry__kind=EntryKind.PROCESSOR_FEE), entry__order=order
    )
