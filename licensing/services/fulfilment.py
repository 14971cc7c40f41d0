"""What an order gives once nothing is due: shared-out money and entitlements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import (
    Entitlement,
    Order,
    OrderLine,
    PriceKind,
    Seat,
    Share,
    Subscription,
    SubscriptionPeriod,
)
from licensing.money import split
from licensing.periods import end_of_period


def lines_of(orders: Collection[Order]) -> list[OrderLine]:
    """Return the lines of orders with what is read of them when they are settled."""
    held = {order.pk: order for order in orders}
    rows = OrderLine.objects.filter(order__in=held).select_related(
        "offer_version", "price_version", "period", "usage"
    )
    lines = list(rows.order_by("order", "position"))
    for line in lines:
        line.order = held[line.order_id]
    return lines


def earned_legs(lines: Collection[OrderLine]) -> dict[Order, list[Leg]]:
    """Return the credits of paid orders: tax, the platform's fee, each party's part.

    Each is of one line: what was earned by it is what may be given back of it.

    Args:
        lines: all those of the orders, of `lines_of`.

    Cost: one query.
    """
    weights: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    shares = Share.objects.filter(share_set__in={line.share_set_id for line in lines})
    for share_set, party, points in shares.order_by("party").values_list(
        "share_set", "party", "basis_points"
    ):
        weights[share_set][party] = points
    earned: defaultdict[Order, list[Leg]] = defaultdict(list)
    for line in lines:
        earned[line.order] += [
            Leg(code, line.order.currency, -minor, line)
            for code, minor in _parts_of(line, weights[line.share_set_id])
        ]
    return earned


def _parts_of(
    line: OrderLine, weights: Mapping[UUID, int]
) -> Iterable[tuple[str, int]]:
    parts = split(line.net_minor - line.fee_minor, weights=weights)
    if line.tax_minor:
        yield ledger.tax_code(line.order.tax_country), line.tax_minor
    yield ledger.PLATFORM_FEE, line.fee_minor
    for party, minor in parts.items():
        yield ledger.payable_code(party), minor


def grant(lines: Iterable[OrderLine], *, granted_at: datetime) -> list[Entitlement]:
    """Give the holders of orders an entitlement for each line, as its version says.

    What recurs is given for its period; with the first, the subscription begins.

    Args:
        lines: of `lines_of`; nothing of their orders is due.
        granted_at: now.
    """
    granted = Entitlement.objects.bulk_create(
        _entitlement(line, granted_at) for line in lines if not _is_for_use(line)
    )
    for each in granted:
        if each.line.price_version.kind == PriceKind.RECURRING:
            _follow_on(each)
    return granted


def _is_for_use(line: OrderLine) -> bool:
    """Whether a line pays for what was taken before, which gives nothing more."""
    return line.price_version.kind == PriceKind.METERED and hasattr(line, "usage")


def _entitlement(line: OrderLine, granted_at: datetime) -> Entitlement:
    terms = line.offer_version
    starts_at, ends_at = granted_at, None
    if terms.term_days:
        ends_at = granted_at + timedelta(days=terms.term_days)
    if line.price_version.kind == PriceKind.RECURRING:
        starts_at, ends_at = _paid_period(line, granted_at)
    return Entitlement(
        line=line,
        offer_id=terms.offer_id,
        holder_id=line.order.holder_id,
        granted_at=starts_at,
        ends_at=ends_at,
        covers_until=None if terms.includes_updates else starts_at,
        seats=terms.seats * line.quantity if terms.seats else None,
        older_than_days=line.older_than_days,
    )


def _paid_period(line: OrderLine, granted_at: datetime) -> tuple[datetime, datetime]:
    """Return the first moment and the end of the period that a line is for, paid now.

    It begins where the one before ends, so that what is counted in seats is not had
    twice. What is paid when its period has begun is had from then on.
    """
    renewed: SubscriptionPeriod | None = getattr(line, "period", None)
    if renewed is not None:
        starts_at, ends_at = renewed.when_paid(granted_at)
        Subscription.objects.filter(pk=renewed.subscription_id).update(
            paid_until=ends_at, ended_at=None
        )
        return max(starts_at, granted_at), ends_at
    ends_at = end_of_period(granted_at, period=line.price_version.period, count=1)
    begun = Subscription.objects.create(
        offer_id=line.offer_version.offer_id,
        holder_id=line.order.holder_id,
        buyer_id=line.order.buyer_id,
        first_line=line,
        started_at=granted_at,
        paid_until=ends_at,
    )
    SubscriptionPeriod.objects.create(
        subscription=begun, number=1, line=line, starts_at=granted_at, ends_at=ends_at
    )
    return granted_at, ends_at


def _follow_on(held: Entitlement) -> None:
    """End what the period before gave where this one begins, and keep who sits there."""
    earlier = Entitlement.objects.filter(
        line__period__subscription__periods__line=held.line_id
    ).exclude(pk=held.pk)
    before = earlier.order_by("-line__period__number").first()
    if before is None:
        return
    if before.ends_at is None or before.ends_at > held.granted_at:
        before.ends_at = held.granted_at
        before.save(update_fields=["ends_at"])
    Seat.objects.bulk_create(
        Seat(
            entitlement=held,
            user_id=seat.user_id,
            number=seat.number,
            of=seat.of,
            assigned_by_id=seat.assigned_by_id,
            assigned_at=held.granted_at,
        )
        for seat in before.places.filter(freed_at__isnull=True)
    )
