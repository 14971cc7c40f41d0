"""Who made a work, who holds which part of it, what it was made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from licensing.models import Derivation, Share, ShareSet, Work
from licensing.permissions import AnyUser, visible_works

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Rights:
    """A work's rights as one reader may know them."""

    shares: Sequence[Share]
    sources: Sequence[Derivation]
    hidden_sources: int
    derived: Sequence[Derivation]


def rights_of(work: Work, *, user: AnyUser) -> Rights:
    """Return who holds shares, and the sources and derived works that `user` may see.

    Cost: four queries.
    """
    seen = visible_works(user).values("pk")
    sources = work.derivations.select_related("source__owner").order_by("recorded_at")
    visible = list(sources.filter(source__in=seen))
    derived = work.uses.filter(work__in=seen).select_related("work__owner")
    return Rights(
        shares=list(shares_in_force(work)),
        sources=visible,
        hidden_sources=work.derivations.count() - len(visible),
        derived=list(derived.order_by("recorded_at")[:MOST_SHOWN]),
    )


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
