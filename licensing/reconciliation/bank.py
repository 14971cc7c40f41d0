"""The lines of the bank's cash, beside what operators confirmed of the bank.

A bank tells this site nothing by itself; an operator does, transfer by transfer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from licensing import ledger
from licensing.models import (
    Entry,
    EntryKind,
    LedgerLine,
    Payment,
    PaymentProvider,
    PrepaidTransfer,
    PurseTransfer,
)
from licensing.reconciliation.processor import lines_of
from licensing.reconciliation.rows import (
    BANK,
    Finding,
    Row,
    number_of,
    order_path,
    path_of,
)

TRANSFER = "transfer:"  # begins the keys of what came in


def rows_in_bank(since: datetime) -> Iterator[Row]:
    """Yield what moved at the bank since a moment, or should have."""
    told = _transfers(since)
    for line in lines_of(ledger.CASH_BANK, since):
        entry, currency = line.entry, line.currency
        if entry.key.startswith(TRANSFER):
            transfer = told.pop((entry.key, currency), None)
            confirmed = transfer.minor if transfer else None
        else:
            confirmed = _confirmed(line)
        yield Row(
            at=entry.occurred_at,
            finding=_found(confirmed, line.minor),
            place=str(BANK),
            what=str(EntryKind(entry.kind).label),
            source=_reference(entry),
            order=number_of(entry),
            currency=currency,
            provider_minor=confirmed,
            ledger_minor=line.minor,
            path=path_of(entry),
        )
    for (key, currency), transfer in told.items():
        yield Row(
            at=transfer.at,
            finding=Finding.NOT_BOOKED,
            place=str(BANK),
            what="Transfer",
            source=key.removeprefix(TRANSFER),
            order=transfer.order,
            currency=currency,
            provider_minor=transfer.minor,
            ledger_minor=None,
            path=order_path(transfer.order),
        )


@dataclass(frozen=True, slots=True)
class _Transfer:
    """What an operator said came in, and for which order, if for one."""

    minor: int
    at: datetime
    order: str = ""


def _transfers(since: datetime) -> dict[tuple[str, str], _Transfer]:
    """Return what operators said came in, by the key of its entry and the currency."""
    paid = Payment.objects.filter(
        provider=PaymentProvider.MANUAL, confirmed_at__gte=since
    ).select_related("order")
    given = PurseTransfer.objects.filter(confirmed_at__gte=since)
    told = {
        (_key(each.reference), each.order.currency): _Transfer(
            each.amount_minor, each.confirmed_at, each.order.number
        )
        for each in paid
    }
    for each in given.select_related("purse"):
        place = (_key(each.bank_reference), each.purse.currency)
        told[place] = _Transfer(each.amount_minor, each.confirmed_at)
    ahead = PrepaidTransfer.objects.filter(confirmed_at__gte=since)
    for paid_in in ahead.select_related("prepaid"):
        place = (_key(paid_in.bank_reference), paid_in.prepaid.currency)
        told[place] = _Transfer(paid_in.amount_minor, paid_in.confirmed_at)
    return told


def _key(reference: str) -> str:
    return f"{TRANSFER}{reference.upper()}"


def _found(confirmed: int | None, booked: int) -> Finding:
    if confirmed is None:
        return Finding.UNCONFIRMED
    return Finding.AGREES if confirmed == booked else Finding.AMOUNT


def _confirmed(line: LedgerLine) -> int | None:
    """Return what was confirmed of money that did not come in by a transfer.

    A refund is booked when it is granted, and sent after that; all else, once it went.
    """
    refund = getattr(line.entry, "refund", None)
    is_on_its_way = refund is not None and not (refund.reference or refund.failed_at)
    return None if is_on_its_way else line.minor


def _reference(entry: Entry) -> str:
    """Return the bank's own name of what moved; ours, where none is known yet."""
    sent = entry.reverses or entry
    for told in ("refund", "payout"):
        if row := getattr(sent, told, None):
            return row.reference or entry.key
    return entry.key.partition(":")[2]
