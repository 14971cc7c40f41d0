"""Writes the ledger, and nothing else does: balanced entries, once per key."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import (
    Conversion,
    Entry,
    EntryKind,
    LedgerAccount,
    LedgerLine,
    Order,
    OrderLine,
    Party,
    Prepaid,
)
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError

CASH_BANK = "cash:bank"
CASH_STRIPE = "cash:stripe"
PLATFORM_FEE = "revenue:platform_fee"
PROCESSOR_FEE = "expense:processor_fee"
DISPUTE_LOSS = "expense:dispute"
PARTLY_PAID = "suspense:partly_paid"
OVERPAID = "suspense:overpaid"
DISPUTED = "suspense:dispute"
CHANGED = "exchange:changed"
TAX = "liability:tax"
ESCROW = "escrow"
PREPAID = "prepaid"
USAGE = "revenue:usage"
PAYABLE = "payable"


Place = tuple[LedgerAccount, str, OrderLine | None]


class AlreadyPosted(DomainError):
    """The key is in the ledger with other content, so one of the two is wrong."""

    code = "already_posted"


@dataclass(frozen=True, slots=True)
class Leg:
    """Signed `minor` units for one account: positive is a debit, negative a credit.

    An account may be named by its code. With `line`, for this line of the order: what was
    earned by it, or given back of it.
    """

    account: LedgerAccount | str
    currency: str
    minor: int
    line: OrderLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One fact about money, to be recorded.

    Attributes:
        key: names the outside fact, such as `transfer:RF18 5390 0754`.
        kind: what sort of fact.
        legs: zeros are left out; several on one account are added up; the rest sum to
            zero in each currency.
        occurred_at: when we learnt of it.
        order: the order it belongs to, if to one.
        posted_by: who said so; None for the system.
        reverses: the entry whose mirror this is, if of one.
    """

    key: str
    kind: EntryKind
    legs: Sequence[Leg]
    occurred_at: datetime
    order: Order | None = None
    posted_by: User | None = None
    reverses: Entry | None = None


def account(code: str) -> LedgerAccount:
    """Return one of the house's own accounts, made on first use."""
    return LedgerAccount.objects.get_or_create(code=code)[0]


def payable_code(party: UUID) -> str:
    """Return the code of the account of what the house owes a party, by its id."""
    return f"{PAYABLE}:{party}"


def payable(party: Party) -> LedgerAccount:
    """Return the account of what the house owes a party."""
    code = payable_code(party.pk)
    return LedgerAccount.objects.get_or_create(code=code, party=party)[0]


def tax_code(country: str) -> str:
    """Return the code of the account of the tax owed to a country, by ISO 3166."""
    return f"{TAX}:{country.lower()}"


def accounts(codes: Collection[str]) -> dict[str, LedgerAccount]:
    """Return accounts by their codes, made on first use; one query if all are there."""
    found = {row.code: row for row in LedgerAccount.objects.filter(code__in=codes)}
    for code in sorted(set(codes) - found.keys()):
        kind, _, name = code.partition(":")
        of = UUID(name) if kind == PAYABLE else None
        found[code], _ = LedgerAccount.objects.get_or_create(
            code=code, defaults={"party_id": of}
        )
    return found


def escrow(contest: UUID) -> LedgerAccount:
    """Return the account of a contest's prizes."""
    return account(f"{ESCROW}:{contest}")


def prepaid_code(prepaid: Prepaid) -> str:
    """Return the code of the account of what a party paid in beforehand."""
    return f"{PREPAID}:{prepaid.pk}"


def post(
    *,
    key: str,
    kind: EntryKind,
    legs: Sequence[Leg],
    occurred_at: datetime,
    order: Order | None = None,
    posted_by: User | None = None,
    reverses: Entry | None = None,
) -> Entry:
    """Record one fact about money, as `Posting` says. The same again changes nothing.

    It is of one currency: what was changed into another is told by `convert` alone.

    Raises:
        AlreadyPosted: `key` is there with other content; nothing is recorded.
        ValueError: the legs do not balance or are empty, which is a bug in the caller.
    """
    posting = Posting(
        key=key,
        kind=kind,
        legs=legs,
        occurred_at=occurred_at,
        order=order,
        posted_by=posted_by,
        reverses=reverses,
    )
    return post_all([posting])[0]


def post_all(postings: Sequence[Posting]) -> list[Entry]:
    """Record facts about money together; see `post`. Returns an entry for each.

    Call it in a transaction that ends with what it refuses: if one of them is there with
    other content, the rest is recorded.

    Cost: four queries, whatever their number, if all the accounts are there.
    """
    return [entry for entry, _ in _post(postings)]


@transaction.atomic
def convert(
    actor: User | None,
    *,
    key: str,
    at: LedgerAccount,
    paid: tuple[int, str],
    rate: Fraction,
    into: str,
    converted_at: datetime,
) -> Entry:
    """Record that money of ours was changed into another currency, once per key.

    Args:
        actor: who says so; None for a provider.
        key: names the outside fact, such as `stripe:txn_1`.
        at: where the money lies, before and after, such as `cash:stripe`.
        paid: minor units above zero, and their currency.
        rate: minor units got for one paid; what it gives is rounded down.
        into: the currency got.
        converted_at: when.

    Raises:
        AlreadyPosted: `key` is there with other content.
        ValueError: one currency, or nothing is got: the caller's bug.
    """
    paid_minor, currency = paid
    got_minor = int(paid_minor * rate)
    if into == currency or min(paid_minor, got_minor) < 1:
        raise ValueError(f"no conversion of {paid_minor} {currency} into {into}")
    changed = account(CHANGED)
    posting = Posting(
        key=key,
        kind=EntryKind.CONVERSION,
        legs=[
            Leg(at, currency, -paid_minor),
            Leg(changed, currency, paid_minor),
            Leg(changed, into, -got_minor),
            Leg(at, into, got_minor),
        ],
        occurred_at=converted_at,
        posted_by=actor,
    )
    [(entry, is_new)] = _post([posting])
    wanted = {
        "from_currency": currency,
        "from_minor": paid_minor,
        "to_currency": into,
        "to_minor": got_minor,
        "rate_numerator": rate.numerator,
        "rate_denominator": rate.denominator,
    }
    if is_new:
        Conversion.objects.create(entry=entry, **wanted)
    elif not Conversion.objects.filter(entry=entry, **wanted).exists():
        raise AlreadyPosted(
            gettext("%(key)s is in the ledger at another rate.") % {"key": key}
        )
    return entry


def mirror(entry: Entry) -> list[Leg]:
    """Return the legs that undo an entry to the last unit."""
    lines = entry.lines.select_related("account", "order_line")
    return [
        Leg(line.account, line.currency, -line.minor, line.order_line) for line in lines
    ]


def _post(postings: Sequence[Posting]) -> list[tuple[Entry, bool]]:
    """Record entries and their lines, and say of each whether it is new."""
    named = _named(postings)
    wanted = [(_entry(each), _summed(each, named)) for each in postings]
    for entry, places in wanted:
        entry.content_sha256 = _content(entry, places)
    with transaction.atomic(
        savepoint=False
    ):  # what it refuses is refused outside of it
        Entry.objects.bulk_create([entry for entry, _ in wanted], ignore_conflicts=True)
        keys = {entry.key for entry, _ in wanted}
        posted = {entry.key: entry for entry in Entry.objects.filter(key__in=keys)}
        LedgerLine.objects.bulk_create(
            LedgerLine(
                entry=entry,
                account=place,
                currency=currency,
                order_line=line,
                minor=minor,
                occurred_at=entry.occurred_at,
            )
            for entry, places in wanted
            if posted[entry.key] == entry
            for (place, currency, line), minor in places.items()
        )
    for entry, _ in wanted:
        if posted[entry.key].content_sha256 != entry.content_sha256:
            raise AlreadyPosted(
                gettext("%(key)s is in the ledger with other content.")
                % {"key": entry.key}
            )
    return [
        (entry, True) if posted[entry.key] == entry else (posted[entry.key], False)
        for entry, _ in wanted
    ]


def _entry(posting: Posting) -> Entry:
    return Entry(
        key=posting.key,
        kind=posting.kind,
        order=posting.order,
        posted_by=posting.posted_by,
        reverses=posting.reverses,
        occurred_at=posting.occurred_at,
    )


def _named(postings: Sequence[Posting]) -> dict[str, LedgerAccount]:
    """Return the accounts that legs call by their codes."""
    legs = [leg for posting in postings for leg in posting.legs if leg.minor]
    said = {leg.account for leg in legs if isinstance(leg.account, str)}
    return accounts(said) if said else {}


def _summed(posting: Posting, named: Mapping[str, LedgerAccount]) -> dict[Place, int]:
    """Return what there is for each place, zeros left out.

    Raises:
        ValueError: it does not balance, is empty, or is of several currencies.
    """
    totals: Counter[str] = Counter()
    summed: Counter[Place] = Counter()
    for leg in posting.legs:
        totals[leg.currency] += leg.minor
        if leg.minor:
            at = named[leg.account] if isinstance(leg.account, str) else leg.account
            summed[at, leg.currency, leg.line] += leg.minor
    places = {place: minor for place, minor in summed.items() if minor}
    if not places or any(totals.values()):
        raise ValueError(f"unbalanced legs for {posting.key}")
    if len(totals) > 1 and posting.kind != EntryKind.CONVERSION:
        raise ValueError(f"legs of several currencies for {posting.key}")
    return places


def _content(entry: Entry, wanted: Mapping[Place, int]) -> str:
    """Return a digest of what is said, but who says it and when."""
    lines = sorted(
        f"{place.code} {currency} {minor}{f' {line.pk}' if line else ''}"
        for (place, currency, line), minor in wanted.items()
    )
    said = "\n".join([entry.kind, str(entry.order_id or ""), *lines])
    return hashlib.sha256(said.encode()).hexdigest()
