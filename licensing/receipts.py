"""Orders, the ledger and statements as files people keep: JSON and CSV."""

from collections.abc import Iterable, Iterator

from licensing.models import Entry, LedgerLine, Order
from licensing.money import shown

LEDGER_HEAD = (
    "occurred_at",
    "entry",
    "kind",
    "key",
    "order",
    "account",
    "party",
    "currency",
    "minor_units",
    "posted_by",
)
STATEMENT_HEAD = ("occurred_at", "party", "kind", "order", "currency", "earned_minor")
RECEIPT_HEAD = (
    "order",
    "position",
    "work",
    "offer",
    "licence",
    "licence_sha256",
    "currency",
    "price_minor",
)


def receipt_of(order: Order) -> dict[str, object]:
    """Return what an order's receipt states, for JSON."""
    lines = order.lines.select_related(
        "offer_version__licence", "offer_version__offer", "acceptance"
    ).order_by("position")
    return {
        "order": order.number,
        "state": order.state,
        "buyer": order.buyer.username,
        "holder": order.holder.name,
        "placed_at": order.placed_at.isoformat(),
        "closed_at": order.closed_at.isoformat() if order.closed_at else None,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "total": shown(order.total_minor, order.currency),
        "paid_minor": order.paid_minor,
        "payments": [
            {
                "bank_reference": payment.bank_reference,
                "amount_minor": payment.amount_minor,
                "received_on": payment.received_on.isoformat(),
            }
            for payment in order.payments.order_by("confirmed_at")
        ],
        "lines": [
            {
                "position": line.position,
                "work": str(line.offer_version.offer.work_id),
                "work_title": line.work_title,
                "offer": str(line.offer_version.offer_id),
                "offer_title": line.offer_title,
                "licence": line.offer_version.licence_id,
                "licence_sha256": line.acceptance.licence_text_id,
                "accepted_at": line.acceptance.accepted_at.isoformat(),
                "price_minor": line.price_minor,
            }
            for line in lines
        ],
    }


def receipt_rows(order: Order) -> Iterator[tuple[object, ...]]:
    """Return an order's lines for CSV, under `RECEIPT_HEAD`."""
    for line in order.lines.select_related("offer_version", "acceptance"):
        yield (
            order.number,
            line.position,
            line.work_title,
            line.offer_title,
            line.offer_version.licence_id,
            line.acceptance.licence_text_id,
            order.currency,
            line.price_minor,
        )


def ledger_rows(entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    """Return a row a ledger line, under `LEDGER_HEAD`; debits are positive."""
    for entry in entries:
        for line in entry.lines.all():
            yield (
                entry.occurred_at.isoformat(),
                entry.pk,
                entry.kind,
                entry.key,
                entry.order.number if entry.order else "",
                line.account.code,
                line.account.party.name if line.account.party else "",
                line.currency,
                line.minor,
                entry.posted_by.username if entry.posted_by else "",
            )


def statement_rows(lines: Iterable[LedgerLine]) -> Iterator[tuple[object, ...]]:
    """Return a row a line of a party's statement, under `STATEMENT_HEAD`."""
    for line in lines:
        entry = line.entry
        yield (
            entry.occurred_at.isoformat(),
            line.account.party.name if line.account.party else "",
            entry.kind,
            entry.order.number if entry.order else "",
            line.currency,
            -line.minor,
        )
