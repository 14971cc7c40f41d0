"""Refunds: what goes back to a buyer of what was sold to them, and who gives it."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import (
    Entitlement,
    EntryKind,
    LedgerAccount,
    Order,
    OrderState,
    Refund,
    RefundLine,
)
from licensing.money import give_back, shown
from licensing.queries.held import Holding, cash_of, held_of
from licensing.services.invoices import issue_credit_note
from licensing.services.sending_back import send_refund, take_back_excess
from licensing.services.standing import restate
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

REFUNDABLE = [OrderState.FULFILLED, OrderState.PARTLY_REFUNDED, OrderState.LOST]
LONGEST_REASON = 1000


class RefundBlocked(DomainError):
    """The order is disputed or has nothing to give back."""

    code = "refund_blocked"


class AboveHeld(DomainError):
    """More is asked for than is there to give."""

    code = "above_held"


class OtherwiseTold(DomainError):
    """The key is used by an act with other content, so one of the two is wrong."""

    code = "otherwise_told"
    status = 409


class OnItsWay(DomainError):
    """A provider is asked to send it already, so nobody says by hand how it went."""

    code = "on_its_way"


@transaction.atomic
def refund(
    actor: User | None,
    *,
    order: Order,
    amount_minor: int | None,
    reason: str,
    revokes: bool,
    key: str,
    at: datetime,
    by_line: Mapping[UUID, int] | None = None,
) -> Refund:
    """Give money back for an order. The same key and content again change nothing.

    The fee, each party and each tax give by what they still hold of the lines it is for;
    who was paid out already owes it, against later sales. The money leaves by where it
    came in; a provider that holds it is asked to send it, and to take back what owners
    were sent of it.

    Args:
        actor: a member of the staff; None for a provider, which has sent it already.
        order: paid for, and not disputed.
        amount_minor: minor units, tax included; None for all that is held.
        reason: the buyer reads it.
        revokes: takes the entitlements back: those of the lines it names, or all.
        key: names this refund once over all orders.
        at: when.
        by_line: instead of `amount_minor`, how much for each line of the order.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: the message names the field.
        OtherwiseTold: `key` names another refund, or this one with other content.
        RefundBlocked: it is disputed, unpaid, or refunded whole already.
        AboveHeld: more than is held, of the order or of a line.
    """
    if actor is not None:
        require_staff(actor)
    reason = reason.strip()
    _check(reason, key, amount_minor, by_line)
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    asked = _asked(order, amount_minor, by_line, reason, revokes=revokes)
    if told := Refund.objects.filter(key=key).first():
        if told.asked_sha256 != asked:
            raise OtherwiseTold(
                gettext("%(key)s names a refund with other content.") % {"key": key}
            )
        return told
    held = _refundable(order)
    given = _given(held, amount_minor, by_line, currency=order.currency)
    made = _record(
        actor,
        order,
        given,
        Refund(
            key=key, asked_sha256=asked, reason=reason, revokes=revokes, refunded_at=at
        ),
    )
    if revokes:
        granted = Entitlement.objects.filter(line__order=order, revoked_at__isnull=True)
        if by_line is not None:
            granted = granted.filter(line__in=by_line)
        granted.update(revoked_at=at, stopped_because=reason)
    restate(order, at=at)
    if actor is not None:
        send_refund(made, at=at)
    take_back_excess(order, at=at)
    record_act(
        actor,
        "refund_order",
        order,
        at=at,
        amount_minor=made.amount_minor,
        currency=order.currency,
        reason=reason,
        revokes=revokes,
    )
    issue_credit_note(made, at=at)
    return made


def give_backs(order: Order, *, amount_minor: int | None) -> dict[LedgerAccount, int]:
    """Return what each account would give for a refund of now, as `refund` takes it.

    Args:
        order: as it stands.
        amount_minor: minor units, tax included; None for all that is held.

    Raises:
        RefundBlocked, AboveHeld: see `refund`.
    """
    sums: Counter[LedgerAccount] = Counter()
    given = _given(_refundable(order), amount_minor, None, currency=order.currency)
    for (account, _), minor in given.items():
        sums[account] += minor
    return dict(sums)


def _cash_legs(order: Order, amount_minor: int, *, is_by_card: bool) -> list[Leg]:
    """Return the legs by which money for an order leaves: from where most of it lies.

    What the processor sent by itself left from there.
    """
    legs = []
    lies = list(cash_of(order).items())
    if is_by_card:
        lies.sort(key=lambda each: each[0].code != ledger.CASH_STRIPE)
    for account, minor in lies:
        part = min(max(minor, 0), amount_minor)
        legs.append(Leg(account, order.currency, -part))
        amount_minor -= part
    if amount_minor:
        raise ValueError(f"{order.number}: {amount_minor} above what came in")
    return legs


def _refundable(order: Order) -> dict[Holding, int]:
    if order.state == OrderState.DISPUTED:
        raise RefundBlocked(
            gettext(
                "Order %(order_number)s is disputed. What is refunded now could be "
                "lost twice; wait for the decision."
            )
            % {"order_number": order.number}
        )
    held = held_of(order) if order.state in REFUNDABLE else {}
    if not held:
        raise RefundBlocked(
            gettext(
                "Order %(order_number)s is %(lower)s; there is nothing to refund. "
                "Money that came in too much is returned, not refunded."
            )
            % {"order_number": order.number, "lower": order.get_state_display().lower()}
        )
    return held


def _given(
    held: Mapping[Holding, int],
    amount_minor: int | None,
    by_line: Mapping[UUID, int] | None,
    *,
    currency: str,
) -> dict[Holding, int]:
    """Return what each gives back."""
    if by_line is not None:
        wanted = [
            (minor, {place: kept for place, kept in held.items() if place[1].pk == pk})
            for pk, minor in by_line.items()
        ]
    else:
        minor = sum(held.values()) if amount_minor is None else amount_minor
        wanted = [(minor, dict(held))]
    given: dict[Holding, int] = {}
    for minor, kept in wanted:
        if minor > sum(kept.values()):
            raise AboveHeld(
                gettext("amount_minor: %(values)s is left to refund, not %(minor)s.")
                % {
                    "values": shown(sum(kept.values()), currency),
                    "minor": shown(minor, currency),
                }
            )
        given |= give_back(minor, held=kept)
    return {place: minor for place, minor in given.items() if minor}


def _record(
    actor: User | None, order: Order, given: Mapping[Holding, int], told: Refund
) -> Refund:
    amounts: Counter[UUID] = Counter()
    taxes: Counter[UUID] = Counter()
    for (account, line), minor in given.items():
        amounts[line.pk] += minor
        taxes[line.pk] += minor * account.code.startswith(f"{ledger.TAX}:")
    told.order, told.refunded_by = order, actor
    told.amount_minor, told.tax_minor = amounts.total(), taxes.total()
    told.entry = ledger.post(
        key=f"refund:{told.key}",
        kind=EntryKind.REFUND,
        legs=[
            *(
                Leg(account, order.currency, minor, line)
                for (account, line), minor in given.items()
            ),
            *_cash_legs(order, told.amount_minor, is_by_card=actor is None),
        ],
        occurred_at=told.refunded_at,
        order=order,
        posted_by=actor,
    )
    told.save(force_insert=True)
    RefundLine.objects.bulk_create(
        RefundLine(refund=told, line_id=pk, amount_minor=minor, tax_minor=taxes[pk])
        for pk, minor in amounts.items()
    )
    return told


def _asked(
    order: Order,
    amount_minor: int | None,
    by_line: Mapping[UUID, int] | None,
    reason: str,
    *,
    revokes: bool,
) -> str:
    """Return a digest of what is asked for, by which a repetition is known."""
    lines = [f"{pk} {minor}" for pk, minor in sorted((by_line or {}).items())]
    said = [str(order.pk), str(amount_minor), str(revokes), *lines, reason]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _check(
    reason: str,
    key: str,
    amount_minor: int | None,
    by_line: Mapping[UUID, int] | None,
) -> None:
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Malformed(
            gettext(
                "reason: say why, in up to %(longest_reason)s characters; the buyer "
                "reads it."
            )
            % {"longest_reason": LONGEST_REASON}
        )
    if not 1 <= len(key) <= 150:
        raise Malformed(gettext("key: name the refund, in up to 150 characters."))
    if by_line is not None and (amount_minor is not None or not by_line):
        raise Malformed(
            gettext("by_line: name lines, and their amounts instead of one amount.")
        )
    asked = [*(by_line or {}).values(), 1 if amount_minor is None else amount_minor]
    if min(asked) < 1:
        raise Malformed(gettext("amount_minor: give what goes back, above zero."))
