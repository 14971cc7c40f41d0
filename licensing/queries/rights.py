"""Who made a work, who holds which part of it, what it was made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from licensing.models import (
    Contribution,
    Derivation,
    Disclosed,
    Handover,
    LicenceDecision,
    Procurement,
    RightsHolding,
    Share,
    ShareSet,
    WithdrawnDerivation,
    Work,
)
from licensing.permissions import (
    WRITING,
    AnyUser,
    disclosed_to,
    parties_of,
    visible_handovers,
    visible_works,
)

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Rights:
    """A work's rights as one reader may know them."""

    shares: Sequence[Share]
    shows_shares: bool
    sources: Sequence[Derivation]
    hidden_sources: int
    derived: Sequence[Derivation]


def rights_of(work: Work, *, user: AnyUser) -> Rights:
    """Return who holds shares, and the sources and derived works that `user` may see.

    Cost: four queries; at most two more where the owners keep something back.
    """
    shows_shares = Disclosed.SHARES in disclosed_to(user, work)
    seen = visible_works(user)
    is_seen = Exists(seen.filter(pk=OuterRef("source")))
    told = work.derivations.select_related("source__owner").annotate(is_seen=is_seen)
    sources = list(told.order_by("recorded_at"))
    visible = [each for each in sources if each.is_seen]
    derived = work.uses.filter(work__in=seen.values("pk")).select_related("work__owner")
    return Rights(
        shares=list(shares_in_force(work)) if shows_shares else [],
        shows_shares=shows_shares,
        sources=visible,
        hidden_sources=len(sources) - len(visible),
        derived=list(derived.order_by("recorded_at")[:MOST_SHOWN]),
    )


@dataclass(frozen=True, slots=True)
class Past:
    """What was decided of a work's licences, and which sources were taken back."""

    decisions: Sequence[LicenceDecision]
    withdrawn: Sequence[WithdrawnDerivation]


def past_of(work: Work, *, user: AnyUser) -> Past:
    """Return the newest decisions and sources taken back, those that `user` may know of.

    Cost: two queries.
    """
    decisions = work.decisions.select_related("decided_by")
    seen = visible_works(user).values("pk")
    withdrawn = work.withdrawn_derivations.filter(source__in=seen)
    told = withdrawn.select_related("source__owner", "withdrawn_by")
    return Past(
        decisions=list(decisions.order_by("-decided_at", "-pk")[:MOST_SHOWN]),
        withdrawn=list(told.order_by("-withdrawn_at", "-pk")[:MOST_SHOWN]),
    )


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who made a work, who holds it and who is paid, as one reader may know it.

    `hidden` are the kinds that the owners keep back from them; those are empty here.
    """

    work: Work
    contributions: Sequence[Contribution]
    holdings: Sequence[RightsHolding]
    shares: Sequence[Share]
    hidden: frozenset[Disclosed]

    @property
    def shows_evidence(self) -> bool:
        return Disclosed.EVIDENCE not in self.hidden


def ownership_of(work: Work, *, user: AnyUser) -> Ownership:
    """Return what stands of a work's ownership, as far as it is disclosed to `user`.

    Cost: four queries; at most two more where the owners keep something back.
    """
    shown = disclosed_to(user, work)
    made = work.contributions.standing().select_related("party")
    held = work.rightsholdings.standing().select_related("party")
    return Ownership(
        work=work,
        contributions=list(made.order_by("recorded_at", "pk"))
        if Disclosed.CONTRIBUTIONS in shown
        else [],
        holdings=list(held.order_by("recorded_at", "pk"))
        if Disclosed.RIGHTS in shown
        else [],
        shares=list(shares_in_force(work)) if Disclosed.SHARES in shown else [],
        hidden=frozenset(Disclosed) - shown,
    )


def find_derivation(user: AnyUser, *, work_id: UUID, source_id: UUID) -> Derivation:
    """Return how a work came from a source, for one who may know of both, or writes it.

    Raises:
        Http404: it is not recorded, or not for them to know.
    """
    seen = visible_works(user).values("pk")
    written = parties_of(user, roles=WRITING).values("pk")
    rows = Derivation.objects.filter(
        Q(source__in=seen) | Q(work__owner__in=written), work__in=seen
    )
    told = rows.select_related("work__owner", "source", "recorded_by")
    return get_object_or_404(told, work=work_id, source=source_id)


def shares_in_force(work: Work) -> QuerySet[Share]:
    """Return the shares by which income of `work` is divided now, the largest first."""
    return (
        Share.objects.filter(
            share_set__work=work,
            share_set__active_from__isnull=False,
            share_set__closed_at__isnull=True,
        )
        .select_related("party")
        .order_by("-basis_points", "party__name")
    )


def proposal_for(work: Work) -> ShareSet | None:
    """Return the division that waits for agreement, with its shares, if there is one."""
    pending = ShareSet.objects.filter(
        work=work, active_from__isnull=True, closed_at__isnull=True
    )
    return pending.prefetch_related("shares__party", "acceptances__party").first()


def find_handover(user: AnyUser, handover_id: UUID) -> Handover:
    """Return a handover that concerns `user`.

    Raises:
        Http404: there is none, or it is not for them to know.
    """
    seen = visible_handovers(user).select_related("work", "holding", "giver", "taker")
    return get_object_or_404(seen, pk=handover_id)


@dataclass(frozen=True, slots=True)
class DataCard:
    """What one reader may know of how a work was obtained; None if nobody said it."""

    procurement: Procurement | None
    is_hidden: bool


def data_card_of(work: Work, *, user: AnyUser, revision: str = "") -> DataCard:
    """Return the newest data card of a version, or of the work if the version has none.

    Cost: two queries; at most two more where the owners keep something back.
    """
    if Disclosed.PROCUREMENT not in disclosed_to(user, work):
        return DataCard(None, is_hidden=True)
    cards = work.procurements.filter(revision__in={"", revision})
    newest = cards.select_related("recorded_by").order_by("-revision", "-number")
    return DataCard(newest.first(), is_hidden=False)
