"""Handing a work over to another owner, while that changes nobody else's rights."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Greatest
from django.utils.translation import gettext

from licensing.lineage import holder_parties
from licensing.models import (
    Handover,
    HandoverState,
    Offer,
    OfferState,
    OrderLine,
    Party,
    RightsHolding,
    ShareSet,
    Work,
)
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

    The rights that the owner held go along; what else was to be handed over is off.

    Args:
        actor: who acts for the owner, and writes for `to`.
        work: brought up to date.
        to: its owner from now on.
        at: now.

    Raises:
        PermissionDenied: `actor` may not.
        HandOverRefused: others hold shares or rights in it or are asked to, or it is
            offered, or was ordered, under its owner's name.
    """
    Work.objects.select_for_update(of=("self",)).get(pk=work.pk)
    work.refresh_from_db(fields=["owner"])
    if work.owner == to:
        return
    require_acts_for(actor, work.owner)
    require_writes_for(actor, to)
    give(actor, work=work, to=to, at=at)


def give(actor: User, *, work: Work, to: Party, at: datetime) -> None:
    """Do what `hand_over` says, for one who was found to have the right to it.

    The work is locked and up to date.
    """
    giver = work.owner
    refuse_where_others_are_concerned(work, to=to)
    in_force = ShareSet.objects.filter(work=work, closed_at__isnull=True)
    in_force.update(closed_at=Greatest(at, "active_from"))
    Handover.objects.filter(work=work, state=HandoverState.PENDING).update(
        state=HandoverState.CANCELLED, closed_at=at, closed_by=actor
    )
    work.owner = to
    work.save(update_fields=["owner"])
    grant_whole(actor, work=work, granted_at=at)
    for holding in RightsHolding.objects.in_force().filter(work=work, party=giver):
        pass_on(actor, holding=holding, to=to, at=at)
    record_act(actor, "hand_over", work, at=at, giver=giver.name, taker=to.name)


def pass_on(
    actor: User, *, holding: RightsHolding, to: Party, at: datetime
) -> RightsHolding:
    """Take a right from who holds it and give it to `to`, confirmed; say from whom."""
    holding.withdrawn_at = at
    holding.save(update_fields=["withdrawn_at"])
    return RightsHolding.objects.create(
        work_id=holding.work_id,
        party=to,
        right=holding.right,
        basis=f"Taken over from {holding.party.name} on {at:%Y-%m-%d}. {holding.basis}",
        territories=holding.territories,
        starts_on=max(at.date(), holding.starts_on or at.date()),
        ends_on=holding.ends_on,
        recorded_by=actor,
        recorded_at=at,
        confirmed_by=actor,
        confirmed_at=at,
    )


def refuse_where_others_are_concerned(work: Work, *, to: Party) -> None:
    """Return if nobody but the owner and `to` has a say in the work.

    Raises:
        HandOverRefused: somebody has; the message says who or what.
    """
    ours = {work.owner_id, to.pk}
    others = [party.name for party in holder_parties(work) if party.pk not in ours]
    if others:
        raise HandOverRefused(
            gettext(
                "%(others)s hold shares or rights in this work, so it cannot be "
                "handed over."
            )
            % {"others": ", ".join(others)}
        )
    if ShareSet.objects.filter(
        work=work, active_from__isnull=True, closed_at__isnull=True
    ).exists():
        raise HandOverRefused(
            gettext(
                "A division of this work's income is proposed. Withdraw that first."
            )
        )
    if Offer.objects.filter(work=work).exclude(state=OfferState.WITHDRAWN).exists():
        raise HandOverRefused(
            gettext(
                "This work is offered by %(owner_name)s. Withdraw its offers first."
            )
            % {"owner_name": work.owner.name}
        )
    if OrderLine.objects.filter(offer_version__offer__work=work).exists():
        raise HandOverRefused(
            gettext(
                "This work was ordered from %(owner_name)s, who answers for it; it "
                "stays theirs."
            )
            % {"owner_name": work.owner.name}
        )
