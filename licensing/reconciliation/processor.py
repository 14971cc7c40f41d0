"""What a processor's own statement says, beside the lines of its cash in the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from licensing import ledger
from licensing.models import Checkout, Entry, EntryKind, LedgerLine, Refund
from licensing.reconciliation.rows import STRIPE, Finding, Row, number_of, path_of
from licensing.reconciliation.statement import EDGE, Statement

Source = tuple[str, str]  # the provider's name of it, and the currency


@dataclass(slots=True)
class Seen:
    """One source, as far as the processor and the ledger tell of it."""

    at: datetime
    what: str
    entry: Entry | None = None
    ours_minor: int | None = None
    later_minor: int = 0
    theirs_minor: int | None = None

    @property
    def booked_minor(self) -> int | None:
        """What the ledger says, with what it booked later if that is what was missing."""
        theirs, ours = self.theirs_minor, self.ours_minor or 0
        if theirs is not None and ours != theirs == ours + self.later_minor:
            return theirs
        return self.ours_minor

    @property
    def finding(self) -> Finding:
        if (self.booked_minor or 0) == (self.theirs_minor or 0):
            return Finding.AGREES
        if self.booked_minor is None:
            return Finding.NOT_BOOKED
        return Finding.NOT_THERE if self.theirs_minor is None else Finding.AMOUNT


def rows_at_processor(statement: Statement, *, since: datetime) -> Iterator[Row]:
    """Yield each source that moved at the processor, or should have.

    What was booked after the statement was read counts only where the statement told of
    it already: it was learnt of later than it happened.

    Args:
        statement: what the processor says.
        since: from when on, and not before the statement's own beginning.
    """
    for (source, currency), seen in _seen(statement, since).items():
        yield Row(
            at=seen.at,
            finding=seen.finding,
            place=str(STRIPE),
            what=seen.what,
            source=source,
            order=number_of(seen.entry),
            currency=currency,
            provider_minor=seen.theirs_minor,
            ledger_minor=seen.booked_minor,
            path=path_of(seen.entry),
        )


def _seen(statement: Statement, since: datetime) -> dict[Source, Seen]:
    found: dict[Source, Seen] = {}
    for moved in statement.movements:
        if moved.at < since - EDGE:
            continue
        place = (moved.source or moved.external_id, moved.currency)
        seen = found.setdefault(place, Seen(moved.at, moved.kind))
        seen.at = min(seen.at, moved.at)
        seen.theirs_minor = (seen.theirs_minor or 0) + moved.net_minor
    until = statement.until
    for source, line in _sourced(since - EDGE):
        entry, place = line.entry, (source, line.currency)
        is_later = until is not None and entry.occurred_at > until
        if is_later and place not in found:
            continue
        seen = found.setdefault(place, Seen(entry.occurred_at, ""))
        seen.at = min(seen.at, entry.occurred_at)
        if seen.entry is None or seen.entry.kind == EntryKind.PROCESSOR_FEE:
            seen.entry, seen.what = entry, str(EntryKind(entry.kind).label)
        if is_later:
            seen.later_minor += line.minor
        else:
            seen.ours_minor = (seen.ours_minor or 0) + line.minor
    return {place: seen for place, seen in found.items() if seen.at >= since}


def _sourced(since: datetime) -> Iterator[tuple[str, LedgerLine]]:
    """Yield the lines of the processor's cash, each with its name of the source."""
    charges = dict(
        Checkout.objects.filter(closed_at__gte=since)
        .exclude(intent="")
        .values_list("intent", "charge")
    )
    refunds = dict(
        Refund.objects.filter(refunded_at__gte=since).values_list("key", "reference")
    )
    for line in lines_of(ledger.CASH_STRIPE, since):
        yield _source(line.entry, charges, refunds), line


def lines_of(account: str, since: datetime) -> Iterator[LedgerLine]:
    """Yield an account's lines since a moment, with what their entries are about."""
    lines = LedgerLine.objects.filter(
        account__code=account, entry__occurred_at__gte=since
    ).select_related(
        "entry__order", "entry__refund", "entry__payout", "entry__reverses__payout"
    )
    yield from lines.order_by("pk")


def _source(entry: Entry, charges: dict[str, str], refunds: dict[str, str]) -> str:
    kind, _, name = entry.key.partition(":")
    sent = entry.reverses or entry
    if hasattr(sent, "payout"):
        return sent.payout.reference or entry.key
    if kind == "payment":
        return charges.get(name) or name
    if kind in {"refund", "refund-failed"}:
        return refunds.get(name) or entry.key
    if kind == "dispute":
        return name.removeprefix("stripe:").partition(":")[0]
    return name.partition(":")[0] if kind == "fee" else name
