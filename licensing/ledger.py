"""Writes the ledger, and nothing else does: balanced entries, once per key."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from licensing.models import Entry, EntryKind, LedgerAccount, LedgerLine, Order, Party
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError

CASH_BANK = "cash:bank"
PLATFORM_FEE = "revenue:platform_fee"
PARTLY_PAID = "suspense:partly_paid"
OVERPAID = "suspense:overpaid"


class AlreadyPosted(DomainError):
    """The key is in the ledger with other content, so one of the two is wrong."""

    code = "already_posted"


@dataclass(frozen=True, slots=True)
class Leg:
    """Signed `minor` units for one account: positive is a debit, negative a credit."""

    account: LedgerAccount
    currency: str
    minor: int


def account(code: str) -> LedgerAccount:
    """Return one of the house's own accounts, made on first use."""
    return LedgerAccount.objects.get_or_create(code=code)[0]


def payable(party: Party) -> LedgerAccount:
    """Return the account of what the house owes a party."""
    code = f"payable:{party.pk}"
    return LedgerAccount.objects.get_or_create(code=code, party=party)[0]


@transaction.atomic
def post(
    *,
    key: str,
    kind: EntryKind,
    legs: Sequence[Leg],
    occurred_at: datetime,
    order: Order | None = None,
    posted_by: User | None = None,
) -> Entry:
    """Record one fact about money. The same key and content again change nothing.

    Args:
        key: names the outside fact, such as `transfer:RF18 5390 0754`.
        kind: what sort of fact.
        legs: zeros are left out; several on one account are added up; the rest sum to
            zero in each currency.
        occurred_at: when we learnt of it.
        order: the order it belongs to, if to one.
        posted_by: who said so; None for the system.

    Raises:
        AlreadyPosted: `key` is there with other content; nothing is recorded.
        ValueError: the legs do not balance or are empty, which is a bug in the caller.
    """
    summed: Counter[tuple[LedgerAccount, str]] = Counter()
    totals: Counter[str] = Counter()
    for leg in legs:
        summed[leg.account, leg.currency] += leg.minor
        totals[leg.currency] += leg.minor
    wanted = {place: minor for place, minor in summed.items() if minor}
    if not wanted or any(totals.values()):
        raise ValueError(f"unbalanced legs for {key}")

    content = _content(kind, order, wanted)
    entry, is_new = Entry.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "content_sha256": content,
            "order": order,
            "posted_by": posted_by,
            "occurred_at": occurred_at,
        },
    )
    if not is_new:
        if entry.content_sha256 != content:
            raise AlreadyPosted(f"{key} is in the ledger with other content.")
        return entry
    LedgerLine.objects.bulk_create(
        LedgerLine(entry=entry, account=place, currency=currency, minor=minor)
        for (place, currency), minor in wanted.items()
    )
    return entry


def _content(
    kind: EntryKind,
    order: Order | None,
    wanted: dict[tuple[LedgerAccount, str], int],
) -> str:
    lines = sorted(
        f"{place.code} {currency} {minor}"
        for (place, currency), minor in wanted.items()
    )
    said = "\n".join([kind, str(order.pk if order else ""), *lines])
    return hashlib.sha256(said.encode()).hexdigest()
