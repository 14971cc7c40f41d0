"""Two teams become one: what both have counts together."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from marketplace.kit.errors import DomainError
from tests.contests.teaming import accept, ask, merge, names_of, together
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    predictions,
    score,
)
from training.contests import services
from training.contests.models import (
    BoardRow,
    Contest,
    Entrant,
    ProposalState,
    Submission,
    TeamProposal,
)
from training.contests.queries import entrant_of, quota_of
from training.contests.services.proposals import (
    TeamQuota,
)
from training.contests.services.quotas import QuotaUsed
from training.contests.services.teams import (
    TeamStays,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    return ContestFactory(max_team_size=3, daily_limit=2)


def test_two_teams_become_one_row_with_one_quota(contest):
    first, second = enter(contest), enter(contest)
    score(hand_in(first), 0.6)
    score(hand_in(second), 0.8)

    merge(first, second)

    [row] = BoardRow.objects.filter(contest=contest)
    assert (row.entrant, row.score, row.rank) == (first, 0.8, 1)
    assert quota_of(first, contest, at=timezone.now()).left == 0
    for each in (first, second):
        with pytest.raises(QuotaUsed):
            hand_in(each)
    assert Submission.objects.filter(entrant=first).count() == 2
    assert Entrant.objects.get(pk=second.pk).dissolved_at


def test_together_two_teams_have_not_used_more_than_one_might(contest):
    first, second = enter(contest), enter(contest)
    for team in (first, first, second):
        hand_in(team)

    with pytest.raises(TeamQuota, match="handed in 3 today"):
        merge(first, second)
    tomorrow = timezone.now() + timedelta(days=1)
    merge(first, second, at=tomorrow)

    assert names_of(first) == {first.user.username, second.user.username}


def test_over_all_days_together_no_more_than_one_team_might_have(contest):
    first, second = enter(contest), enter(contest)
    now = timezone.now()
    Contest.objects.update(starts_at=now - timedelta(minutes=1))
    contest.refresh_from_db()
    for day in range(2):
        for team in (first, second):
            for _ in range(2):
                hand_in(team, at=now + timedelta(days=day))

    with pytest.raises(TeamQuota, match="8, and one team might have handed in 6"):
        merge(first, second, at=now + timedelta(days=2))
    assert merge(first, second, at=now + timedelta(days=3))


def test_both_captains_agree_to_a_merger_and_no_one_else(contest):
    first, second = enter(contest), enter(contest)
    friend = UserFactory()
    together(second, friend)
    proposal = services.propose_merger(
        first.user, contest=contest, name=second.name, at=timezone.now()
    )

    for other in (friend, first.user, UserFactory()):
        with pytest.raises(PermissionDenied):
            services.accept_proposal(other, proposal=proposal, at=timezone.now())
    with pytest.raises(PermissionDenied):
        services.propose_merger(
            friend, contest=contest, name=first.name, at=timezone.now()
        )
    services.accept_proposal(second.user, proposal=proposal, at=timezone.now())

    assert len(names_of(first)) == 3


def test_what_waited_is_closed_when_a_team_goes_into_another(contest):
    first, second, third = enter(contest), enter(contest), enter(contest)
    theirs = ask(second, UserFactory())
    to_them = services.propose_merger(
        third.user, contest=contest, name=second.name, at=timezone.now()
    )

    merge(first, second)

    states = [TeamProposal.objects.get(pk=p.pk).state for p in (theirs, to_them)]
    assert states == [ProposalState.WITHDRAWN, ProposalState.DECLINED]
    with pytest.raises(PermissionDenied):
        services.accept_proposal(third.user, proposal=to_them, at=timezone.now())


def test_who_is_in_a_team_of_several_is_not_taken_into_another(contest):
    first, second = enter(contest), enter(contest)
    friend = UserFactory()
    together(first, friend)

    with pytest.raises(TeamStays):
        accept(friend, ask(second, friend))
    assert entrant_of(friend, contest) == first


@pytest.mark.django_db(transaction=True)
def test_while_two_teams_become_one_nobody_hands_in_more_than_one_team_may():
    contest = ContestFactory(max_team_size=2, daily_limit=1)
    first, second = enter(contest), enter(contest)
    proposal = services.propose_merger(
        first.user, contest=contest, name=second.name, at=timezone.now()
    )
    noon, start, outcomes = timezone.now(), threading.Barrier(9), []

    def run(act):
        start.wait()
        try:
            act()
        except DomainError as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("done")
        finally:
            connection.close()

    acts = [
        lambda n=n, team=team: hand_in(team, predictions(wrong=n), at=noon)
        for n in range(4)
        for team in (first, second)
    ]
    acts.append(
        lambda: services.accept_proposal(second.user, proposal=proposal, at=noon)
    )
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(outcomes) <= {"done", "quota_used", "team_quota"}
    for team in Entrant.objects.filter(dissolved_at=None):
        assert quota_of(team, contest, at=noon).used == 1
