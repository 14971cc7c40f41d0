"""Payouts: what is owed to a party and due, sent to it; what failed is owed again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import (
    EntryKind,
    LedgerAccount,
    Outbox,
    Party,
    PaymentProvider,
    Payout,
    Topic,
)
from licensing.models.payments import UNDONE
from licensing.money import shown
from licensing.queries.payouts import owed_now
from licensing.services.refunds import OnItsWay, OtherwiseTold
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

CASH: dict[str, str] = {
    PaymentProvider.MANUAL: ledger.CASH_BANK,
    PaymentProvider.STRIPE: ledger.CASH_STRIPE,
}


class NotDue(DomainError):
    """More is to be paid out than is owed to the party and due."""

    code = "not_due"


@dataclass(frozen=True, slots=True)
class Amount:
    """So many minor units of a currency."""

    minor: int
    currency: str


@transaction.atomic
def record_payout(
    actor: User,
    *,
    party: Party,
    amount: Amount,
    bank_reference: str,
    paid_at: datetime,
    hold: timedelta,
) -> Payout:
    """Record a transfer by which an operator paid a party. The same again is nothing.

    Args:
        actor: a member of the staff, who vouches for it.
        party: who got it.
        amount: above zero, at most what is due to them.
        bank_reference: the transfer's own, as the bank states it; once over all payouts.
        paid_at: when the operator said so.
        hold: how long what was earned waits before it is due.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: no reference or no amount.
        OtherwiseTold: the reference is of another payout.
        NotDue: more than is due.
    """
    require_staff(actor)
    reference = " ".join(bank_reference.split())
    if not 1 <= len(reference) <= 140:
        raise Malformed(
            gettext("bank_reference: give the bank's reference of the transfer.")
        )
    return _pay(
        actor,
        Payout(
            key=f"transfer:{reference.upper()}",
            party=party,
            provider=PaymentProvider.MANUAL,
            currency=amount.currency,
            amount_minor=amount.minor,
            reference=reference,
            paid_by=actor,
            paid_at=paid_at,
        ),
        hold=hold,
    )


@transaction.atomic
def begin_payout(
    actor: User | None,
    *,
    party: Party,
    amount: Amount,
    provider: PaymentProvider,
    key: str,
    begun_at: datetime,
    hold: timedelta,
) -> Payout:
    """Set what is due to a party off against the cash at a provider, which sends it.

    Who calls asks the provider for it in the same transaction, and says by
    `confirm_payout` or `fail_payout` what became of it.

    Args:
        actor: a member of the staff; None for the system.
        party: who gets it.
        amount: above zero, at most what is due to them.
        provider: who sends it.
        key: names the payout once over all; the same again is nothing.
        begun_at: when.
        hold: how long what was earned waits before it is due.

    Raises:
        PermissionDenied, Malformed, OtherwiseTold, NotDue: see `record_payout`.
    """
    if actor is not None:
        require_staff(actor)
    return _pay(
        actor,
        Payout(
            key=key,
            party=party,
            provider=provider,
            currency=amount.currency,
            amount_minor=amount.minor,
            paid_by=actor,
            paid_at=begun_at,
        ),
        hold=hold,
    )


@transaction.atomic
def confirm_payout(*, payout: Payout, reference: str) -> Payout:
    """Keep the provider's own name of a payout, once.

    Raises:
        OtherwiseTold: it has another.
    """
    payout = Payout.objects.select_for_update(of=("self",)).get(pk=payout.pk)
    if payout.reference == reference:
        return payout
    if payout.reference:
        raise OtherwiseTold(
            gettext("Payout %(key)s was sent by %(reference)s.")
            % {"key": payout.key, "reference": payout.reference}
        )
    payout.reference = reference
    payout.save(update_fields=["reference"])
    return payout


@transaction.atomic
def fail_payout(
    actor: User | None, *, payout: Payout, reason: str, failed_at: datetime
) -> Payout:
    """Record that a payout did not arrive: its mirror is posted; twice is once.

    Args:
        actor: a member of the staff; None for a provider.
        payout: which.
        reason: the party reads it.
        failed_at: when we learnt of it.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: no reason.
        OnItsWay: the provider is still to send it, or took a part of it back.
    """
    if actor is not None:
        require_staff(actor)
    reason = reason.strip()
    if not reason:
        raise Malformed(
            gettext("reason: say why it failed; whom it is owed to reads it.")
        )
    payout = Payout.objects.select_for_update(of=("self",)).get(pk=payout.pk)
    if payout.failed_at:
        return payout
    if actor is not None:
        _refuse_on_its_way(payout)
    ledger.post(
        key=f"{payout.entry.key}:failed",
        kind=EntryKind.PAYOUT_FAILED,
        legs=ledger.mirror(payout.entry),
        occurred_at=failed_at,
        posted_by=actor,
        reverses=payout.entry,
    )
    payout.failed_at, payout.failed_because = failed_at, reason
    payout.save(update_fields=["failed_at", "failed_because"])
    record_act(actor, "fail_payout", payout, at=failed_at, reason=reason)
    return payout


def _refuse_on_its_way(payout: Payout) -> None:
    asked = Outbox.objects.filter(topic=Topic.TRANSFER, key=transfer_key(payout))
    if asked.filter(UNDONE).exists():
        raise OnItsWay(
            gettext("The payment provider has not sent it yet. Look again later.")
        )
    back = Outbox.objects.filter(
        topic=Topic.REVERSAL, key__startswith=f"reversal:{payout.pk}:"
    )
    if back.filter(refused_at__isnull=True).exists():
        raise OnItsWay(gettext("It arrived: a part of it was taken back for a refund."))


def transfer_key(payout: Payout) -> str:
    """Return what the transfer of a payout is called, to us and to the provider."""
    return f"transfer:{payout.pk}"


def _pay(actor: User | None, wanted: Payout, *, hold: timedelta) -> Payout:
    if not 1 <= len(wanted.key) <= 150 or wanted.amount_minor < 1:
        raise Malformed(
            gettext("key, amount_minor: name the payout; give an amount above zero.")
        )
    account = ledger.payable(wanted.party)
    locked = LedgerAccount.objects.select_for_update(of=("self",), no_key=True)
    locked.get(pk=account.pk)  # sales may go on: they only name it
    if told := Payout.objects.filter(key=wanted.key).first():
        if _said(told) != _said(wanted):
            raise OtherwiseTold(
                gettext("%(key)s names a payout with other content.")
                % {"key": wanted.key}
            )
        return told
    _refuse_above_due(wanted, hold=hold)
    wanted.entry = ledger.post(
        key=f"payout:{wanted.key}",
        kind=EntryKind.PAYOUT,
        legs=[
            Leg(account, wanted.currency, wanted.amount_minor),
            Leg(
                ledger.account(CASH[wanted.provider]),
                wanted.currency,
                -wanted.amount_minor,
            ),
        ],
        occurred_at=wanted.paid_at,
        posted_by=actor,
    )
    wanted.save(force_insert=True)
    record_act(
        actor,
        "pay_out",
        wanted,
        at=wanted.paid_at,
        amount_minor=wanted.amount_minor,
        currency=wanted.currency,
        bank_reference=wanted.reference,
    )
    return wanted


def _refuse_above_due(wanted: Payout, *, hold: timedelta) -> None:
    parties = Party.objects.filter(pk=wanted.party_id)
    due_minor = sum(
        owed.due_minor
        for owed in owed_now(at=wanted.paid_at, hold=hold, parties=parties)
        if owed.currency == wanted.currency
    )
    if wanted.amount_minor > due_minor:
        raise NotDue(
            gettext(
                "amount_minor: %(due_minor)s is due to %(party)s, not %(amount_minor)s."
            )
            % {
                "due_minor": shown(due_minor, wanted.currency),
                "party": wanted.party,
                "amount_minor": shown(wanted.amount_minor, wanted.currency),
            }
        )


def _said(payout: Payout) -> tuple[object, ...]:
    return payout.party_id, payout.provider, payout.currency, payout.amount_minor
