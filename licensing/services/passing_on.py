"""What owners earned by an order, sent on to them by the processor that holds it.

Each is paid for each order by itself: out of that order's charge, under its transfer
group, so that a refund can take exactly that back.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from licensing.models import (
    Checkout,
    Entry,
    EntryKind,
    Order,
    Outbox,
    Party,
    PaymentProvider,
    Payout,
    Topic,
)
from licensing.queries.passing_on import unsent_orders
from licensing.queries.payouts import Owed, owed_now
from licensing.services.outbox import write_out
from licensing.services.payouts import Amount, NotDue, begin_payout, transfer_key

AT_ONCE = 200
TRIED_AGAIN_AFTER = timedelta(days=1)


def pass_on_due(
    *, at: datetime, hold: timedelta, minimums: Mapping[str, int]
) -> list[Payout]:
    """Begin to send owners their parts of the orders that are over their hold.

    Args:
        at: now.
        hold: how long what was earned waits.
        minimums: by currency, the least that must be due to an owner in all.
    """
    payable = Party.objects.filter(
        payees__provider=PaymentProvider.STRIPE, payees__is_payable=True
    )
    return [
        payout
        for owed in owed_now(at=at, hold=hold, parties=payable)
        if owed.due_minor >= max(minimums.get(owed.currency, 1), 1)
        for payout in _pass_on_to(owed, at=at, hold=hold)
    ]


def _pass_on_to(owed: Owed, *, at: datetime, hold: timedelta) -> Iterator[Payout]:
    """Begin transfers to one party, its oldest orders first, until nothing is due.

    Not of those refused just now: what stands in the way takes people some time.
    """
    left_minor = owed.due_minor
    refused_now = Outbox.objects.filter(
        topic=Topic.TRANSFER,
        order=OuterRef("pk"),
        payload__party=str(owed.party.pk),
        refused_at__gt=at - TRIED_AGAIN_AFTER,
    )
    unsent = unsent_orders(owed.party, currency=owed.currency, since=at - hold)
    oldest = unsent.filter(~Exists(refused_now)).order_by("closed_at", "pk")
    for order in oldest[:AT_ONCE]:
        try:
            payout = _pass_on(
                owed.party, order, most_minor=left_minor, at=at, hold=hold
            )
        except NotDue:  # paid in another way meanwhile
            return
        if payout is not None:
            left_minor -= payout.amount_minor
            yield payout
        if left_minor < 1:
            return


@transaction.atomic
def _pass_on(
    party: Party, order: Order, *, most_minor: int, at: datetime, hold: timedelta
) -> Payout | None:
    """Begin one transfer of what a party holds of an order, if that still stands.

    Raises:
        NotDue: less than `most_minor` is due to the party by now.
    """
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    unsent = unsent_orders(party, currency=order.currency, since=at - hold)
    found = unsent.filter(pk=order.pk).aggregate(minor=Sum("unsent_minor", default=0))
    minor = min(found["minor"], most_minor)
    if minor < 1:  # it was sent, disputed or refunded meanwhile
        return None
    asked = Outbox.objects.filter(
        topic=Topic.TRANSFER, order=order, payload__party=str(party.pk)
    )
    payout = begin_payout(
        None,
        party=party,
        amount=Amount(minor, order.currency),
        provider=PaymentProvider.STRIPE,
        key=f"stripe:{order.number}:{party.pk}:{asked.count() + 1}",
        begun_at=at,
        hold=hold,
    )
    write_out(
        Topic.TRANSFER,
        key=transfer_key(payout),
        payload={
            "payout": str(payout.pk),
            "party": str(party.pk),
            "minor": minor,
            "charge": _charge_of(order),
        },
        order=order,
        at=at,
    )
    return payout


def _charge_of(order: Order) -> str:
    """Return the processor's name of the charge that paid an order."""
    paid = Entry.objects.get(order=order, kind=EntryKind.PAYMENT)
    intent = paid.key.removeprefix("payment:")
    return Checkout.objects.get(provider=PaymentProvider.STRIPE, intent=intent).charge
