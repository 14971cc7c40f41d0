"""What an order gives once nothing is due: shared-out money and entitlements."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import Entitlement, Order, OrderLine, Party
from licensing.money import split


def earned_legs(order: Order) -> list[Leg]:
    """Return the credits of a paid order: the platform's fee and each party's part."""
    fees = 0
    owed: Counter[Party] = Counter()
    for line in _lines_of(order):
        fees += line.fee_minor
        shares = list(line.share_set.shares.all())
        parties = {share.party_id: share.party for share in shares}
        weights = {share.party_id: share.basis_points for share in shares}
        parts = split(line.price_minor - line.fee_minor, weights=weights)
        owed.update({parties[pk]: part for pk, part in parts.items()})
    return [
        Leg(ledger.account(ledger.PLATFORM_FEE), order.currency, -fees),
        *(
            Leg(ledger.payable(party), order.currency, -minor)
            for party, minor in sorted(owed.items(), key=lambda item: item[0].pk)
            if minor
        ),
    ]


def grant(order: Order, *, granted_at: datetime) -> list[Entitlement]:
    """Give the order's holder an entitlement for each line, as its version says."""
    return Entitlement.objects.bulk_create(
        _entitlement(order, line, granted_at) for line in _lines_of(order)
    )


def _entitlement(order: Order, line: OrderLine, granted_at: datetime) -> Entitlement:
    terms = line.offer_version
    days = terms.term_days
    return Entitlement(
        line=line,
        offer_id=terms.offer_id,
        holder_id=order.holder_id,
        granted_at=granted_at,
        ends_at=granted_at + timedelta(days=days) if days else None,
        covers_until=None if terms.includes_updates else granted_at,
        seats=terms.seats,
        older_than_days=line.older_than_days,
    )


def _lines_of(order: Order) -> Iterable[OrderLine]:
    lines = order.lines.select_related("offer_version", "share_set")
    return lines.prefetch_related("share_set__shares__party").order_by("position")
