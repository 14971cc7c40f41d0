"""What is to be paid out, and what was."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Sum

from licensing.models import EntryKind, LedgerLine, OrderState, Party, Payee, Payout
from licensing.money import shown
from licensing.queries.passing_on import unsent_orders
from marketplace.kit.keyset import Order as Keyset

PAYOUTS = Keyset(("paid_at", "id"), descending=True)
PAYOUT_COLUMNS = [
    *("date", "party", "currency", "amount", "provider", "reference"),
    *("state", "failed", "reason"),
]


@dataclass(frozen=True, slots=True)
class Owed:
    """What the house owes a party in a currency, in minor units.

    `due_minor` of it may be paid out now; below zero it is a debt of the party's, which
    later sales are set off against. The rest waits for its hold or for a dispute.
    """

    party: Party
    currency: str
    owed_minor: int
    due_minor: int

    @property
    def waiting_minor(self) -> int:
        return self.owed_minor - self.due_minor


def owed_now(
    *, at: datetime, hold: timedelta, parties: QuerySet[Party] | None = None
) -> list[Owed]:
    """Return what is owed to each party, and what of it is due, by name and currency.

    What an order earned is due once it has been settled for as long as `hold`, unless it
    is disputed; a prize, once it has been awarded for as long.

    Cost: two queries.
    """
    since = at - hold
    lines = LedgerLine.objects.filter(account__party__isnull=False)
    if parties is not None:
        lines = lines.filter(account__party__in=parties)
    waits = (
        Q(entry__order__closed_at__gt=since)
        | Q(entry__order__state=OrderState.DISPUTED)
        | Q(
            entry__kind__in=[EntryKind.PAYMENT, EntryKind.PRIZE_AWARDED],
            occurred_at__gt=since,
        )
    )
    rows = (
        lines.values("currency", pk=F("account__party"))
        .annotate(owed=Sum("minor"), waiting=Sum("minor", filter=waits, default=0))
        .order_by("account__party__name", "pk", "currency")
    )
    found = [(row, -row["owed"], row["waiting"] - row["owed"]) for row in rows]
    kept = [each for each in found if each[1] or each[2]]
    named = Party.objects.select_related("bank_account").in_bulk(
        {row["pk"] for row, _, _ in kept}
    )
    return [
        Owed(named[row["pk"]], row["currency"], owed, due) for row, owed, due in kept
    ]


@dataclass(frozen=True, slots=True)
class Funds:
    """What became of a party's earnings in a currency, in minor units.

    `due_minor` is below zero where the party owes it, against later sales.
    """

    party: Party
    currency: str
    waiting_minor: int
    due_minor: int
    paid_out_minor: int


def funds_of(
    parties: Collection[Party], *, at: datetime, hold: timedelta
) -> list[Funds]:
    """Return what waits for the parties, is due to them and was paid out, by currency.

    Cost: three queries.
    """
    rows = Party.objects.filter(pk__in=[party.pk for party in parties])
    owed = {
        (each.party.pk, each.currency): each
        for each in owed_now(at=at, hold=hold, parties=rows)
    }
    sent = payouts_of(rows).filter(failed_at__isnull=True).order_by()
    sums = sent.values_list("party", "currency").annotate(total=Sum("amount_minor"))
    paid = {(pk, currency): total for pk, currency, total in sums}
    return [
        Funds(
            party,
            currency,
            waiting_minor=here.waiting_minor if here else 0,
            due_minor=here.due_minor if here else 0,
            paid_out_minor=paid.get((pk, currency), 0),
        )
        for party in parties
        for pk, currency in sorted(owed.keys() | paid.keys())
        if pk == party.pk
        for here in [owed.get((pk, currency))]
    ]


def payouts_due(
    *,
    at: datetime,
    hold: timedelta,
    minimums: Mapping[str, int],
    is_passed_on: bool = False,
) -> list[Owed]:
    """Return whom to pay now: those whose due is above zero and not below the minimum.

    Args:
        at: when.
        hold: how long what was earned waits before it is due.
        minimums: minor units by currency; those of none are paid from one unit up.
        is_passed_on: a processor sends by itself what came in by card to those whom it
            can pay; that is left out.

    Cost: two queries; with a processor one more, and one for each whom it can pay.
    """
    due = [
        owed
        for owed in owed_now(at=at, hold=hold)
        if owed.due_minor >= max(minimums.get(owed.currency, 1), 1)
    ]
    if not is_passed_on:
        return due
    payable = set(
        Payee.objects.filter(is_payable=True).values_list("party_id", flat=True)
    )
    by_bank = [
        _by_bank(owed, since=at - hold) if owed.party.pk in payable else owed
        for owed in due
    ]
    return [owed for owed in by_bank if owed.due_minor > 0]


def _by_bank(owed: Owed, *, since: datetime) -> Owed:
    unsent = unsent_orders(owed.party, currency=owed.currency, since=since)
    by_card = unsent.aggregate(total=Sum("unsent_minor", default=0))["total"]
    return replace(owed, due_minor=owed.due_minor - by_card)


def payouts_of(parties: QuerySet[Party]) -> QuerySet[Payout]:
    """Return what was paid out to the parties."""
    return Payout.objects.filter(party__in=parties).select_related("party")


def payout_rows(payouts: QuerySet[Payout]) -> Iterator[list[str]]:
    """Return payouts as rows of text for a bookkeeper, under `PAYOUT_COLUMNS`.

    Amounts are decimal numbers with a point, in the places of their currency.
    """
    for payout in payouts.select_related("party").order_by("paid_at", "pk").iterator():
        amount, currency = shown(payout.amount_minor, payout.currency).split()
        yield [
            payout.paid_at.date().isoformat(),
            payout.party.name,
            currency,
            amount,
            payout.provider,
            payout.reference,
            "FAILED" if payout.failed_at else "PAID",
            payout.failed_at.date().isoformat() if payout.failed_at else "",
            payout.failed_because,
        ]
