"""What entrants are told: results, windows, boards; each once, and never a score."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.accounts.models import Letter, Notice
from marketplace.storage.queries import open_blob
from tests.contests.teaming import together
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    fail,
    hand_in,
    score,
)
from training.contests import services
from training.contests.models import Contest
from training.contests.services import PhasePlan
from training.contests.telling import tell_of_windows

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def told(*kinds):
    """Return who was told, and in which words, and forget it."""
    rows = Notice.objects.filter(kind__in=kinds)
    found = sorted(rows.values_list("person__username", "subject", "path"))
    rows.delete()
    return found


def test_a_team_is_told_of_what_it_handed_in_and_not_by_letter():
    contest = ContestFactory(max_team_size=2, split=True)
    team, mate = enter(contest), UserFactory()
    together(team, mate)
    names = sorted([team.user.username, mate.username])
    good, bad = hand_in(team), hand_in(team)

    score(good, 0.8642, private=[0.1357])
    assert not Notice.objects.filter(kind=Letter.RESULT, is_mailed=True).exists()
    assert not Notice.objects.filter(text__regex="0[.](86|13)").exists()
    line = f"“predictions.csv” is scored in “{contest.title}”"
    assert told(Letter.RESULT) == [
        (name, line, f"/submissions/{good.pk}") for name in names
    ]
    fail(bad)
    line = f"“predictions.csv” could not be scored in “{contest.title}”"
    assert told(Letter.RESULT) == [
        (name, line, f"/submissions/{bad.pk}") for name in names
    ]


def test_of_a_re_scoring_all_are_told_once_it_is_published_and_of_a_release():
    contest = ContestFactory()
    entry = score(hand_in(enter(contest)), 0.5)
    gone = enter(contest)
    services.withdraw_entry(gone.user, contest=contest, at=timezone.now())
    told(Letter.RESULT)
    with open_blob(contest.truth_id) as truth:
        services.rescore(contest.host, contest=contest, truth=truth, at=timezone.now())
    score(entry, 0.6)
    assert told(Letter.RESULT, Letter.BOARD) == []

    services.publish_rescore(contest.host, contest=contest, at=timezone.now())

    path = f"/contests/{contest.slug}/leaderboard"
    name = entry.entrant.user.username
    said = "every submission was scored anew, and the board shows it"
    assert told(Letter.BOARD) == [(name, f"{contest.title}: {said}", path)]
    over = timezone.now() - HOUR
    Contest.objects.filter(pk=contest.pk).update(ends_at=over)
    contest.refresh_from_db()
    for act in (services.freeze_board, services.release_board, services.release_board):
        act(contest.host, contest=contest, at=timezone.now())
    said = "the private scores are there for everyone to see"
    assert told(Letter.BOARD) == [(name, f"{contest.title}: {said}", path)]


def test_of_a_window_entrants_are_told_once_as_it_opens_and_before_it_closes():
    now = timezone.now()
    contest = ContestFactory(starts_at=now - HOUR, ends_at=now + 30 * DAY)
    name = enter(contest).user.username
    path = f"/contests/{contest.slug}"

    assert [tell_of_windows(at=now), tell_of_windows(at=now)] == [1, 0]
    assert told(Letter.BOARD) == [(name, f"{contest.title} is open now", path)]

    plan = PhasePlan("Warm-up", starts_at=now, ends_at=now + 3 * DAY, daily_limit=5)
    services.add_phase(contest.host, contest=contest, plan=plan, at=now)
    later = now + DAY + HOUR
    assert tell_of_windows(at=later) == 1
    [(_, closes, _)] = told(Letter.BOARD)
    assert closes.startswith(f"{contest.title}, Warm-up closes soon, on ")
    last = contest.ends_at - DAY
    assert [tell_of_windows(at=last), tell_of_windows(at=last)] == [1, 0]
    Contest.objects.filter(pk=contest.pk).update(ends_at=last + HOUR)  # moved
    assert tell_of_windows(at=last) == 1
    assert tell_of_windows(at=last + 2 * HOUR) == 0
