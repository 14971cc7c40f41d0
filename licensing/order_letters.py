"""Letters to buyers: how to pay an order, and what it gave them once it is paid.

A row names each letter (`OrderLetter`), written in the transaction of the act it tells of,
so no letter hangs on a broker. It is claimed before it is written, so none is sent twice;
what a mail server cannot take is let go again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.template.loader import render_to_string
from django.urls import reverse

from licensing.models import Entitlement, LetterKind, OrderLetter, Paper
from licensing.papers.content import thawed
from licensing.papers.pdf import pdf_of
from licensing.payments import Ways
from marketplace.kit.letters import Attached, post_letter

AT_ONCE = 500
TEMPLATES = {
    LetterKind.PLACED: "licensing/letter_order_placed.txt",
    LetterKind.SETTLED: "licensing/letter_order_settled.txt",
    LetterKind.CREDITED: "licensing/letter_order_credited.txt",
}
SUBJECTS = {
    LetterKind.PLACED: "Order {number}: how to pay it",
    LetterKind.SETTLED: "Order {number}: it is yours to use",
    LetterKind.CREDITED: "Order {number}: money goes back to you",
}


@dataclass(frozen=True, slots=True)
class House:
    """What letters say of this site; `base_url` has no slash at the end."""

    base_url: str
    recipient: str
    bank_details: str
    fonts: Path | None
    ways: Callable[[str], Ways]  # to pay, by currency

    def url(self, page: str, *args: object) -> str:
        """Return the whole address of one of this room's pages."""
        return f"{self.base_url}{reverse(f'licensing:{page}', args=args)}"


def send_order_letters(*, at: datetime, house: House) -> int:
    """Write the letters that are due, `AT_ONCE` of them; return how many.

    Args:
        at: now.
        house: this site.

    Raises:
        OSError: the mail server cannot be reached; the next sweep tries again.
    """
    due = OrderLetter.objects.filter(told_at__isnull=True, due_at__lte=at)
    told = due.select_related("order__buyer", "order__holder", "credit_note")
    return sum(
        _write(letter, at=at, house=house)
        for letter in told.order_by("due_at", "pk")[:AT_ONCE]
    )


def _write(letter: OrderLetter, *, at: datetime, house: House) -> bool:
    row = OrderLetter.objects.filter(pk=letter.pk)
    if not row.filter(told_at__isnull=True).update(told_at=at):
        return False
    order, kind = letter.order, LetterKind(letter.kind)
    if not order.buyer.is_active or (kind == LetterKind.PLACED and not order.is_open):
        return False
    try:
        post_letter(
            order.buyer,
            subject=SUBJECTS[kind].format(number=order.number),
            body=render_to_string(TEMPLATES[kind], _context(letter, house)),
            attached=[_file(paper, house) for paper in _papers(letter)],
        )
    except OSError:
        row.update(told_at=None)
        raise
    return True


def _papers(letter: OrderLetter) -> list[Paper]:
    if letter.kind == LetterKind.SETTLED:
        return list(letter.order.invoices.order_by("issued_at")[:1])
    return [letter.credit_note] if letter.credit_note else []


def _file(paper: Paper, house: House) -> Attached:
    pdf = pdf_of(thawed(paper.content), fonts=house.fonts)
    return f"{paper.number}.pdf", pdf, "application/pdf"


def _context(letter: OrderLetter, house: House) -> dict[str, object]:
    order = letter.order
    lines = order.lines.select_related("offer_version__offer").order_by("position")
    granted = {
        each.line_id: each
        for each in Entitlement.objects.filter(line__order=order, revoked_at=None)
    }
    return {
        "order": order,
        "note": letter.credit_note,
        "house": house,
        "ways": house.ways(order.currency),
        "lines": [
            (
                line,
                granted.get(line.pk),
                house.url("work-detail", line.offer_version.offer.work_id),
            )
            for line in lines
        ],
        "order_url": house.url("order-detail", order.number),
        "accepted_url": house.url("acceptances"),
        "invoices_url": house.url("invoices"),
    }
