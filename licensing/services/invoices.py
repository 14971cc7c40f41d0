"""Invoices and credit notes: numbered without a gap, frozen as they are issued.

Each says to the last unit what one entry of the ledger earned, or gave back.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import rfc8785
from django.db import transaction
from django.utils import timezone

from licensing import ledger
from licensing.issuer import Issuer, issuer_of_now
from licensing.models import (
    CreditNote,
    Entry,
    Invoice,
    LetterKind,
    Order,
    OrderLetter,
    OrderLine,
    PaperKind,
    PaperSeries,
    Refund,
)
from licensing.papers.content import Address, Content, Item, Tax, plain
from licensing.services.reorders import span_of

MARKS = {PaperKind.INVOICE: "", PaperKind.CREDIT_NOTE: "CN-"}
NAMELESS = "–"  # the schema wants a name, and one may be of nothing that can be seen


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a credit note is about: which invoice, and why."""

    invoice: Invoice
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper without its number: what an entry of the ledger says of an order."""

    order: Order
    entry: Entry
    items: list[Item]
    corrected: Corrected | None = None


@transaction.atomic(savepoint=False)  # always inside that of who calls
def issue_invoices(
    entries: Mapping[Order, Entry], *, lines: Iterable[OrderLine], at: datetime
) -> list[Invoice]:
    """Issue the invoices of orders that were just paid, each once.

    Call it last in the transaction that settles the orders: the row that numbers come
    from is locked until that ends, so invoices are issued one after the other, and one
    that is not issued after all leaves no gap. What cost nothing has no invoice.

    Args:
        entries: what the ledger says of each order that was settled, new as the payment.
        lines: of the orders, as they were settled.
        at: when; the day and the year of the numbers are this site's.
    """
    items: defaultdict[Order, list[Item]] = defaultdict(list)
    for line in lines:
        items[line.order].append(_item(line))
    drafts = [
        Draft(order, entry, items[order])
        for order, entry in entries.items()
        if order.total_minor
    ]
    return Invoice.objects.bulk_create(
        Invoice(**columns)
        for columns in _numbered(drafts, kind=PaperKind.INVOICE, at=at)
    )


def issue_credit_note(refund: Refund, *, at: datetime) -> CreditNote | None:
    """Issue the credit note of a refund; see `credit`."""
    return credit(refund.entry, reason=refund.reason, at=at)


@transaction.atomic(savepoint=False)
def credit(entry: Entry, *, reason: str, at: datetime) -> CreditNote | None:
    """Issue the credit note of what an entry gave back of an order; twice is once.

    Call it last in the transaction that posts the entry, as with an invoice. The buyer is
    written to about it.

    Args:
        entry: a refund or a lost dispute; its lines name those of the order.
        reason: as the buyer reads it.
        at: when.

    Returns:
        None where nothing of the order was given back, or it was settled before this
        site issued invoices.
    """
    issued = CreditNote.objects.filter(entry=entry).first()
    if issued is not None:
        return issued
    order, items = entry.order, _given_back(entry)
    invoice = Invoice.objects.filter(order=order).first()
    if order is None or invoice is None or not items:
        return None
    draft = Draft(order, entry, items, Corrected(invoice, reason))
    [columns] = _numbered([draft], kind=PaperKind.CREDIT_NOTE, at=at)
    note = CreditNote.objects.create(invoice=invoice, **columns)
    OrderLetter.objects.create(
        order=order, kind=LetterKind.CREDITED, credit_note=note, due_at=at
    )
    return note


def _numbered(
    drafts: Sequence[Draft], *, kind: PaperKind, at: datetime
) -> list[dict[str, Any]]:
    """Return the columns of new papers, with the next numbers of their series."""
    if not drafts:
        return []
    issuer, year = issuer_of_now(), timezone.localdate(at).year
    contents = [_content(draft, kind, issuer, at) for draft in drafts]
    series = _next(issuer.prefix, kind, year, many=len(drafts))
    numbers = range(series.last - len(drafts) + 1, series.last + 1)
    return [
        _columns(draft, content, series, sequence, at)
        for draft, content, sequence in zip(drafts, contents, numbers, strict=True)
    ]


def _next(prefix: str, kind: PaperKind, year: int, *, many: int) -> PaperSeries:
    """Take the next numbers of a series, whose row stays locked until the end."""
    mine = PaperSeries.objects.select_for_update()
    series, _ = mine.get_or_create(prefix=prefix, kind=kind, year=year)
    series.last += many
    series.save(update_fields=["last"])
    return series


def _content(draft: Draft, kind: PaperKind, issuer: Issuer, at: datetime) -> Content:
    """Return what a paper says, but for its number."""
    order, corrected = draft.order, draft.corrected
    return Content(
        kind=kind,
        number="",
        corrects=corrected.invoice.number if corrected else "",
        corrects_on=timezone.localdate(corrected.invoice.issued_at)
        if corrected
        else None,
        reason=plain(corrected.reason) if corrected else "",
        issued_on=timezone.localdate(at),
        supplied_on=timezone.localdate(order.closed_at or at),
        order=order.number,
        ordered_on=timezone.localdate(order.placed_at),
        currency=order.currency,
        issuer=Address(
            plain(issuer.name) or NAMELESS,
            plain(issuer.address),
            issuer.country,
            issuer.vat_id,
        ),
        issuer_note=plain(issuer.note),
        buyer=_buyer(order),
        items=draft.items,
        tax=Tax(
            country=order.tax_country,
            rate_bps=order.tax_bps,
            minor=sum(item.tax_minor for item in draft.items),
            is_included=order.is_tax_included and kind == PaperKind.INVOICE,
        ),
    )


def _columns(
    draft: Draft, content: Content, series: PaperSeries, sequence: int, at: datetime
) -> dict[str, Any]:
    mark = MARKS[PaperKind(series.kind)]
    number = f"{series.prefix}-{mark}{series.year}-{sequence:05}"
    said = replace(content, number=number).frozen()
    return {
        "order": draft.order,
        "entry": draft.entry,
        "number": number,
        "series": series,
        "sequence": sequence,
        "currency": content.currency,
        "net_minor": content.net_minor,
        "tax_minor": content.tax.minor,
        "total_minor": content.total_minor,
        "issued_at": at,
        "content": said,
        "content_sha256": hashlib.sha256(rfc8785.dumps(said)).hexdigest(),
    }


def _buyer(order: Order) -> Address:
    """Return to whom it is made out: as they gave it, or as they are called here."""
    party = order.holder
    said = getattr(party, "billing", None)
    if said is None:
        name = party.user.full_name if party.user else ""
        name = plain(name or party.name) or NAMELESS
        return Address(name, "", order.tax_country, order.vat_id)
    return Address(
        name=plain(said.name) or NAMELESS,
        address=plain(said.address),
        country=said.country or order.tax_country,
        vat_id=order.vat_id or said.vat_id,
    )


def _item(line: OrderLine) -> Item:
    return Item(
        **_named(line),
        quantity=line.quantity,
        price_minor=line.price_minor,
        discount_minor=line.discount_minor,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
    )


def _given_back(entry: Entry) -> list[Item]:
    """Return what an entry gave back of each line of its order, by the ledger."""
    net_minor: defaultdict[OrderLine, int] = defaultdict(int)
    tax_minor: defaultdict[OrderLine, int] = defaultdict(int)
    booked = entry.lines.select_related(
        "account",
        "order_line__offer_version",
        "order_line__order",
        "order_line__period",
        "order_line__usage",
    )
    for each in booked.order_by("order_line__position", "pk"):
        if each.order_line is not None:
            is_tax = each.account.code.startswith(f"{ledger.TAX}:")
            (tax_minor if is_tax else net_minor)[each.order_line] += each.minor
    return [
        Item(
            **_named(line),
            quantity=1,
            price_minor=minor,
            discount_minor=0,
            net_minor=minor,
            tax_minor=tax_minor[line],
        )
        for line, minor in net_minor.items()
        if minor or tax_minor[line]
    ]


def _named(line: OrderLine) -> dict[str, str]:
    terms = line.offer_version
    said = [line.offer_title, terms.licence_id]
    if terms.seats:
        said.append(f"{terms.seats} seats")
    if terms.term_days:
        said.append(f"{terms.term_days} days")
    if span := span_of(line):
        said.append(span)
    return {
        "title": plain(line.work_title) or NAMELESS,
        "detail": plain(" · ".join(said)),
    }
