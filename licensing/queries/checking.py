"""Whether the books agree: with themselves, and with orders, refunds and payouts."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import (
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Coalesce

from licensing import ledger
from licensing.models import (
    Conversion,
    CreditNote,
    Dispute,
    DisputeState,
    Entry,
    EntryKind,
    Invoice,
    LedgerLine,
    Order,
    OrderState,
    PaperKind,
    PaperSeries,
    Payment,
    Payout,
    Prepaid,
    Purse,
    Refund,
)
from licensing.models.orders import SETTLED_STATES
from licensing.queries.sums import summed


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not agree, and the key, number or code that names it."""

    key: str
    words: str


class _Sums(NamedTuple):
    """An order, and what is told of it beside what the ledger books of it.

    Told: `charged` by payments, `refunded`, `disputed` now, `lost`. Booked, debits
    positive: `came_in` and all the `cash` there is, what came back or is `gone` beside
    refunds, what was `earned` and is `held` of that, `over`, in `part`, `waiting`.
    """

    number: str
    state: str
    currency: str
    total_minor: int
    paid_minor: int
    charged: int
    refunded: int
    disputed: int
    lost: int
    came_in: int
    cash: int
    gone: int
    earned: int
    held: int
    over: int
    part: int
    waiting: int


def faults_of_books() -> Iterator[Fault]:
    """Find all that does not agree. None is what the books owe.

    Cost: a dozen queries over the whole ledger; rows are read as they come.
    """
    for find in CHECKS:
        yield from find()


def _unbalanced() -> Iterator[Fault]:
    sums = (
        LedgerLine.objects.values("entry__key", "currency")
        .annotate(total=Sum("minor"))
        .exclude(total=0)
        .order_by("entry__key")
    )
    for row in sums.iterator():
        words = f"sums to {row['total']} {row['currency']} and not to zero"
        yield Fault(row["entry__key"], words)


def _empty() -> Iterator[Fault]:
    lines = LedgerLine.objects.filter(entry=OuterRef("pk"))
    for key in Entry.objects.filter(~Exists(lines)).values_list("key", flat=True):
        yield Fault(key, "has no lines")


def _mixed() -> Iterator[Fault]:
    entries = Entry.objects.annotate(currencies=Count("lines__currency", distinct=True))
    is_conversion = Q(kind=EntryKind.CONVERSION)
    mixed = entries.filter(
        (~is_conversion & Q(currencies__gt=1)) | (is_conversion & ~Q(currencies=2))
    )
    for key, currencies in mixed.values_list("key", "currencies"):
        yield Fault(key, f"is of {currencies} currencies")


def _misdated() -> Iterator[Fault]:
    entries = Entry.objects.annotate(
        first=Min("lines__occurred_at"), last=Max("lines__occurred_at")
    )
    wrong = entries.exclude(first=F("occurred_at"), last=F("occurred_at"))
    for key in wrong.filter(first__isnull=False).values_list("key", flat=True):
        yield Fault(key, "has lines of another time")


def _conversions() -> Iterator[Fault]:
    for row in Conversion.objects.select_related("entry").iterator():
        lines = row.entry.lines.filter(account__code=ledger.CHANGED)
        found = {line.currency: line.minor for line in lines}
        if found != {row.from_currency: row.from_minor, row.to_currency: -row.to_minor}:
            yield Fault(row.entry.key, f"does not say {row}")


def _orders() -> Iterator[Fault]:
    return faults_of_orders(Order.objects.all())


def faults_of_orders(orders: QuerySet[Order]) -> Iterator[Fault]:
    """Check of each order that charges = refunds + fees + shares + tax + held.

    Cost: one query.
    """
    told = orders.annotate(
        charged=_amounts(Payment),
        refunded=_amounts(Refund),
        disputed=_amounts(Dispute, state=DisputeState.OPEN),
        lost=_amounts(Dispute, state=DisputeState.LOST),
        came_in=_lines(
            account__code__startswith="cash:",
            entry__kind__in=[EntryKind.PAYMENT, EntryKind.PART_PAYMENT],
        ),
        cash=_lines(
            ~Q(entry__kind=EntryKind.PROCESSOR_FEE), account__code__startswith="cash:"
        ),
        gone=_lines(
            account__code__startswith="cash:",
            entry__kind__in=[EntryKind.RETURN, EntryKind.REFUND_FAILED],
        ),
        earned=_lines(order_line__isnull=False, entry__kind=EntryKind.PAYMENT),
        held=_lines(order_line__isnull=False),
        over=_lines(account__code=ledger.OVERPAID),
        part=_lines(account__code=ledger.PARTLY_PAID),
        waiting=_lines(account__code=ledger.DISPUTED),
    )
    rows = told.order_by("placed_at", "pk").values_list(*_Sums._fields)
    for row in rows.iterator():
        order = _Sums(*row)
        yield from (Fault(order.number, words) for words in _disagreements(order))


def _disagreements(order: _Sums) -> Iterator[str]:
    currency = order.currency
    if order.came_in != order.charged:
        yield f"was paid {order.charged} and books {order.came_in} {currency}"
    is_settled = order.state in SETTLED_STATES
    expected = -order.total_minor if is_settled else 0
    if order.earned != expected:
        yield f"is worth {-expected} and shares out {-order.earned} {currency}"
    left = order.charged - order.refunded - order.disputed - order.lost + order.gone
    if order.cash != left:
        yield f"should have {left} in cash and has {order.cash} {currency}"
    if order.waiting != order.disputed:
        yield f"has {order.disputed} in dispute and books {order.waiting} {currency}"
    if order.state == OrderState.PARTIALLY_PAID and -order.part != order.paid_minor:
        yield f"was paid {order.paid_minor} in part and holds {-order.part} {currency}"
    if order.state != OrderState.PARTIALLY_PAID and order.part:
        yield f"holds {-order.part} {currency} in part and is {order.state}"
    if order.over > 0:
        yield f"returned {order.over} {currency} more than came in too much"
    if order.state == OrderState.REFUNDED and order.held:
        yield f"is refunded and {-order.held} {currency} are still held of it"


def _overdrawn() -> Iterator[Fault]:
    """Find who gave back more of a line of an order than they were paid for it."""
    held = (
        LedgerLine.objects.filter(order_line__isnull=False)
        .values("entry__order__number", "account__code", "order_line")
        .annotate(total=Sum("minor"))
        .filter(total__gt=0)
    )
    for row in held.iterator():
        words = f"took {row['total']} too much back from {row['account__code']}"
        yield Fault(row["entry__order__number"] or "", words)


def _refunds() -> Iterator[Fault]:
    for refund in Refund.objects.annotate(
        left=_lines_of_entry(account__code__startswith="cash:"),
        taxed=_lines_of_entry(account__code__startswith=f"{ledger.TAX}:"),
        by_line=Sum("lines__amount_minor"),
    ).iterator():
        told = (refund.amount_minor, refund.amount_minor, refund.tax_minor)
        if (-refund.left, refund.by_line, refund.taxed) != told:
            yield Fault(refund.key, f"says {told[0]} and books {-refund.left}")


def _payouts() -> Iterator[Fault]:
    for payout in Payout.objects.annotate(
        paid=_lines_of_entry(account__party=OuterRef("party")),
        is_undone=Exists(
            Entry.objects.filter(
                reverses=OuterRef("entry"), kind=EntryKind.PAYOUT_FAILED
            )
        ),
    ).iterator():
        if payout.paid != payout.amount_minor:
            yield Fault(payout.key, f"says {payout.amount_minor}, books {payout.paid}")
        if payout.is_undone != (payout.failed_at is not None):
            yield Fault(payout.key, "failed by one of the ledger and itself alone")


def _payables() -> Iterator[Fault]:
    """Check that what left each party's account is what was paid out to it."""
    paid: Counter[tuple[str, str]] = Counter()
    for code, currency, minor in (
        Payout.objects.filter(failed_at__isnull=True)
        .values_list("party__account__code", "currency")
        .annotate(Sum("amount_minor"))
    ):
        paid[code, currency] += minor
    for code, currency, minor in (
        LedgerLine.objects.filter(
            account__party__isnull=False,
            entry__kind__in=[EntryKind.PAYOUT, EntryKind.PAYOUT_FAILED],
        )
        .values_list("account__code", "currency")
        .annotate(Sum("minor"))
    ):
        paid[code, currency] -= minor
    for (code, currency), minor in sorted(paid.items()):
        if minor:
            yield Fault(code, f"{minor} {currency} paid out and not booked")


def _papers() -> Iterator[Fault]:
    """Check that each invoice and credit note says what its entry earned or gave back."""
    booked = _lines_of_entry(order_line__isnull=False)
    for papers, sign in ((Invoice.objects, -1), (CreditNote.objects, 1)):
        told = papers.annotate(booked=booked).values_list(
            "number", "total_minor", "booked"
        )
        for number, total_minor, booked_minor in told.iterator():
            if total_minor != sign * booked_minor:
                yield Fault(number, f"says {total_minor}, books {sign * booked_minor}")


def _numbers() -> Iterator[Fault]:
    for series in PaperSeries.objects.all():
        model = Invoice if series.kind == PaperKind.INVOICE else CreditNote
        issued = model.objects.filter(series=series).count()
        if issued != series.last:
            yield Fault(str(series), f"counted to {series.last} and issued {issued}")


def _escrows() -> Iterator[Fault]:
    """Check that what lies in each escrow is what its purse says."""
    left: Counter[tuple[str, str]] = Counter()
    for purse in Purse.objects.iterator():
        left[f"{ledger.ESCROW}:{purse.subject}", purse.currency] += purse.held_minor
    for code, currency, minor in (
        LedgerLine.objects.filter(account__code__startswith=f"{ledger.ESCROW}:")
        .values_list("account__code", "currency")
        .annotate(Sum("minor"))
    ):
        left[code, currency] += minor
    for (code, currency), minor in sorted(left.items()):
        if minor:
            yield Fault(code, f"{minor} {currency} said of its purse and not there")


def _prepaid() -> Iterator[Fault]:
    """Check that what is left of what was paid in beforehand is what its row says."""
    left: Counter[tuple[str, str]] = Counter()
    for prepaid in Prepaid.objects.iterator():
        left[ledger.prepaid_code(prepaid), prepaid.currency] += prepaid.left_minor
    for code, currency, minor in (
        LedgerLine.objects.filter(account__code__startswith=f"{ledger.PREPAID}:")
        .values_list("account__code", "currency")
        .annotate(Sum("minor"))
    ):
        left[code, currency] += minor
    for (code, currency), minor in sorted(left.items()):
        if minor:
            yield Fault(code, f"{minor} {currency} said to be left and not there")


def _amounts(of: type[Payment | Refund | Dispute], **wanted: Any) -> Coalesce:
    rows = of.objects.filter(order=OuterRef("pk"), **wanted)
    return summed(rows, "order", Sum("amount_minor"))


def _lines(*said: Q, **wanted: Any) -> Coalesce:
    lines = LedgerLine.objects.filter(*said, entry__order=OuterRef("pk"), **wanted)
    return summed(lines, "entry__order")


def _lines_of_entry(**wanted: Any) -> Coalesce:
    lines = LedgerLine.objects.filter(entry=OuterRef("entry"), **wanted)
    return summed(lines, "entry")


CHECKS: list[Callable[[], Iterator[Fault]]] = [
    *(_unbalanced, _empty, _mixed, _misdated, _conversions),
    *(_orders, _overdrawn, _refunds, _payouts, _payables, _papers, _numbers, _escrows),
    _prepaid,
]
