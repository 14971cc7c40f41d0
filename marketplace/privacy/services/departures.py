"""Leaving: asked for, taken back, and carried out when the time is over."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.kit.audit import record_act
from marketplace.privacy.models import Departure
from marketplace.privacy.rooms import obstacles_of
from marketplace.privacy.services.erasing import StandsInTheWay, erase_account

AT_ONCE = 100


@transaction.atomic
def ask_to_leave(
    actor: User, *, removes_words: bool, waits: timedelta, asked_at: datetime
) -> Departure:
    """Have one's account erased after a time in which one may take it back.

    Asking again changes what becomes of one's words, and not when.

    Args:
        actor: whose account.
        removes_words: take out the words of their comments as well.
        waits: how long they may take it back.
        asked_at: now.

    Raises:
        StandsInTheWay: something has to be settled first; the message says what.
    """
    if obstacles := obstacles_of(actor):
        raise StandsInTheWay(" ".join(each.said for each in obstacles))
    departure, is_new = Departure.objects.get_or_create(
        user=actor,
        defaults={
            "removes_words": removes_words,
            "asked_at": asked_at,
            "due_at": asked_at + waits,
        },
    )
    if not is_new:
        departure.removes_words = removes_words
        departure.save(update_fields=["removes_words"])
        return departure
    record_act(actor, "ask_to_leave", actor, at=asked_at)
    notify(
        [actor],
        kind=Letter.ACCOUNT,
        subject="Your account will be deleted",
        text=f"You asked that your account be deleted. That is done on "
        f"{departure.due_at:%-d %B %Y}. Until then you can take it back. If it was not "
        "you, take it back and change your password.",
        path=reverse("privacy:leave"),
        at=asked_at,
    )
    return departure


@transaction.atomic
def stay(actor: User, *, at: datetime) -> None:
    """Take back that one's account be erased; without such a wish nothing changes."""
    gone, _ = Departure.objects.filter(user=actor).delete()
    if gone:
        record_act(actor, "take_back_departure", actor, at=at)


def erase_due(*, at: datetime) -> int:
    """Erase the accounts whose time has come; return how many.

    Where something came in the way meanwhile, its owner is written to once, and it is
    tried again by every sweep.
    """
    due = Departure.objects.filter(due_at__lte=at).order_by("due_at", "pk")
    return sum(_erase(departure, at=at) for departure in due[:AT_ONCE])


def _erase(departure: Departure, *, at: datetime) -> bool:
    with transaction.atomic():
        held = Departure.objects.select_for_update(skip_locked=True).select_related(
            "user"
        )
        wish = held.filter(pk=departure.pk, due_at__lte=at).first()
        if wish is None:  # taken back just now, or another worker's
            return False
        try:
            erase_account(wish.user, removes_words=wish.removes_words, erased_at=at)
        except StandsInTheWay as refusal:
            _tell_stuck(wish, str(refusal), at=at)
            return False
    return True


def _tell_stuck(wish: Departure, said: str, *, at: datetime) -> None:
    if wish.told_stuck_at is not None:
        return
    wish.told_stuck_at = at
    wish.save(update_fields=["told_stuck_at"])
    notify(
        [wish.user],
        kind=Letter.ACCOUNT,
        subject="Your account cannot be deleted yet",
        text=f"{said} It is deleted as soon as that is settled.",
        path=reverse("privacy:leave"),
        at=at,
    )
