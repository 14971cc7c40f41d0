"""Disputes: money a bank takes back from us until it is decided whose it is."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import (
    Dispute,
    DisputeState,
    Entitlement,
    Entry,
    EntryKind,
    LedgerAccount,
    LedgerLine,
    Order,
)
from licensing.models.orders import SETTLED_STATES
from licensing.money import give_back, shown
from licensing.queries.held import held_of
from licensing.services.invoices import credit
from licensing.services.refunds import OtherwiseTold
from licensing.services.sending_back import take_back_excess
from licensing.services.standing import restate
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed


class NotSettled(DomainError):
    """The order is not paid as far as we know; it may be told of later."""

    code = "not_settled"


def bank_case(reference: str) -> str:
    """Return the key of a case that an operator tells of, by the bank's reference."""
    return f"bank:{' '.join(reference.split()).upper()}"


@transaction.atomic
def open_dispute(
    actor: User | None,
    *,
    order: Order,
    key: str,
    amount_minor: int,
    reason: str,
    at: datetime,
) -> Dispute:
    """Record that the payer disputes a payment. The same again changes nothing.

    The money leaves the cash and waits; the entitlements are suspended; nothing can be
    refunded meanwhile. Told after it was closed, it changes nothing either.

    Args:
        actor: a member of the staff; None for a provider.
        order: what was paid.
        key: names the outside fact, such as `stripe:dp_1`.
        amount_minor: minor units, above zero, that were taken back.
        reason: what the payer says; the buyer reads it.
        at: when we learnt of it.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: no key, no reason, or no amount; a person says more than was paid.
        NotSettled: the order is not paid.
        OtherwiseTold: `key` was told of another order, or with another amount.
    """
    if actor is not None:
        require_staff(actor)
    reason = reason.strip()
    if not (1 <= len(key) <= 150 and reason and amount_minor > 0):
        raise Malformed(
            gettext("key, reason, amount_minor: give what the bank says of it.")
        )
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if told := Dispute.objects.filter(key=key).first():
        if (told.order_id, told.amount_minor) != (order.pk, amount_minor):
            raise OtherwiseTold(
                gettext("%(key)s was told of otherwise: %(amount_minor)s.")
                % {"key": key, "amount_minor": told.amount_minor}
            )
        return told
    if order.state not in SETTLED_STATES or not order.paid_minor:
        raise NotSettled(
            gettext("Order %(order_number)s is not paid, as far as we know.")
            % {"order_number": order.number}
        )
    if actor is not None and amount_minor > order.paid_minor:
        paid = shown(order.paid_minor, order.currency)
        raise Malformed(
            gettext("amount_minor: %(paid)s was paid for order %(order_number)s.")
            % {"paid": paid, "order_number": order.number}
        )
    ledger.post(
        key=_key(key),
        kind=EntryKind.DISPUTE,
        legs=[
            Leg(ledger.account(ledger.DISPUTED), order.currency, amount_minor),
            Leg(
                _where_paid(order, is_by_card=actor is None),
                order.currency,
                -amount_minor,
            ),
        ],
        occurred_at=at,
        order=order,
        posted_by=actor,
    )
    opened = Dispute.objects.create(
        key=key,
        order=order,
        state=DisputeState.OPEN,
        amount_minor=amount_minor,
        reason=reason,
        opened_by=actor,
        opened_at=at,
    )
    _live(order).update(suspended_at=at, stopped_because=f"Disputed: {reason}")
    restate(order, at=at)
    record_act(actor, "open_dispute", order, at=at, amount_minor=amount_minor)
    return opened


@transaction.atomic
def close_dispute(
    actor: User | None,
    *,
    order: Order,
    key: str,
    amount_minor: int,
    reason: str,
    won: bool,
    at: datetime,
) -> Dispute:
    """Record how a dispute was decided. The same again changes nothing.

    Won, the money comes back and the entitlements live on. Lost, the fee and the parties
    give it by what they still hold, what nobody holds is our loss, and the entitlements
    are revoked. One that we were not told of is opened first.

    Args:
        actor: a member of the staff; None for a provider.
        order: what was paid.
        key: names the outside fact, as it did when it was opened.
        amount_minor: minor units, above zero, that were taken back.
        reason: what the payer says; the buyer reads it.
        won: by us.
        at: when we learnt of it.

    Raises:
        PermissionDenied, Malformed, NotSettled: see `open_dispute`.
        OtherwiseTold: it was decided the other way, or is told of otherwise.
    """
    opened = open_dispute(
        actor, order=order, key=key, amount_minor=amount_minor, reason=reason, at=at
    )
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    outcome = DisputeState.WON if won else DisputeState.LOST
    if opened.state == outcome:
        return opened
    if opened.state != DisputeState.OPEN:
        raise OtherwiseTold(
            gettext("%(key)s is %(lower)s already.")
            % {"key": key, "lower": opened.get_state_display().lower()}
        )
    opened.state, opened.closed_at, opened.closed_by = outcome, at, actor
    opened.save(update_fields=["state", "closed_at", "closed_by"])
    entry = _book(actor, opened, at)
    others = order.disputes.filter(state=DisputeState.OPEN)
    if not won:
        _live(order).update(
            revoked_at=at, stopped_because=f"Lost in a dispute: {opened.reason}"
        )
    elif not others.exists():
        _live(order).update(suspended_at=None, stopped_because="")
    restate(order, at=at)
    take_back_excess(order, at=at)
    record_act(actor, "close_dispute", order, at=at, amount_minor=amount_minor, won=won)
    if not won:
        credit(entry, reason=f"Lost in a dispute: {opened.reason}", at=at)
    return opened


def _book(actor: User | None, decided: Dispute, at: datetime) -> Entry:
    """Post the mirror of the opening, or take the money from who still holds it."""
    order, amount_minor = decided.order, decided.amount_minor
    opening = Entry.objects.get(key=_key(decided.key))
    if decided.state == DisputeState.WON:
        return ledger.post(
            key=f"{_key(decided.key)}:won",
            kind=EntryKind.DISPUTE_WON,
            legs=ledger.mirror(opening),
            occurred_at=at,
            order=order,
            posted_by=actor,
            reverses=opening,
        )
    held = held_of(order)
    given_minor = min(amount_minor, sum(held.values()))
    given = give_back(given_minor, held=held) if given_minor else {}
    loss = ledger.account(ledger.DISPUTE_LOSS)
    return ledger.post(
        key=f"{_key(decided.key)}:lost",
        kind=EntryKind.DISPUTE_LOST,
        legs=[
            *(
                Leg(account, order.currency, minor, line)
                for (account, line), minor in given.items()
            ),
            Leg(loss, order.currency, amount_minor - given_minor),
            Leg(ledger.account(ledger.DISPUTED), order.currency, -amount_minor),
        ],
        occurred_at=at,
        order=order,
        posted_by=actor,
    )


def _where_paid(order: Order, *, is_by_card: bool) -> LedgerAccount:
    """Return the account that most of the order's money came in to, or the card's."""
    came_in = LedgerLine.objects.filter(
        entry__order=order, account__code__startswith="cash:", minor__gt=0
    ).select_related("account")
    lines = list(came_in.order_by("-minor", "pk"))
    if is_by_card:
        lines.sort(key=lambda line: line.account.code != ledger.CASH_STRIPE)
    return lines[0].account


def _live(order: Order) -> QuerySet[Entitlement]:
    return Entitlement.objects.filter(line__order=order, revoked_at__isnull=True)


def _key(key: str) -> str:
    return f"dispute:{key}"
