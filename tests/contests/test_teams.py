"""Teams: who comes together, who stays."""

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from marketplace.accounts.models import Notice
from marketplace.kit.errors import Malformed
from tests.contests.teaming import accept, ask, merge, names_of, together
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    score,
)
from training.contests import services
from training.contests.models import (
    BoardRow,
    Contest,
    Entrant,
    Member,
    ProposalState,
    TeamProposal,
    Visibility,
)
from training.contests.permissions import may_see_submission
from training.contests.queries import entrant_of
from training.contests.services.proposals import (
    AlreadyProposed,
    ProposalClosed,
    TeamFull,
)
from training.contests.services.quotas import QuotaUsed
from training.contests.services.registering import ContestClosed, NotJoined
from training.contests.services.teams import (
    CaptainStays,
    TeamNameTaken,
    TeamStays,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    return ContestFactory(max_team_size=3, daily_limit=2)


def test_whoever_is_invited_accepts_enters_and_sees_all_that_the_team_hands_in(contest):
    team = enter(contest)
    submission = hand_in(team)
    friend, stranger = UserFactory(), UserFactory()

    proposal = ask(team, friend)
    assert "You are invited" in Notice.objects.get(person=friend).subject
    assert not may_see_submission(friend, submission)
    accept(friend, proposal)

    assert entrant_of(friend, contest) == team
    assert may_see_submission(friend, submission)
    assert not may_see_submission(stranger, submission)
    assert Entrant.objects.filter(dissolved_at=None).count() == 1
    member = Member.objects.get(user=friend)
    assert member.rules_sha256 == contest.rules_sha256


def test_only_who_is_asked_answers_and_only_once(contest):
    team, friend = enter(contest), UserFactory()
    proposal = ask(team, friend)

    for answer in (services.accept_proposal, services.decline_proposal):
        with pytest.raises(PermissionDenied):
            answer(UserFactory(), proposal=proposal, at=timezone.now())
    services.decline_proposal(friend, proposal=proposal, at=timezone.now())
    with pytest.raises(ProposalClosed):
        accept(friend, proposal)

    assert TeamProposal.objects.get().state == ProposalState.DECLINED
    assert entrant_of(friend, contest) is None
    assert "is declined" in Notice.objects.get(person=team.user).text


def test_a_captain_takes_back_what_was_proposed(contest):
    team, friend = enter(contest), UserFactory()
    proposal = ask(team, friend)

    with pytest.raises(PermissionDenied):
        services.withdraw_proposal(friend, proposal=proposal, at=timezone.now())
    services.withdraw_proposal(team.user, proposal=proposal, at=timezone.now())

    with pytest.raises(ProposalClosed):
        accept(friend, proposal)
    assert ask(team, friend).state == ProposalState.WAITING


def test_nobody_is_asked_twice_or_who_may_not_see_the_contest(contest):
    team, friend = enter(contest), UserFactory()
    ask(team, friend)

    with pytest.raises(AlreadyProposed):
        ask(team, friend)
    with pytest.raises(Malformed, match="nobody"):
        services.propose_to_person(
            team.user, contest=contest, name="no-such", at=timezone.now()
        )
    Contest.objects.update(visibility=Visibility.PRIVATE)
    with pytest.raises(Malformed, match="nobody"):
        ask(team, UserFactory())


def test_a_team_grows_no_larger_than_the_contest_allows(contest):
    team = together(enter(contest), UserFactory(), UserFactory())

    with pytest.raises(TeamFull, match="4; 3 is the most"):
        ask(team, UserFactory())
    with pytest.raises(TeamFull):
        merge(team, enter(contest))
    alone = enter(ContestFactory())
    with pytest.raises(TeamFull, match="alone"):
        ask(alone, UserFactory())
    assert len(names_of(team)) == 3


def test_of_two_who_accept_the_last_place_at_once_one_is_in(transactional_db, contest):
    team = together(enter(contest), UserFactory())
    asked = [(friend := UserFactory(), ask(team, friend)) for _ in range(2)]
    start, outcomes = threading.Barrier(2), []

    def answer(user, proposal):
        start.wait()
        try:
            accept(user, proposal)
        except TeamFull as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("in")
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=pair) for pair in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["in", "team_full"]
    assert len(names_of(team)) == 3


def test_one_leaves_before_the_first_submission_and_not_after(contest):
    friend, other = UserFactory(), UserFactory()
    team = together(enter(contest), friend, other)

    alone = services.leave_team(friend, contest=contest, at=timezone.now())
    assert (alone.name, names_of(alone)) == (friend.username, {friend.username})
    with pytest.raises(CaptainStays):
        services.leave_team(team.user, contest=contest, at=timezone.now())
    hand_in(team)

    with pytest.raises(TeamStays):
        services.leave_team(other, contest=contest, at=timezone.now())
    with pytest.raises(NotJoined):
        services.leave_team(UserFactory(), contest=contest, at=timezone.now())


def test_a_captain_hands_over_to_a_member(contest):
    friend = UserFactory()
    team = together(enter(contest), friend)
    captain = team.user

    with pytest.raises(Malformed):
        services.hand_over_team(
            captain, contest=contest, name=UserFactory().username, at=timezone.now()
        )
    services.hand_over_team(
        captain, contest=contest, name=friend.username, at=timezone.now()
    )

    team.refresh_from_db()
    assert team.user == friend
    with pytest.raises(PermissionDenied):
        services.rename_team(captain, contest=contest, name="Ours", at=timezone.now())
    assert services.leave_team(captain, contest=contest, at=timezone.now())


def test_a_team_has_a_name_of_its_own_on_the_board(contest):
    team, other = enter(contest), enter(contest)
    score(hand_in(team), 0.6)
    bystander = UserFactory(username="Somebody")

    services.rename_team(
        team.user, contest=contest, name=" The   owls ", at=timezone.now()
    )

    assert BoardRow.objects.get().name == "The owls"
    for name in ("the OWLS", bystander.username.lower(), team.user.username):
        with pytest.raises(TeamNameTaken):
            services.rename_team(
                other.user, contest=contest, name=name, at=timezone.now()
            )
    for name in ("", "a" * 101, "a\x00b"):
        with pytest.raises(Malformed):
            services.rename_team(
                other.user, contest=contest, name=name, at=timezone.now()
            )


def test_whoever_joins_as_a_name_that_is_taken_gets_a_number(contest):
    services.add_baseline(
        contest.host,
        contest=contest,
        name="wren",
        format="PREDICTIONS",
        blob=hand_in(enter(contest)).blob,
        filename="b.csv",
        submitted_at=timezone.now(),
    )

    assert enter(contest, UserFactory(username="Wren")).name == "Wren (2)"


def test_a_contest_that_has_ended_leaves_teams_as_they_are(contest):
    team, friend = enter(contest), UserFactory()
    proposal = ask(team, friend)

    with pytest.raises(ContestClosed):
        accept(friend, proposal, at=contest.ends_at)
    with pytest.raises(ContestClosed):
        ask(team, UserFactory(), at=contest.ends_at)


def test_nobody_escapes_a_disqualification_into_another_team(contest):
    team, other = enter(contest), enter(contest)
    proposal = ask(other, team.user)
    services.disqualify(
        contest.host,
        contest=contest,
        name=team.name,
        reason="A bot.",
        at=timezone.now(),
    )

    with pytest.raises(ProposalClosed):
        accept(team.user, proposal)
    with pytest.raises(TeamStays):
        services.leave_team(team.user, contest=contest, at=timezone.now())


def test_a_withdrawn_team_is_off_the_board_and_back_with_what_it_used(contest):
    friend = UserFactory()
    team = together(enter(contest), friend)
    score(hand_in(team), 0.6)
    score(hand_in(team), 0.7)

    with pytest.raises(PermissionDenied):
        services.withdraw_entry(friend, contest=contest, at=timezone.now())
    services.withdraw_entry(team.user, contest=contest, at=timezone.now())

    assert not BoardRow.objects.exists()
    with pytest.raises(NotJoined):
        hand_in(team)
    with pytest.raises(PermissionDenied):
        enter(contest, friend)
    assert enter(contest, team.user) == team
    with pytest.raises(QuotaUsed):
        hand_in(Entrant.objects.get(pk=team.pk))
