"""What a host tells the entrants, and the secret address of a person's calendar."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.ids import digest, new_secret
from training.contests import boards
from training.contests.models import Announcement, CalendarFeed, Contest
from training.contests.permissions import require_host

MOST_A_DAY = 5
MOST_TEXT = 20_000


class TooManyAnnouncements(DomainError):
    """The entrants have had letters enough for a day."""

    code = "too_many_announcements"


@transaction.atomic
def announce(
    actor: User, *, contest: Contest, title: str, text: str, at: datetime
) -> Announcement:
    """Tell everyone something; who competes gets a letter, unless they want none.

    Args:
        actor: a host.
        contest: whose page it stands on.
        title: 1 to 200 characters on one line.
        text: Markdown.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        Malformed: title or text is missing, or too long.
        TooManyAnnouncements: five were made within a day.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    title, text = " ".join(title.split()), text.strip()
    if not 1 <= len(title) <= 200 or "\0" in title:
        raise Malformed(gettext("title: give 1 to 200 characters."))
    if not 1 <= len(text) <= MOST_TEXT or "\0" in text:
        raise Malformed(
            gettext("text: give 1 to %(most_text)s characters.")
            % {"most_text": f"{MOST_TEXT:,}"}
        )
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if held.announcements.filter(announced_at__gte=today).count() >= MOST_A_DAY:
        raise TooManyAnnouncements(
            gettext(
                "%(most_a_day)s announcements a day are enough; make the next tomorrow."
            )
            % {"most_a_day": MOST_A_DAY}
        )
    made = Announcement.objects.create(
        contest=held, author=actor, title=title, text=text, announced_at=at
    )
    competing = User.objects.filter(
        contest_places__contest=held, contest_places__entrant__withdrawn_at=None
    )
    record_act(actor, "announce", held, at=at, title=title)
    notify(
        competing,
        kind=Letter.NEWS,
        subject=f"{held.title}: {title}",
        text=text,
        path=reverse("training:announcements", args=[held.slug]),
        at=at,
    )
    return made


@transaction.atomic
def make_calendar_feed(actor: User, *, at: datetime) -> str:
    """Give somebody a secret address of their calendar; one they had stops working.

    Returns:
        The secret, which is not kept.
    """
    secret = new_secret("stoa_calendar")
    CalendarFeed.objects.update_or_create(
        user=actor, defaults={"digest": digest(secret), "made_at": at}
    )
    record_act(actor, "make_calendar_feed", actor, at=at)
    return secret


@transaction.atomic
def drop_calendar_feed(actor: User, *, at: datetime) -> None:
    """Have the secret address of somebody's calendar work no more."""
    if CalendarFeed.objects.filter(user=actor).delete()[0]:
        record_act(actor, "drop_calendar_feed", actor, at=at)
