"""What a refund asks of the processor: money back to the buyer, and from its owners."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from licensing import ledger
from licensing.models import Order, Outbox, Payment, PaymentProvider, Refund, Topic
from licensing.queries.held import held_of
from licensing.services.outbox import write_out


def send_refund(refund: Refund, *, at: datetime) -> None:
    """Have the processor send what a refund took of the money that it holds.

    It goes back by the payments that brought it, the first ones first. What none of them
    has left is asked of the last all the same: refused, it is held, to be returned.
    """
    lines = refund.entry.lines.filter(account__code=ledger.CASH_STRIPE)
    left_minor = -sum(line.minor for line in lines)
    if left_minor <= 0:
        return
    gone = _gone_back(refund.order)
    paid = Payment.objects.filter(order=refund.order, provider=PaymentProvider.STRIPE)
    payments = list(paid.order_by("confirmed_at", "pk"))
    for number, payment in enumerate(payments, start=1):
        here_minor = payment.amount_minor - gone[str(payment.pk)]
        is_last = number == len(payments)
        part_minor = left_minor if is_last else min(left_minor, here_minor)
        if part_minor > 0:
            write_out(
                Topic.REFUND,
                key=f"refund:{refund.pk}:{payment.pk}",
                payload={
                    "refund": str(refund.pk),
                    "payment": str(payment.pk),
                    "minor": part_minor,
                },
                order=refund.order,
                at=at,
            )
            left_minor -= part_minor


def _gone_back(order: Order) -> Counter[str]:
    """Return what of each payment went back, or is to, in minor units."""
    gone: Counter[str] = Counter()
    for row in _standing(order, [Topic.RETURN, Topic.REFUND]):
        gone[row.payload["payment"]] += row.payload["minor"]
    return gone


def take_back_excess(order: Order, *, at: datetime) -> None:
    """Have the processor take back what owners were sent and hold no more.

    Args:
        order: refunded or lost; it is locked.
        at: now.
    """
    held: Counter[str] = Counter()
    for (account, _), minor in held_of(order).items():
        held[str(account.party_id)] += minor
    back = Outbox.objects.filter(topic=Topic.REVERSAL, order=order)
    times = Counter(row.payload["payout"] for row in back)
    taken: Counter[str] = Counter()
    for row in _standing(order, [Topic.REVERSAL]):
        taken[row.payload["payout"]] += row.payload["minor"]
    for sent in _standing(order, [Topic.TRANSFER]):
        payout, party = sent.payload["payout"], sent.payload["party"]
        kept_minor = sent.payload["minor"] - taken[payout]
        excess_minor = kept_minor - held[party]
        held[party] = max(-excess_minor, 0)  # is what the next ones may keep
        if excess_minor > 0:
            write_out(
                Topic.REVERSAL,
                key=f"reversal:{payout}:{times[payout] + 1}",
                payload={"payout": payout, "party": party, "minor": excess_minor},
                order=order,
                at=at,
            )


def _standing(order: Order, topics: list[Topic]) -> Iterable[Outbox]:
    rows = Outbox.objects.filter(order=order, topic__in=topics, refused_at__isnull=True)
    return rows.order_by("written_at", "pk")
