"""Letters about rights: who is asked to take or agree to something, and what was said."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from licensing.models import Handover, HandoverState, Offer, ShareSet
from licensing.permissions import ACTING
from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify

ANSWERS = {
    HandoverState.ACCEPTED: "{taker} has accepted {what}. It is theirs now.",
    HandoverState.DECLINED: "{taker} does not want {what}. It stays {giver}’s.",
    HandoverState.CANCELLED: "{giver} has taken back the offer of {what}.",
    HandoverState.EXPIRED: "{taker} did not answer in time about {what}.",
}


def people_of(parties: Iterable[UUID]) -> QuerySet[User]:
    """Return who acts for any of some parties."""
    ids = list(parties)
    organisations = Q(
        memberships__organisation__party__in=ids, memberships__role__in=ACTING
    )
    people = User.objects.filter(Q(party__in=ids) | organisations, is_active=True)
    return people.distinct()


def tell_taker(handover: Handover, *, at: datetime) -> None:
    """Write to who is offered a work or a right."""
    what = _what(handover)
    said = f"{handover.giver} wants to hand over {what} to {handover.taker}."
    if handover.message:
        said += f" They say: {handover.message}"
    notify(
        people_of([handover.taker_id]),
        kind=Letter.HANDOVER,
        subject=f"{handover.giver} hands over {what}",
        text=f"{said} You can accept or decline until {handover.expires_at:%-d %B %Y}.",
        path=reverse("licensing:handovers"),
        at=at,
    )


def tell_answer(handover: Handover, *, at: datetime) -> None:
    """Write to the other side of a handover that was answered, taken back or expired."""
    what, is_back = _what(handover), handover.state == HandoverState.CANCELLED
    said = ANSWERS[HandoverState(handover.state)]
    notify(
        people_of([handover.taker_id if is_back else handover.giver_id]),
        kind=Letter.HANDOVER,
        subject=f"The handover of {what}: {handover.get_state_display().lower()}",
        text=said.format(giver=handover.giver, taker=handover.taker, what=what),
        path=reverse("licensing:handovers"),
        at=at,
    )


def ask_about_shares(
    share_set: ShareSet, *, awaited: Iterable[UUID], at: datetime
) -> None:
    """Write to those whose yes a division of income waits for."""
    title = share_set.work.title
    notify(
        people_of(awaited).exclude(pk=share_set.proposed_by_id),
        kind=Letter.CONSENT,
        subject=f"Shares of “{title}” wait for your yes",
        text=f"A division of the income from “{title}” is proposed, and waits for your "
        "yes. Whoever agrees to it agrees to the offers of the work that are live.",
        path=reverse("licensing:work-detail", args=[share_set.work_id]),
        at=at,
    )


def ask_about_offer(
    offer: Offer, *, awaited: Iterable[UUID], by: User, at: datetime
) -> None:
    """Write to the rights holders whose yes an offer waits for."""
    title = offer.work.title
    notify(
        people_of(awaited).exclude(pk=by.pk),
        kind=Letter.CONSENT,
        subject=f"An offer of “{title}” waits for your yes",
        text=f"“{title}” is to be offered, and you hold rights in it. The offer opens "
        "once everyone who does has agreed.",
        path=reverse("licensing:offer-detail", args=[offer.pk]),
        at=at,
    )


def _what(handover: Handover) -> str:
    if handover.holding is None:
        return f"“{handover.work.title}”"
    return f"a right in “{handover.work.title}”"
