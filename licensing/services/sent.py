"""What each errand to a processor is, and what its end means for the books."""

from datetime import datetime

from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import (
    EntryKind,
    Outbox,
    Payee,
    Payment,
    PaymentProvider,
    Payout,
    Refund,
)
from licensing.payments.processor import Back, Onward, Recall
from licensing.payments.protocol import ProviderRefused
from licensing.services import payouts, returns
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class NotSentYet(DomainError):
    """What is to be taken back is still on its way there."""

    code = "not_sent_yet"


def back(row: Outbox) -> Back:
    """Return a refund, or what came in too much, by the payment that brought it."""
    payment = Payment.objects.get(pk=row.payload["payment"])
    return Back(key=row.key, reference=payment.reference, minor=row.payload["minor"])


def record_return(row: Outbox, answer: str, at: datetime) -> None:
    if row.order is None:
        raise ValueError(f"{row} is of no order")
    returns.return_money(
        None,
        order=row.order,
        amount_minor=row.payload["minor"],
        reference=answer,
        at=at,
        cash=ledger.CASH_STRIPE,
    )


def record_refund(row: Outbox, answer: str, at: datetime) -> None:
    refund = Refund.objects.get(pk=row.payload["refund"])
    if not refund.reference:  # one that went by two payments is known by the first
        returns.confirm_refund(None, refund=refund, reference=answer, at=at)


def fail_refund(row: Outbox, fault: str, at: datetime) -> None:
    del fault  # stays with the row
    refund = Refund.objects.get(pk=row.payload["refund"])
    returns.fail_refund(None, refund=refund, at=at)


def onward(row: Outbox) -> Onward:
    payout = Payout.objects.get(pk=row.payload["payout"])
    payee = Payee.objects.get(party=payout.party_id, provider=PaymentProvider.STRIPE)
    return Onward(
        key=row.key,
        group=row.order.number if row.order else row.key,
        account=payee.account,
        currency=payout.currency,
        minor=payout.amount_minor,
        charge=row.payload["charge"],
    )


def record_payout(row: Outbox, answer: str, at: datetime) -> None:
    del at  # a payout has the time at which it was begun
    payout = Payout.objects.get(pk=row.payload["payout"])
    payouts.confirm_payout(payout=payout, reference=answer)


def fail_payout(row: Outbox, fault: str, at: datetime) -> None:
    payout = Payout.objects.get(pk=row.payload["payout"])
    payouts.fail_payout(None, payout=payout, reason=fault, failed_at=at)


def recall(row: Outbox) -> Recall:
    """Return what is taken back of a payout.

    Raises:
        ProviderRefused: it was never sent.
        NotSentYet: it is on its way.
    """
    payout = Payout.objects.get(pk=row.payload["payout"])
    if payout.failed_at:
        raise ProviderRefused(
            gettext("It was never sent, so there is nothing to take back.")
        )
    if not payout.reference:
        raise NotSentYet(gettext("What is to be taken back is not sent yet."))
    return Recall(key=row.key, reference=payout.reference, minor=row.payload["minor"])


def record_reversal(row: Outbox, answer: str, at: datetime) -> None:
    payout = Payout.objects.select_related("party").get(pk=row.payload["payout"])
    minor = row.payload["minor"]
    ledger.post(
        key=f"payout-returned:{answer}",
        kind=EntryKind.PAYOUT_RETURNED,
        legs=[
            Leg(ledger.account(ledger.CASH_STRIPE), payout.currency, minor),
            Leg(ledger.payable(payout.party), payout.currency, -minor),
        ],
        occurred_at=at,
    )
    record_act(None, "take_back_payout", payout, at=at, amount_minor=minor)


def leave(row: Outbox, fault: str, at: datetime) -> None:
    """Leave it to an operator: what was refused stands in the outbox, and is told."""
