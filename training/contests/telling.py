"""What entrants are told of by themselves: results, windows that open and close, boards."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.kit.together import Together
from training.contests.models import (
    Attempt,
    Contest,
    ContestPhase,
    Phase,
    Reminder,
    Window,
)

SOON = timedelta(days=2)
LATELY = timedelta(days=1)  # what opened before is no news any more


def tell_result(
    attempt: Attempt,
    contest: Contest,
    *,
    is_scored: bool,
    at: datetime,
    people: Iterable[User] | None = None,
    into: Together | None = None,
) -> None:
    """Note for a team that its submission was scored or failed; never how it was scored.

    Of what only a pending scorer or a check has found nobody is told. Call it in the
    transaction that ends the run. Cost: two queries; one of a baseline, which is nobody's.

    Args:
        attempt: with its submission.
        contest: whose it is.
        is_scored: whether it has a score.
        at: now.
        people: the team's, if they are read already.
        into: other writes of the act, with which it is written.
    """
    submission = attempt.submission
    if attempt.scorer_version != contest.scorer_version:
        return
    said = "is scored" if is_scored else "could not be scored"
    subject = f"“{submission.filename}” {said} in “{contest.title}”"
    if people is None:
        people = User.objects.filter(contest_places__entrant=submission.entrant_id)
    notify(
        people,
        kind=Letter.RESULT,
        subject=subject,
        text=f"{subject}. Its page says {'the rest' if is_scored else 'why'}.",
        path=reverse("training:submission-detail", args=[submission.pk]),
        at=at,
        into=into,
    )


def tell_of_board(contest: Contest, *, said: str, at: datetime) -> None:
    """Note for everyone who competes what became of the board.

    Args:
        contest: held.
        said: a sentence without its full stop.
        at: now.
    """
    notify(
        competing_in(contest),
        kind=Letter.BOARD,
        subject=f"{contest.title}: {said}",
        text=f"{said[0].upper()}{said[1:]}.",
        path=reverse("training:leaderboard", args=[contest.slug]),
        at=at,
    )


def competing_in(contest: Contest) -> QuerySet[User]:
    """Return the people of the teams that have not withdrawn."""
    return User.objects.filter(
        contest_places__contest=contest, contest_places__entrant__withdrawn_at=None
    )


def tell_of_windows(*, at: datetime) -> int:
    """Tell entrants of contests and phases that opened, or close within two days.

    Each once; one whose moment is moved, again. A contest whose purse has not come is
    shut, and of that nothing is told.

    Returns:
        How many windows were told of.
    """
    told = 0
    for contest, number, name, window, moment in _due(at):
        if contest.phase_at(at) is not Phase.OPEN:
            continue
        with transaction.atomic():
            _, is_new = Reminder.objects.get_or_create(
                contest=contest, phase_number=number, window=window, moment=moment
            )
            if is_new:
                _tell_of_window(contest, name, window, moment, at=at)
        told += is_new
    return told


Due = tuple[Contest, int, str, Window, datetime]


def _due(at: datetime) -> list[Due]:
    opened = {"starts_at__gt": at - LATELY, "starts_at__lte": at}
    closes = {"ends_at__gt": at, "ends_at__lte": at + SOON}
    contests = Contest.objects.select_related("purse")
    phases = ContestPhase.objects.select_related("contest__purse")
    due: list[Due] = [
        (each, 0, each.title, Window.OPENED, each.starts_at)
        for each in contests.filter(**opened, phases=None)
    ]
    due += [
        (each, 0, each.title, Window.CLOSES, each.ends_at)
        for each in contests.filter(**closes)
        if each.ends_at is not None
    ]
    due += [
        (each.contest, each.number, each.name, Window.OPENED, each.starts_at)
        for each in phases.filter(**opened)
    ]
    due += [
        (each.contest, each.number, each.name, Window.CLOSES, each.ends_at)
        for each in phases.filter(**closes)
        if each.ends_at is not None
    ]
    return due


def _tell_of_window(
    contest: Contest, name: str, window: Window, moment: datetime, *, at: datetime
) -> None:
    when = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    said = "is open now" if window is Window.OPENED else f"closes soon, on {when}"
    of = contest.title if name == contest.title else f"{contest.title}, {name}"
    notify(
        competing_in(contest),
        kind=Letter.BOARD,
        subject=f"{of} {said}",
        text=f"{of} {said}. What is handed in until then counts."
        if window is Window.CLOSES
        else f"{of} {said}: it takes submissions.",
        path=reverse("training:contest-detail", args=[contest.slug]),
        at=at,
    )
