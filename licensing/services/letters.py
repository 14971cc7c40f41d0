"""Letters about rights and orders: who is asked or told, and what was said."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from licensing.models import (
    Candidate,
    Handover,
    HandoverState,
    LetterKind,
    Offer,
    Order,
    OrderLetter,
    OrderLine,
    Party,
    Purse,
    ShareSet,
)
from licensing.models.purses import OUT
from licensing.money import shown
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
        text=f"{said} You can accept or decline until {_day(handover.expires_at)}.",
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


def promise_letters(
    orders: Iterable[Order], *, kind: LetterKind, due_at: datetime
) -> None:
    """Note that the buyers of orders are to be written to; once for each kind.

    Call it inside the act that the letters tell of; `licensing.order_letters` writes them.
    """
    OrderLetter.objects.bulk_create(
        (OrderLetter(order=order, kind=kind, due_at=due_at) for order in orders),
        ignore_conflicts=True,
    )


def tell_of_renewal(order: Order, *, line: OrderLine, paid_until: datetime) -> None:
    """Write to who has to pay for the next period of a subscription."""
    notify(
        [order.buyer],
        kind=Letter.ACCOUNT,
        subject=f"“{line.work_title}” is renewed by order {order.number}",
        text=f"What you have of “{line.work_title}” ({line.offer_title}) is paid until "
        f"{_day(paid_until)}. Order {order.number} over "
        f"{shown(order.total_minor, order.currency)} renews it. Pay it, or stop the "
        "subscription; what is paid stays yours until then.",
        path=reverse("licensing:order-detail", args=[order.number]),
        at=order.placed_at,
    )


def tell_of_use(line: OrderLine, *, month: date, requests: int) -> None:
    """Write to who has to pay for what was used in a month."""
    order = line.order
    notify(
        [order.buyer],
        kind=Letter.ACCOUNT,
        subject=f"What you used of “{line.work_title}” in {month:%B %Y}",
        text=f"In {month:%B %Y} you took {requests:,} files of “{line.work_title}” "
        f"({line.offer_title}). Order {order.number} over "
        f"{shown(order.total_minor, order.currency)} is for that.",
        path=reverse("licensing:order-detail", args=[order.number]),
        at=order.placed_at,
    )


def tell_of_account(party: Party, *, by: User, at: datetime) -> None:
    """Write to all who act for a party that it is paid elsewhere from now on."""
    notify(
        people_of([party.pk]),
        kind=Letter.ACCOUNT,
        subject=f"The bank account of {party} was changed",
        text=f"{by.username} has changed where {party} is paid what it earns. If nobody of "
        "you did this, change your password, enter the right account and write to the "
        "operator at once.",
        path=reverse("licensing:payees"),
        at=at,
    )


def tell_purse_held(purse: Purse, *, at: datetime) -> None:
    """Write to who gave a purse that all of it lies in escrow."""
    held = shown(purse.held_minor, purse.currency)
    notify(
        people_of([purse.funder_id]),
        kind=Letter.PRIZE,
        subject=f"The purse of “{purse.title}” is held in escrow",
        text=f"{held} came in for “{purse.title}”. It is held until there are winners.",
        path=purse.path,
        at=at,
    )


def tell_winner(
    candidate: Candidate, purse: Purse, *, won: str, until: datetime, at: datetime
) -> None:
    """Write to who has won a prize and is asked whether they take it."""
    notify(
        people_of([candidate.party_id]),
        kind=Letter.PRIZE,
        subject=f"You have won {won} in “{purse.title}”",
        text=f"{candidate.party} has won {won} in “{purse.title}”. Accept the prize or "
        f"decline it until {_day(until)}; afterwards it is not "
        "theirs any more.",
        path=reverse("licensing:prize-detail", args=[candidate.pk]),
        at=at,
    )


def tell_prize_paid(
    candidate: Candidate, purse: Purse, *, won: str, at: datetime
) -> None:
    """Write to a winner, and to who is paid for them, that the purse was released."""
    payee = candidate.payee_id or candidate.party_id
    notify(
        people_of([candidate.party_id, payee]),
        kind=Letter.PRIZE,
        subject=f"The purse of “{purse.title}” was released",
        text=f"{won} of the purse of “{purse.title}” is yours. It is paid out with "
        "what else you have earned here.",
        path=reverse("licensing:earnings"),
        at=at,
    )


def tell_purse_over(purse: Purse, *, at: datetime) -> None:
    """Write to who gave a purse what became of it."""
    awarded = shown(purse.awarded_minor, purse.currency)
    returned = shown(purse.returned_minor, purse.currency)
    notify(
        people_of([purse.funder_id]),
        kind=Letter.PRIZE,
        subject=f"The purse of “{purse.title}”: {purse.state.label.lower()}",
        text=f"{awarded} went to the winners, and {returned} comes back to "
        f"{purse.funder}.",
        path=purse.path,
        at=at,
    )


def tell_purse_cancelled(purse: Purse, *, at: datetime) -> None:
    """Write to those who were to have a prize that the purse is given back."""
    winners = purse.candidates.filter(asked_at__isnull=False).exclude(answer__in=OUT)
    notify(
        people_of(winners.values_list("party", flat=True)),
        kind=Letter.PRIZE,
        subject=f"The purse of “{purse.title}” is cancelled",
        text=f"Nobody is paid a prize in “{purse.title}”: its purse went back to who "
        f"gave it. Why: {purse.closing_note}",
        path=purse.path,
        at=at,
    )


def _what(handover: Handover) -> str:
    if handover.holding is None:
        return f"“{handover.work.title}”"
    return f"a right in “{handover.work.title}”"


def _day(at: datetime) -> str:
    return f"{timezone.localdate(at):%-d %B %Y}"
