"""Whether provider, ledger and orders tell the same of the money.

A processor's own statement is compared with the lines of `cash:stripe`, source by source;
the lines of `cash:bank`, with what operators confirmed of the bank. Each order is compared
with both, and what the processor refused, or told of in vain, is told beside it.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, Sum

from licensing import ledger
from licensing.models import Entry, Inbox, LedgerLine, Order, Outbox
from licensing.payments.processor import Processor
from licensing.payments.protocol import ProviderRefused, ProviderSilent
from licensing.queries.checking import faults_of_orders
from licensing.queries.errands import errands_in_vain
from licensing.reconciliation.bank import rows_in_bank
from licensing.reconciliation.processor import rows_at_processor
from licensing.reconciliation.rows import (
    BANK,
    HEAD,
    STRIPE,
    Finding,
    Held,
    Report,
    Row,
    order_path,
)
from licensing.reconciliation.statement import (
    Statement,
    kept_statement,
    read_statement,
    statement_in,
)

__all__ = [
    "HEAD",
    "Finding",
    "Held",
    "Report",
    "Row",
    "compare",
    "kept_statement",
    "report",
    "statement_in",
]


def report(*, processor: Processor | None, since: datetime) -> Report:
    """Compare all that moved since a moment, with what the processor says now.

    Args:
        processor: whose statement is read; None where cards are not taken.
        since: from when on; a day more is read, for what was on its way then.

    Cost: as `compare`, and a call to the processor for each hundred of its movements.
    """
    if processor is None:
        return compare(None, since=since)
    try:
        return compare(read_statement(processor, since=since), since=since)
    except (ProviderSilent, ProviderRefused) as told:
        return compare(None, since=since, fault=str(told))


def compare(statement: Statement | None, *, since: datetime, fault: str = "") -> Report:
    """Compare all that moved since a moment with a statement that was read.

    Args:
        statement: what the processor says; None where there is none.
        since: from when on; at the processor, not before the statement's beginning.
        fault: why there is no statement, if there should be one.

    Cost: a dozen queries, however much moved. All rows are held at once.
    """
    rows = [*rows_in_bank(since), *_of_orders(since), *_waiting()]
    if statement is not None:
        rows += rows_at_processor(statement, since=max(since, statement.since))
    rows.sort(key=lambda row: (row.at, row.source, row.currency), reverse=True)
    return Report(rows, _held(statement), fault)


def _held(statement: Statement | None) -> list[Held]:
    """Return what lies where; at the processor, when the statement was read."""
    places = {ledger.CASH_BANK: BANK, ledger.CASH_STRIPE: STRIPE}
    lines = LedgerLine.objects.filter(account__code__in=places)
    if statement is not None and statement.until is not None:
        lines = lines.exclude(
            account__code=ledger.CASH_STRIPE, occurred_at__gt=statement.until
        )
    sums = (
        lines.values_list("account__code", "currency")
        .annotate(Sum("minor"))
        .order_by("account__code", "currency")
    )
    balance = statement.balance if statement else None
    ours = {(places[code], currency): total for code, currency, total in sums}
    theirs = {(STRIPE, currency): total for currency, total in (balance or {}).items()}
    return [
        Held(
            *(str(place), currency),
            ledger_minor=ours.get((place, currency), 0),
            provider_minor=None
            if place == BANK or balance is None
            else theirs.get((place, currency), 0),
        )
        for place, currency in sorted(ours.keys() | theirs.keys())
    ]


def _of_orders(since: datetime) -> Iterator[Row]:
    """Yield the orders, of those whose money moved, that do not add up."""
    moved = Entry.objects.filter(occurred_at__gte=since, order__isnull=False)
    orders = Order.objects.filter(
        Q(placed_at__gte=since) | Q(pk__in=moved.values("order"))
    )
    words: dict[str, list[str]] = {}
    for fault in faults_of_orders(orders):
        words.setdefault(fault.key, []).append(fault.words)
    for order in Order.objects.filter(number__in=words):
        yield Row(
            at=order.placed_at,
            finding=Finding.ORDER,
            place="Orders",
            what="Order",
            source=order.number,
            order=order.number,
            currency=order.currency,
            provider_minor=None,
            ledger_minor=None,
            words=f"It {', and '.join(words[order.number])}.",
            path=order_path(order.number),
        )


def _waiting() -> Iterator[Row]:
    """Yield what the processor was asked, or told us, in vain."""
    for row in errands_in_vain().select_related("order"):
        yield _untold(Finding.REFUSED, row, row.written_at, order=row.order)
    stuck = Inbox.objects.filter(~Q(fault=""), handled_at__isnull=True)
    for event in stuck.order_by("received_at", "pk"):
        yield _untold(Finding.STUCK, event, event.received_at)


def _untold(
    finding: Finding, row: Outbox | Inbox, at: datetime, *, order: Order | None = None
) -> Row:
    number = order.number if order else ""
    return Row(
        at=at,
        finding=finding,
        place=str(STRIPE),
        what=row.get_topic_display() if isinstance(row, Outbox) else row.kind,
        source=str(row),
        order=number,
        currency=order.currency if order else "",
        provider_minor=None,
        ledger_minor=None,
        words=row.fault,
        path=order_path(number),
    )
