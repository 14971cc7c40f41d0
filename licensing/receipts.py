"""Orders, the ledger and statements as files people keep: JSON and CSV."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

from django.utils.translation import gettext

from licensing.models import (
    Entry,
    LedgerLine,
    OfferVersion,
    Order,
    OrderLine,
    Paper,
)
from licensing.money import shown
from licensing.queries.sales import Sale
from marketplace.kit.errors import DomainError

Version = Mapping[str, object]
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
SALE_HEAD = (
    *("sold_at", "order", "state", "party", "buyer", "work", "offer", "quantity"),
    *("currency", "price_minor", "discount_minor", "tax_minor", "fee_minor"),
    *("earned_minor", "given_back_minor", "kept_minor"),
)
RECEIPT_HEAD = (
    "order",
    "position",
    "work",
    "offer",
    "licence",
    "licence_sha256",
    "currency",
    "quantity",
    "price_minor",
    "discount_minor",
    "tax_minor",
)
ORDERS_HEAD = (
    *("order", "state", "placed_at", "closed_at", "for", "invoice", "position"),
    *("work", "offer", "licence", "currency", "price_minor", "order_total_minor"),
)
PAPERS_HEAD = (
    *("number", "kind", "corrects", "issued_on", "order", "billed_to", "country"),
    *("vat_id", "currency", "net_minor", "tax_country", "tax_bps", "tax_minor"),
    "total_minor",
)
PURCHASE = "stoa-receipt/1"


class NotPurchased(DomainError):
    """A receipt is of what was granted; this order is not there yet, or never will be."""

    code = "not_purchased"


def purchase_of(
    order: Order, *, versions: Mapping[UUID, Version | None]
) -> dict[str, object]:
    """Return what the signed receipt of a purchase says.

    It names for whom the order was placed, and nobody's account, address or payment.

    Args:
        order: with its `holder`.
        versions: which version of each work was granted, by the work's id, as JSON; a
            work without files has none.

    Raises:
        NotPurchased: nothing was granted for the order.
    """
    if not order.is_settled or order.closed_at is None:
        raise NotPurchased(
            gettext(
                "Order %(order_number)s is %(lower)s. Its signed receipt is there "
                "once it is paid and granted."
            )
            % {"order_number": order.number, "lower": order.get_state_display().lower()}
        )
    lines = order.lines.select_related("offer_version__licence", "acceptance")
    return {
        "format": PURCHASE,
        "order": order.number,
        "buyer": order.holder.name,
        "placed_at": _moment(order.placed_at),
        "purchased_at": _moment(order.closed_at),
        **_sums_of(order),
        "lines": [
            _line_of(line, versions.get(line.offer_version.offer.work_id))
            for line in lines.select_related("offer_version__offer").order_by(
                "position"
            )
        ],
    }


def _line_of(line: OrderLine, version: Version | None) -> dict[str, object]:
    return {
        "position": line.position,
        "work": str(line.offer_version.offer.work_id),
        "work_title": line.work_title,
        "terms": _terms_of(line.offer_version),
        "licence_sha256": line.acceptance.licence_text_id,
        "terms_sha256": line.acceptance.terms_text_id,
        "accepted_at": _moment(line.acceptance.accepted_at),
        "quantity": line.quantity,
        "price_minor": line.price_minor,
        "version": version,
    }


def _sums_of(order: Order) -> dict[str, object]:
    """Return what an order comes to: its lines, less the discount, and the tax."""
    return {
        "currency": order.currency,
        "subtotal_minor": order.subtotal_minor,
        "discount_minor": order.discount_minor,
        "tax_minor": order.tax_minor,
        "tax_country": order.tax_country,
        "tax_bps": order.tax_bps,
        "is_tax_included": order.is_tax_included,
        "total_minor": order.total_minor,
    }


def _terms_of(version: OfferVersion) -> dict[str, object]:
    return {
        "offer": str(version.offer_id),
        "number": version.number,
        "title": version.title,
        "summary": version.summary,
        "audience": version.audience,
        "licence": version.licence_id,
        "duties": sorted(version.duties),
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


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
        **_sums_of(order),
        "vat_id": order.vat_id,
        "total": shown(order.total_minor, order.currency),
        "paid_minor": order.paid_minor,
        "payments": [
            {
                "provider": payment.provider,
                "reference": payment.reference,
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
                "quantity": line.quantity,
                "price_minor": line.price_minor,
                "discount_minor": line.discount_minor,
                "tax_minor": line.tax_minor,
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
            line.quantity,
            line.price_minor,
            line.discount_minor,
            line.tax_minor,
        )


def order_rows(orders: Iterable[Order]) -> Iterator[tuple[object, ...]]:
    """Return a row a line of each order, under `ORDERS_HEAD`.

    Args:
        orders: with their `holder`, `invoices` and lines' `offer_version`.
    """
    for order in orders:
        invoices = " ".join(each.number for each in order.invoices.all())
        for line in sorted(order.lines.all(), key=lambda line: line.position):
            yield (
                order.number,
                order.state,
                order.placed_at.isoformat(),
                order.closed_at.isoformat() if order.closed_at else None,
                order.holder.name,
                invoices,
                line.position,
                line.work_title,
                line.offer_title,
                line.offer_version.licence_id,
                order.currency,
                line.price_minor,
                order.total_minor,
            )


def paper_rows(papers: Iterable[Paper]) -> Iterator[tuple[object, ...]]:
    """Return a row an invoice or credit note, under `PAPERS_HEAD`, as it was frozen."""
    for paper in papers:
        said = paper.content
        yield (
            paper.number,
            said["kind"],
            said["corrects"],
            said["issued_on"],
            said["order"],
            said["buyer"]["name"],
            said["buyer"]["country"],
            said["buyer"]["vat_id"],
            paper.currency,
            paper.net_minor,
            said["tax"]["country"],
            said["tax"]["rate_bps"],
            paper.tax_minor,
            paper.total_minor,
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


def sale_rows(sales: Iterable[Sale]) -> Iterator[tuple[object, ...]]:
    """Return a row a sale, under `SALE_HEAD`."""
    for sale in sales:
        line, party = sale.line, sale.booked.account.party
        yield (
            sale.booked.occurred_at.isoformat(),
            line.order.number,
            line.order.state,
            party.name if party else "",
            sale.buyer,
            line.work_title,
            line.offer_title,
            line.quantity,
            sale.booked.currency,
            line.price_minor,
            line.discount_minor,
            line.tax_minor,
            line.fee_minor,
            sale.earned_minor,
            sale.given_back_minor,
            sale.kept_minor,
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
