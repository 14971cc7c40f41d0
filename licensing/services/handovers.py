"""Handovers: a work or a right in it is given away, once who gets it has accepted."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from licensing.models import Handover, HandoverState, Party, RightsHolding, Work
from licensing.permissions import may_act_for, require_acts_for
from licensing.services.handing_over import (
    HandOverRefused,
    give,
    pass_on,
    refuse_where_others_are_concerned,
)
from licensing.services.letters import tell_answer, tell_taker
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

WAITS = timedelta(days=30)
LONGEST_MESSAGE = 2000


class HandoverClosed(DomainError):
    code = "handover_closed"


@transaction.atomic
def propose_handover(
    actor: User,
    *,
    work: Work,
    to: Party,
    proposed_at: datetime,
    holding: RightsHolding | None = None,
    message: str = "",
) -> Handover:
    """Offer to give away a work, or one right in it; `to` has thirty days to accept.

    Args:
        actor: who acts for the work's owner, or for the right's holder.
        work: what is given, or what the right is in.
        to: who gets it.
        proposed_at: when.
        holding: the right, if it is not the work that is given.
        message: to who gets it, for people.

    Raises:
        PermissionDenied: it is not `actor`'s to give.
        Malformed: the message is too long, or it is theirs already.
        HandOverRefused: as things stand it cannot be given, or nobody could accept.
    """
    giver = holding.party if holding else work.owner
    require_acts_for(actor, giver)
    if to == giver:
        raise Malformed(gettext("to: it is %(to)s's already.") % {"to": to})
    words = checked_words(
        message, field="message", most=LONGEST_MESSAGE, is_needed=False
    )
    if to.is_described:
        raise HandOverRefused(
            gettext("%(to)s has no account here, so nobody can accept for it.")
            % {"to": to}
        )
    if holding is None:
        refuse_where_others_are_concerned(work, to=to)
    else:
        _refuse_ended(holding, at=proposed_at)
    handover = Handover(
        work=work,
        holding=holding,
        giver=giver,
        taker=to,
        message=words,
        proposed_by=actor,
        proposed_at=proposed_at,
        expires_at=proposed_at + WAITS,
    )
    try:
        with transaction.atomic():
            handover.save(force_insert=True)
    except IntegrityError as clash:
        raise HandOverRefused(
            gettext("It is offered to somebody already. Take that back first.")
        ) from clash
    record_act(
        actor,
        "propose_handover",
        handover,
        at=proposed_at,
        work=str(work.pk),
        taker=to.name,
    )
    tell_taker(handover, at=proposed_at)
    return handover


@transaction.atomic
def take_over(actor: User, *, handover: Handover, accepted_at: datetime) -> None:
    """Accept a handover: the work, or the right, is the taker's from now on.

    What the work is made of stays where it is; the room that keeps it moves it in the
    same transaction.

    Raises:
        PermissionDenied: `actor` does not act for the taker.
        HandoverClosed: it was answered or taken back, or has expired.
        HandOverRefused: as things stand now it cannot be given.
    """
    require_acts_for(actor, handover.taker)
    _lock_pending(handover, at=accepted_at)
    work = Work.objects.select_for_update(of=("self",)).get(pk=handover.work_id)
    handover.state, handover.closed_at = HandoverState.ACCEPTED, accepted_at
    handover.closed_by = actor
    handover.save(update_fields=["state", "closed_at", "closed_by"])
    record_act(actor, "take_over", handover, at=accepted_at, work=str(handover.work_id))
    tell_answer(handover, at=accepted_at)
    if handover.holding:
        holding = RightsHolding.objects.select_for_update().get(pk=handover.holding.pk)
        _refuse_ended(holding, at=accepted_at)
        pass_on(actor, holding=holding, to=handover.taker, at=accepted_at)
        return
    if work.owner_id != handover.giver_id:
        raise HandOverRefused(
            gettext("This work is no longer %(giver)s's to give.")
            % {"giver": handover.giver}
        )
    give(actor, work=work, to=handover.taker, at=accepted_at)


@transaction.atomic
def close_handover(actor: User, *, handover: Handover, closed_at: datetime) -> Handover:
    """Take a handover back, as its giver, or decline it, as who would get it.

    Raises:
        PermissionDenied: `actor` acts for neither.
        HandoverClosed: it was answered or taken back, or has expired.
    """
    if may_act_for(actor, handover.giver):
        state = HandoverState.CANCELLED
    elif may_act_for(actor, handover.taker):
        state = HandoverState.DECLINED
    else:
        raise PermissionDenied("This handover does not concern you.")
    _lock_pending(handover, at=closed_at)
    handover.state, handover.closed_at = state, closed_at
    handover.closed_by = actor
    handover.save(update_fields=["state", "closed_at", "closed_by"])
    record_act(
        actor,
        "close_handover",
        handover,
        at=closed_at,
        work=str(handover.work_id),
        state=str(state),
    )
    tell_answer(handover, at=closed_at)
    return handover


def _lock_pending(handover: Handover, *, at: datetime) -> None:
    rows = Handover.objects.select_related("giver", "taker", "holding")
    handover.refresh_from_db(from_queryset=rows.select_for_update(of=("self",)))
    if handover.state != HandoverState.PENDING or handover.expires_at <= at:
        said = (
            HandoverState.EXPIRED
            if handover.state == HandoverState.PENDING
            else HandoverState(handover.state)
        )
        raise HandoverClosed(
            gettext("Nothing waits here any more: %(lower)s. It can be offered anew.")
            % {"lower": said.label.lower()}
        )


def _refuse_ended(holding: RightsHolding, *, at: datetime) -> None:
    has_ended = holding.ends_on is not None and holding.ends_on < at.date()
    if holding.withdrawn_at or has_ended:
        raise HandOverRefused(
            gettext("%(party)s does not hold this right any more.")
            % {"party": holding.party}
        )
