"""Purses and prizes: what is promised, what is held, who has won."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum
from django.utils.translation import gettext

from licensing.models import (
    Answer,
    Candidate,
    LedgerLine,
    Passing,
    Purse,
    PurseStatement,
    PurseTransfer,
)
from licensing.permissions import ACTING, AnyUser, parties_of
from licensing.prizes import InLine, shared_out


@dataclass(frozen=True, slots=True)
class Winner:
    """Who has won what, how they answered and until when they may."""

    rank: int
    name: str
    minor: int
    answer: str
    answered: str
    answer_by: datetime | None


def winnings(purse: Purse) -> list[tuple[Candidate, int]]:
    """Return who has won what of an open, decided purse, as it stands; the best first.

    Cost: two queries.
    """
    line = list(
        purse.candidates.select_related("party", "payee").order_by("rank", "pk")
    )
    won = shared_out(
        [InLine(each.party_id, each.rank, each.is_out) for each in line],
        amounts_in_force(purse),
        passes_on=purse.passing == Passing.NEXT,
    )
    return [(each, won[each.party_id]) for each in line if each.party_id in won]


def winners_of(purse: Purse) -> list[Winner]:
    """Return who has won a purse as it stands, or who was paid; nobody before that."""
    if purse.decided_at is None:
        return []
    if purse.closed_at is None:
        found = winnings(purse)
    else:
        paid = purse.candidates.filter(awarded_minor__gt=0).select_related("party")
        found = [(each, each.awarded_minor) for each in paid.order_by("rank", "pk")]
    return [
        Winner(
            candidate.rank,
            candidate.party.name,
            minor,
            candidate.answer,
            str(Answer(candidate.answer).label)
            if candidate.answer
            else gettext("Asked"),
            candidate.answer_by,
        )
        for candidate, minor in found
    ]


def won_by(candidate: Candidate) -> int:
    """Return what a party has won, in minor units: as it stands, or as it was paid."""
    if candidate.purse.closed_at is not None:
        return candidate.awarded_minor
    won = {each.pk: minor for each, minor in winnings(candidate.purse)}
    return won.get(candidate.pk, 0)


def amounts_in_force(purse: Purse) -> list[int]:
    """Return what each place gets by the newest statement whose sum is in escrow."""
    newest_first = sorted(purse.statements.all(), key=lambda each: -each.number)
    there = purse.received_minor - purse.returned_minor
    stated = (each.amounts for each in newest_first)
    return next((each for each in stated if sum(each) <= there), [])


def amounts_of(purse: Purse) -> list[int]:
    """Return what each place is to get: what is in force, or is stated until then.

    Nothing, once the purse has gone out.
    """
    if not purse.is_open:
        return []
    if purse.held_since is not None:
        return amounts_in_force(purse)
    return max(purse.statements.all(), key=lambda each: each.number).amounts


def with_statements(purses: QuerySet[Purse]) -> QuerySet[Purse]:
    """Bring along what a purse's answer needs: its funder, statements and transfers."""
    return purses.select_related("funder").prefetch_related(
        Prefetch("statements", PurseStatement.objects.order_by("-number")),
        Prefetch("transfers", PurseTransfer.objects.order_by("confirmed_at")),
    )


def prizes_of(user: AnyUser) -> QuerySet[Candidate]:
    """Return the prizes that `user`, or whom they act for, was asked to accept."""
    mine = parties_of(user, roles=ACTING).values("pk")
    asked = Candidate.objects.filter(party__in=mine, asked_at__isnull=False)
    return asked.select_related("purse__funder", "party", "payee")


def escrow_balances(purses: Iterable[Purse]) -> dict[UUID, int]:
    """Return what the ledger holds in escrow for each purse, by its subject.

    Cost: one query.
    """
    by_code = {f"escrow:{purse.subject}": purse.subject for purse in purses}
    sums = (
        LedgerLine.objects.filter(account__code__in=by_code)
        .values("account__code")
        .annotate(total=Sum("minor"))
    )
    return {by_code[row["account__code"]]: -row["total"] for row in sums}
