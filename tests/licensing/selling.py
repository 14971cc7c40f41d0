"""A work of three owners, sold: what refunds, disputes and payouts start from."""

from datetime import timedelta

from licensing import services
from licensing.models import LedgerLine, Party
from licensing.queries import ledger_balances
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    DAY,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    make_work,
    pay,
    share,
)

HOLD = timedelta(days=14)
PAID_AT = NOON + DAY  # when `pay` says so
LATER = PAID_AT + HOLD


def sold(price_minor=1000, *, reference="RF 1", **more):
    """Return an order that is paid, and its owners' parties: 450, 270 and 180."""
    order, parties = ordered(price_minor, **more)
    return pay(order, reference=reference), parties


def ordered(price_minor=1000, *, parts=(5000, 3000, 2000), fee_bps=1000, **more):
    owners = UserFactory.create_batch(len(parts))
    work = make_work(owners[0])
    offer = make_offer(work, price_minor=price_minor)
    if len(parts) > 1:
        share(work, dict(zip(owners, parts, strict=True)))
    order = make_order(offer, fee_bps=fee_bps, **more)
    return order, [Party.objects.get(user=owner) for owner in owners]


def sold_twice(first_minor=100, second_minor=300):
    """Return a paid order of two works, each of one owner, and the owners' parties."""
    offers = [
        make_offer(price_minor=minor, code=f"offer-{minor}")
        for minor in (first_minor, second_minor)
    ]
    buyer = UserFactory()
    for offer in offers:
        services.accept_terms(buyer, offer=offer, accepted_at=NOON)
    order = services.place_order(
        buyer, offers=offers, placed_at=NOON, fee_bps=1000, pay_within=PAY_WITHIN
    )
    return pay(order), [offer.work.owner for offer in offers]


def books():
    """Return what lies on each account, in minor units, nothing left out."""
    return {row.account: row.minor for row in ledger_balances() if row.minor}


def owed(*parties):
    """Return what the house owes each party."""
    return [-books().get(f"payable:{party.pk}", 0) for party in parties]


def booked():
    """Return all that the ledger says, but when and by whom."""
    lines = LedgerLine.objects.values_list("entry__key", "account__code", "minor")
    return sorted(lines)
