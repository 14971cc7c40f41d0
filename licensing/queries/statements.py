"""What a party earned, gave back and was paid in a month, from one balance to the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from licensing.models import EntryKind, LedgerLine, Party
from licensing.money import shown

STATEMENT_COLUMNS = [
    *("date", "kind", "order", "item", "currency", "amount", "balance")
]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a party is owed in a currency before a month and after it, in minor units.

    `lines` are the month's, oldest first; a line's `minor` is a debit, so what was earned
    is below zero. The balances are what the house owes the party: below zero, a debt.
    """

    party: Party
    month: date
    currency: str
    opening_minor: int
    closing_minor: int
    lines: QuerySet[LedgerLine]


def statements_of(party: Party, *, month: date) -> list[Statement]:
    """Return a party's statements of a month (UTC), one for each currency it has.

    Cost: one query, from the index alone; another for the lines of each, when read.
    """
    start, end = _span(month)
    mine = LedgerLine.objects.filter(account__party=party)
    rows = (
        mine.filter(occurred_at__lt=end)
        .values("currency")
        .annotate(
            opening=Sum("minor", filter=Q(occurred_at__lt=start), default=0),
            closing=Sum("minor"),
        )
        .order_by("currency")
    )
    lines = mine.filter(occurred_at__gte=start, occurred_at__lt=end)
    ordered = lines.select_related("entry__order", "order_line").order_by(
        "occurred_at", "id"
    )
    return [
        Statement(
            party=party,
            month=start.date(),
            currency=row["currency"],
            opening_minor=-row["opening"],
            closing_minor=-row["closing"],
            lines=ordered.filter(currency=row["currency"]),
        )
        for row in rows
    ]


def sums_by_kind(statement: Statement) -> list[tuple[str, int]]:
    """Return what each kind of entry changed in a month, in words, debts below zero."""
    lines = statement.lines.order_by()
    rows = lines.values_list("entry__kind").annotate(total=-Sum("minor"))
    return [
        (str(EntryKind(kind).label), total)
        for kind, total in rows.order_by("entry__kind")
    ]


def statement_rows(statement: Statement) -> Iterator[list[str]]:
    """Return a statement as rows of text for a bookkeeper, under `STATEMENT_COLUMNS`.

    The first is the opening balance, the last the closing one. Amounts are decimal
    numbers with a point, in the places of the currency; what was earned is above zero.
    """
    currency, balance = statement.currency, statement.opening_minor
    start, end = _span(statement.month)
    yield _row(start, "OPENING", "", "", currency, 0, balance)
    for line in statement.lines.iterator():
        balance -= line.minor
        order = line.entry.order.number if line.entry.order else ""
        item = str(line.order_line) if line.order_line else ""
        yield _row(
            line.occurred_at,
            line.entry.kind,
            order,
            item,
            currency,
            -line.minor,
            balance,
        )
    yield _row(end - timedelta(days=1), "CLOSING", "", "", currency, 0, balance)


def _row(
    at: datetime,
    kind: str,
    order: str,
    item: str,
    currency: str,
    minor: int,
    balance_minor: int,
) -> list[str]:
    amount, balance = (
        shown(each, currency).split()[0] for each in (minor, balance_minor)
    )
    return [at.date().isoformat(), kind, order, item, currency, amount, balance]


def _span(month: date) -> tuple[datetime, datetime]:
    """Return the first moment of a month, and that of the next."""
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    years, following = divmod(month.month, 12)
    return start, datetime(month.year + years, following + 1, 1, tzinfo=UTC)
