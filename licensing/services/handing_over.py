"""Handing a work over to another owner, while that changes nobody else's rights."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Greatest

from licensing.lineage import holder_parties
from licensing.models import Offer, OfferState, OrderLine, Party, ShareSet, Work
from licensing.permissions import require_acts_for, require_writes_for
from licensing.services.shares import grant_whole
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class HandOverRefused(DomainError):
    code = "hand_over_refused"


@transaction.atomic
def hand_over(actor: User, *, work: Work, to: Party, at: datetime) -> None:
    """Make `to` the owner of a work and of its whole income.

    Args:
        actor: who acts for the owner, and writes for `to`.
        work: brought up to date.
        to: its owner from now on.
        at: now.

    Raises:
        PermissionDenied: `actor` may not.
        HandOverRefused: others hold shares in it or are asked to, or it is offered, or
            was ordered, under its owner's name.
    """
    Work.objects.select_for_update(of=("self",)).get(pk=work.pk)
    work.refresh_from_db(fields=["owner"])
    giver = work.owner
    if giver == to:
        return
    require_acts_for(actor, giver)
    require_writes_for(actor, to)
    _refuse_where_others_are_concerned(work)
    in_force = ShareSet.objects.filter(work=work, closed_at__isnull=True)
    in_force.update(closed_at=Greatest(at, "active_from"))
    work.owner = to
    work.save(update_fields=["owner"])
    grant_whole(actor, work=work, granted_at=at)
    record_act(actor, "hand_over", work, at=at, giver=giver.name, taker=to.name)


def _refuse_where_others_are_concerned(work: Work) -> None:
    others = [party.name for party in holder_parties(work) if party.pk != work.owner_id]
    if others:
        raise HandOverRefused(
            f"{', '.join(others)} hold shares in this work, so it cannot be handed over."
        )
    if ShareSet.objects.filter(
        work=work, active_from__isnull=True, closed_at__isnull=True
    ).exists():
        raise HandOverRefused(
            "A division of this work's income is proposed. Withdraw that first."
        )
    if Offer.objects.filter(work=work).exclude(state=OfferState.WITHDRAWN).exists():
        raise HandOverRefused(
            f"This work is offered by {work.owner.name}. Withdraw its offers first."
        )
    if OrderLine.objects.filter(offer_version__offer__work=work).exists():
        raise HandOverRefused(
            f"This work was ordered from {work.owner.name}, who answers for it; it "
            "stays theirs."
        )
