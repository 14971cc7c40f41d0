"""What the ledger says: balances, entries, statements."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from licensing.models import Entry, LedgerLine, Party
from marketplace.kit.keyset import Order as Keyset

REFUNDS = Keyset(("refunded_at", "id"), descending=True)
DISPUTES = Keyset(("opened_at", "id"), descending=True)
ENTRIES = Keyset(("occurred_at", "id"), descending=True)
STATEMENT = Keyset(("entry__occurred_at", "id"), descending=True)


@dataclass(frozen=True, slots=True)
class Balance:
    """What lies on an account in a currency; `party` is empty for the house's own."""

    account: str
    party: str
    currency: str
    minor: int


def ledger_balances() -> list[Balance]:
    """Return each account's balance by currency, by code.

    Debits are positive: `cash:bank` is what lies there, a `payable` below zero is owed.
    """
    return _balances(LedgerLine.objects.all())


def owed_to(parties: QuerySet[Party] | Collection[UUID]) -> list[Balance]:
    """Return what the house owes each party by currency, as positive minor units."""
    return [
        replace(balance, minor=-balance.minor)
        for balance in _balances(LedgerLine.objects.filter(account__party__in=parties))
    ]


def ledger_balance(code: str, *, currency: str) -> int:
    """Return one account's balance in minor units, debits positive."""
    lines = LedgerLine.objects.filter(account__code=code, currency=currency)
    return int(lines.aggregate(total=Sum("minor", default=0))["total"])


def _balances(lines: QuerySet[LedgerLine]) -> list[Balance]:
    sums = (
        lines.annotate(party=Coalesce("account__party__name", Value("")))
        .values("account__code", "party", "currency")
        .annotate(total=Sum("minor"))
        .order_by("account__code", "currency")
    )
    return [
        Balance(row["account__code"], row["party"], row["currency"], row["total"])
        for row in sums
    ]


def statement_lines(parties: QuerySet[Party]) -> QuerySet[LedgerLine]:
    """Return every line on the parties' accounts, with its entry and order."""
    return LedgerLine.objects.filter(account__party__in=parties).select_related(
        "entry__order", "account__party"
    )


def entries() -> QuerySet[Entry]:
    """Return the ledger's entries with their lines and orders."""
    return Entry.objects.select_related("order", "posted_by").prefetch_related(
        "lines__account__party"
    )
