"""What an order gives once nothing is due: shared-out money and entitlements."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import Entitlement, Order, OrderLine
from licensing.money import split


def earned_legs(order: Order) -> list[Leg]:
    """Return the credits of a paid order: the platform's fee and each party's part."""
    fees = 0
    owed: Counter[object] = Counter()
    parties = {}
    for line in _lines_of(order):
        fees += line.fee_minor
        net = line.price_minor - line.fee_minor
        shares = {
            share.party: share.basis_points for share in line.share_set.shares.all()
        }
        by_id = {party.pk: points for party, points in shares.items()}
        for party in shares:
            parties[party.pk] = party
        for pk, part in split(net, weights=by_id).items():
            owed[pk] += part
    legs = [Leg(ledger.account(ledger.PLATFORM_FEE), order.currency, -fees)]
    legs += [
        Leg(ledger.payable(parties[pk]), order.currency, -minor)
        for pk, minor in sorted(owed.items(), key=lambda item: str(item[0]))
        if minor
    ]
    return legs


def grant(order: Order, *, granted_at: datetime) -> list[Entitlement]:
    """Give the order's holder an entitlement for each line."""
    return Entitlement.objects.bulk_create(
        Entitlement(
            line=line,
            offer_id=line.offer_version.offer_id,
            holder_id=order.holder_id,
            granted_at=granted_at,
        )
        for line in _lines_of(order)
    )


def _lines_of(order: Order) -> Iterable[OrderLine]:
    lines = order.lines.select_related("offer_version", "share_set")
    return lines.prefetch_related("share_set__shares__party").order_by("position")
