"""What a processor saw of refunds and disputes, brought into our own rows."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from licensing import ledger
from licensing.models import Entry, Order, Outbox, Refund, Topic
from licensing.models.payments import UNDONE
from licensing.payments.processor import SeenDispute, SeenRefund, Verdict
from licensing.queries.held import returnable_minor
from licensing.services.disputes import close_dispute, open_dispute
from licensing.services.refunds import OnItsWay, refund
from licensing.services.returns import (
    confirm_refund,
    fail_refund,
    fail_return,
    return_money,
)
from licensing.services.seen import book_fee

BY_HAND = "Refunded at the payment provider."


@transaction.atomic
def record_refund(order: Order, *, seen: SeenRefund, at: datetime) -> None:
    """Record a refund that failed, or that somebody made at the processor itself.

    One of ours that went well is recorded where it was sent. What is made by hand returns
    what is held to be returned, and refunds the order if nothing is.

    Raises:
        DomainError: the books do not allow it yet, such as in a dispute.
    """
    returned = Entry.objects.filter(key=f"return:{seen.external_id}").first()
    key = f"stripe:{seen.external_id}"
    if seen.has_failed:
        _fail(seen, key, returned, at=at)
        return
    if seen.key or returned:
        return
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    is_told = Refund.objects.filter(key=key).exists()
    if not is_told and seen.minor <= returnable_minor(order):
        return_money(
            None,
            order=order,
            amount_minor=seen.minor,
            reference=seen.external_id,
            at=at,
            cash=ledger.CASH_STRIPE,
        )
        return
    made = refund(
        None,
        order=order,
        amount_minor=seen.minor,
        reason=BY_HAND,
        revokes=False,
        key=key,
        at=at,
    )
    confirm_refund(None, refund=made, reference=seen.external_id, at=at)


def _fail(seen: SeenRefund, key: str, returned: Entry | None, *, at: datetime) -> None:
    if returned is not None:
        fail_return(returned, at=at)
        return
    ours = Outbox.objects.filter(key=seen.key) if seen.key else Outbox.objects.none()
    if ours.filter(UNDONE).exists():
        raise OnItsWay(
            gettext("%(key)s failed, and is not recorded as sent yet.")
            % {"key": seen.key}
        )
    asked = ours.filter(topic=Topic.REFUND).first()
    told = Q(pk=asked.payload["refund"]) if asked else Q(key=key)
    for made in Refund.objects.filter(told):
        fail_refund(None, refund=made, at=at)


def record_dispute(order: Order, *, seen: SeenDispute, at: datetime) -> None:
    """Record a dispute as it stands; the same again changes nothing.

    Raises:
        DomainError: the books do not allow it yet.
    """
    if seen.verdict == Verdict.ASKED:
        return
    key, reason = f"stripe:{seen.external_id}", seen.reason.replace("_", " ")
    if seen.verdict == Verdict.OPEN:
        open_dispute(
            None, order=order, key=key, amount_minor=seen.minor, reason=reason, at=at
        )
    else:
        close_dispute(
            None,
            order=order,
            key=key,
            amount_minor=seen.minor,
            reason=reason,
            won=seen.verdict == Verdict.WON,
            at=at,
        )
    for source, fee_minor in seen.fees:
        book_fee(
            order, source=f"{seen.external_id}:{source}", fee_minor=fee_minor, at=at
        )
