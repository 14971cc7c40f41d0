"""Calendars of contests: RFC 5545, a moment for each opening and each end."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet
from icalendar import Calendar, Event, vText

from marketplace.accounts.models import User
from marketplace.kit.ids import digest
from training.contests.models import CalendarFeed, Contest, Member
from training.contests.permissions import visible_to

MEDIA_TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=6)


def feed_by(secret: str) -> CalendarFeed | None:
    """Return the feed that a secret address opens, of somebody who may still sign in."""
    feeds = CalendarFeed.objects.select_related("user")
    return feeds.filter(digest=digest(secret), user__is_active=True).first()


def feed_of(user: User) -> CalendarFeed | None:
    """Return the feed that somebody has made, if they have."""
    return CalendarFeed.objects.filter(user=user).first()


def contests_entered_by(feed: CalendarFeed) -> QuerySet[Contest]:
    """Return the contests in which the feed's owner competes and may see, newest last."""
    entered = Member.objects.filter(user=feed.user, entrant__withdrawn_at=None)
    return (
        visible_to(feed.user)
        .filter(pk__in=entered.values("contest"))
        .prefetch_related("phases")
        .order_by("starts_at", "pk")
    )


def calendar_of(
    contests: Iterable[Contest], *, name: str, base_url: str, at: datetime
) -> bytes:
    """Return an iCalendar file of when contests and their phases open and end.

    Args:
        contests: with their phases.
        name: what programs call the calendar.
        base_url: of this site, without a slash at the end.
        at: now, which marks when the moments were written down.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Stoa//contests//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(_line(name)))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for contest in contests:
        address = f"{base_url}/contests/{contest.slug}"
        for key, said, moment in _moments(contest):
            event = Event()
            event.add("uid", f"{contest.pk}-{key}@stoa")
            event.add("dtstamp", at.astimezone(UTC))
            event.add("dtstart", moment.astimezone(UTC))
            event.add("summary", _line(said))
            event.add("description", _line(contest.summary or contest.title))
            event.add("url", address)
            event.add("transp", "TRANSPARENT")
            calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _moments(contest: Contest) -> Iterator[tuple[str, str, datetime]]:
    """Yield what happens: a key that stays, what is said, and when."""
    yield "opens", f"{contest.title} opens", contest.starts_at
    for phase in contest.phases.all():
        named = f"{contest.title}, {phase.name}"
        yield f"phase-{phase.pk}-opens", f"{named} opens", phase.starts_at
        if phase.ends_at is not None:
            yield f"phase-{phase.pk}-ends", f"{named} ends", phase.ends_at
    if contest.ends_at is not None:
        yield "ends", f"{contest.title} ends", contest.ends_at


def _line(text: str) -> str:
    """Return words as one line without anything that a calendar could not hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
