"""Money on its way to buyers: sent, not arrived, or returned because it was too much."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import Entry, EntryKind, Order, Outbox, Refund, Topic
from licensing.models.payments import UNDONE
from licensing.money import shown
from licensing.queries.held import returnable_minor
from licensing.services.refunds import AboveHeld, OnItsWay, OtherwiseTold
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed


@transaction.atomic
def confirm_refund(
    actor: User | None, *, refund: Refund, reference: str, at: datetime
) -> Refund:
    """Say by which reference of the bank or the provider a refund was sent, once.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: no reference.
        OtherwiseTold: it was sent by another.
    """
    if actor is not None:
        require_staff(actor)
    reference = " ".join(reference.split())
    if not reference:
        raise Malformed(
            gettext("reference: give the bank's reference of the transfer.")
        )
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
    if refund.reference == reference:
        return refund
    if refund.reference:
        raise OtherwiseTold(
            gettext("It was sent by %(reference)s.") % {"reference": refund.reference}
        )
    refund.reference = reference
    refund.save(update_fields=["reference"])
    record_act(actor, "confirm_refund", refund, at=at, bank_reference=reference)
    return refund


@transaction.atomic
def fail_refund(actor: User | None, *, refund: Refund, at: datetime) -> Refund:
    """Record that a refund did not arrive; twice is once.

    The refund stands, and so does what it took back: the money is the buyer's, is held
    for them, and is returned by another way: see `return_money`. Told by a provider, it
    is of what went by that provider.

    Raises:
        PermissionDenied: `actor` is not staff.
        OnItsWay: the provider is still to send it.
    """
    if actor is not None:
        require_staff(actor)
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
    if refund.failed_at:
        return refund
    mine = Outbox.objects.filter(
        topic=Topic.REFUND, order=refund.order_id, payload__refund=str(refund.pk)
    )
    if actor is not None and mine.filter(UNDONE).exists():
        raise OnItsWay(
            gettext("The payment provider has not sent it yet. Look again later.")
        )
    cash = refund.entry.lines.filter(account__code__startswith="cash:")
    lines = list(cash.select_related("account"))
    by_card = [line for line in lines if line.account.code == ledger.CASH_STRIPE]
    back = [
        Leg(line.account, line.currency, -line.minor)
        for line in (actor is None and by_card) or lines
    ]
    back_minor = sum(leg.minor for leg in back)
    ledger.post(
        key=f"refund-failed:{refund.key}",
        kind=EntryKind.REFUND_FAILED,
        legs=[
            *back,
            Leg(ledger.account(ledger.OVERPAID), refund.order.currency, -back_minor),
        ],
        occurred_at=at,
        order=refund.order,
        posted_by=actor,
    )
    refund.failed_at = at
    refund.save(update_fields=["failed_at"])
    record_act(actor, "fail_refund", refund, at=at, amount_minor=back_minor)
    return refund


@transaction.atomic
def return_money(
    actor: User | None,
    *,
    order: Order,
    amount_minor: int,
    reference: str,
    at: datetime,
    cash: str = ledger.CASH_BANK,
) -> Entry:
    """Record that overpaid or freed money went back to who sent it, once per reference.

    Args:
        actor: a member of the staff, who vouches for it; None for a provider.
        order: what it had come in for.
        amount_minor: minor units, above zero, at most what is held to be returned.
        reference: the bank's or the provider's own.
        at: when.
        cash: the account of the ledger it left from.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: no reference or no amount.
        AboveHeld: more than is held for the order, and not on its way already.
        AlreadyPosted: the reference is recorded with other content.
    """
    if actor is not None:
        require_staff(actor)
    reference = " ".join(reference.split())
    if not reference or amount_minor < 1:
        raise Malformed(
            gettext("reference, amount_minor: give both, as the bank states them.")
        )
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    key = f"return:{reference.upper() if cash == ledger.CASH_BANK else reference}"
    is_new = not Entry.objects.filter(key=key).exists()
    if is_new and amount_minor > (held_minor := returnable_minor(order)):
        raise AboveHeld(
            gettext(
                "amount_minor: %(held_minor)s is held to be returned for order "
                "%(order_number)s, not %(amount_minor)s."
            )
            % {
                "held_minor": shown(held_minor, order.currency),
                "order_number": order.number,
                "amount_minor": shown(amount_minor, order.currency),
            }
        )
    entry = ledger.post(
        key=key,
        kind=EntryKind.RETURN,
        legs=[
            Leg(ledger.account(ledger.OVERPAID), order.currency, amount_minor),
            Leg(ledger.account(cash), order.currency, -amount_minor),
        ],
        occurred_at=at,
        order=order,
        posted_by=actor,
    )
    if is_new:
        record_act(
            actor,
            "return_money",
            order,
            at=at,
            amount_minor=amount_minor,
            bank_reference=reference,
        )
    return entry


@transaction.atomic
def fail_return(entry: Entry, *, at: datetime) -> Entry:
    """Record that returned money came back to the provider; twice is once.

    It is held again, to be returned by another way.
    """
    key = entry.key.replace("return:", "return-failed:", 1)
    if told := Entry.objects.filter(key=key).first():
        return told
    failed = ledger.post(
        key=key,
        kind=EntryKind.REFUND_FAILED,
        legs=ledger.mirror(entry),
        occurred_at=at,
        order=entry.order,
        reverses=entry,
    )
    record_act(None, "fail_return", failed, at=at)
    return failed
