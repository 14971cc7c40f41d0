"""Who may enter: everyone, whom the hosts let in, certain domains, the invited."""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from marketplace.accounts.models import Notice
from marketplace.kit.errors import Malformed
from tests.factories.accounts import UserFactory
from tests.factories.training import ContestFactory, enter
from training.contests import services
from training.contests.entries import WayIn, way_in
from training.contests.models import (
    Contest,
    Entrant,
    Invitation,
    Member,
    Registration,
    RequestState,
    Visibility,
)
from training.contests.permissions import visible_to
from training.contests.queries import entrant_of
from training.contests.services.inviting import InvitationGone
from training.contests.services.registering import (
    HostMayNotCompete,
    NotAsked,
    RegistrationRefused,
    RulesNotAccepted,
)

pytestmark = pytest.mark.django_db


def contest_of(registration, **given):
    return ContestFactory(registration=registration, **given)


def confirmed(email, *, verified=True):
    user = UserFactory(email=email)
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": verified, "primary": True}
    )
    return user


def ask(contest, user, message=""):
    return services.ask_to_enter(
        user,
        contest=contest,
        rules_sha256=contest.rules_sha256,
        message=message,
        asked_at=timezone.now(),
    )


def decide(contest, user, *, accepts, actor=None):
    return services.decide_entry(
        actor or contest.host,
        contest=contest,
        name=user.username,
        accepts=accepts,
        reason="As you see.",
        at=timezone.now(),
    )


def link(contest, **given):
    return services.make_link(
        contest.host, contest=contest, days=7, at=timezone.now(), **given
    )


def join_by(secret, contest, user, *, at=None):
    return services.join_contest(
        user,
        contest=contest,
        rules_sha256=contest.rules_sha256,
        joined_at=at or timezone.now(),
        invitation=secret,
    )


def test_where_the_hosts_decide_nobody_enters_unasked():
    contest, user = contest_of(Registration.APPROVED), UserFactory()

    with pytest.raises(RegistrationRefused, match="Ask them"):
        enter(contest, user)
    assert way_in(user, contest, at=timezone.now()) is WayIn.ASK
    ask(contest, user, "Let me.")
    assert way_in(user, contest, at=timezone.now()) is WayIn.WAIT
    with pytest.raises(RegistrationRefused):
        enter(contest, user)
    assert "Somebody asks" in Notice.objects.get(person=contest.host).text

    decide(contest, user, accepts=True)

    assert Member.objects.get(user=user).rules_sha256 == contest.rules_sha256
    assert "As you see." in Notice.objects.get(person=user).text


def test_who_is_turned_down_may_ask_again_and_whoever_is_in_twice_is_in_once():
    contest, user = contest_of(Registration.APPROVED), UserFactory()
    ask(contest, user)

    decide(contest, user, accepts=False)
    assert entrant_of(user, contest) is None
    with pytest.raises(NotAsked):
        decide(contest, user, accepts=True)
    assert ask(contest, user).state == RequestState.WAITING
    decide(contest, user, accepts=True)

    assert Entrant.objects.count() == 1
    assert ask(contest, user).state == RequestState.ACCEPTED


def test_only_a_host_decides():
    contest, user = contest_of(Registration.APPROVED), UserFactory()
    ask(contest, user)

    with pytest.raises(PermissionDenied):
        decide(contest, user, accepts=True, actor=user)
    with pytest.raises(HostMayNotCompete):
        ask(contest, contest.host)
    with pytest.raises(Malformed):
        ask(ContestFactory(), user)
    assert not Entrant.objects.exists()


@pytest.mark.parametrize(
    ("email", "verified", "is_let_in"),
    [
        ("a@example.org", True, True),
        ("a@EXAMPLE.org", True, True),
        ("a@lab.example.org", True, True),
        ("a@example.org", False, False),
        ("a@notexample.org", True, False),
        ("a@example.org.evil.test", True, False),
    ],
)
def test_a_domain_lets_in_by_confirmed_addresses_alone(email, verified, is_let_in):
    contest = contest_of(Registration.DOMAIN, email_domains=["example.org"])
    user = confirmed(email, verified=verified)

    if is_let_in:
        assert enter(contest, user)
        assert way_in(UserFactory(), contest, at=timezone.now()) is WayIn.CONFIRM
    else:
        with pytest.raises(RegistrationRefused, match=r"example\.org"):
            enter(contest, user)
    assert Entrant.objects.exists() == is_let_in


def test_a_link_lets_in_one_person_once():
    contest = contest_of(Registration.INVITED)
    made, secret = link(contest)
    user = UserFactory()

    assert secret not in str(Invitation.objects.values().get())
    for wrong in ("", "stoa_invite_wrong", made.digest):
        with pytest.raises(RegistrationRefused):
            join_by(wrong, contest, user)
    assert join_by(secret, contest, user)
    with pytest.raises(RegistrationRefused):
        join_by(secret, contest, UserFactory())

    made.refresh_from_db()
    assert made.used_by == user


def test_a_link_expires_is_revoked_and_opens_no_other_contest():
    contest = contest_of(Registration.INVITED)
    made, secret = link(contest)
    user = UserFactory()

    with pytest.raises(RegistrationRefused):
        join_by(secret, contest_of(Registration.INVITED), user)
    with pytest.raises(RegistrationRefused):
        join_by(secret, contest, user, at=made.expires_at)
    services.revoke_invitation(contest.host, invitation=made, at=timezone.now())
    with pytest.raises(RegistrationRefused):
        join_by(secret, contest, user)
    with pytest.raises(InvitationGone):
        services.revoke_invitation(contest.host, invitation=made, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_use_one_link_at_once_one_is_in():
    contest = contest_of(Registration.INVITED)
    _, secret = link(contest)
    people = UserFactory.create_batch(8)
    start, outcomes = threading.Barrier(8), []

    def use(user):
        start.wait()
        try:
            join_by(secret, contest, user)
        except RegistrationRefused as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("in")
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["in"] + ["registration_refused"] * 7
    assert Entrant.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_joins_many_times_at_once_is_in_once():
    contest, user = ContestFactory(), UserFactory()
    start, outcomes = threading.Barrier(6), []

    def join():
        start.wait()
        try:
            outcomes.append(enter(contest, user).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=join) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [Entrant.objects.get().pk] * 6


def test_whoever_is_invited_by_name_sees_the_contest_and_enters_whatever_is_asked():
    contest = contest_of(Registration.APPROVED, visibility=Visibility.PRIVATE)
    user, other = UserFactory(), UserFactory()

    services.invite_people(
        contest.host,
        contest=contest,
        names=[user.username.upper(), user.username],
        days=7,
        at=timezone.now(),
    )

    assert Invitation.objects.count() == 1
    assert "invite you" in Notice.objects.get(person=user).text
    assert visible_to(user).filter(pk=contest.pk).exists()
    assert not visible_to(other).filter(pk=contest.pk).exists()
    assert enter(contest, user)
    assert visible_to(user).filter(pk=contest.pk).exists()


def test_an_invitation_that_expired_shows_a_private_contest_no_more():
    contest = contest_of(Registration.INVITED, visibility=Visibility.PRIVATE)
    user, then = UserFactory(), timezone.now() - timedelta(days=8)
    services.invite_people(
        contest.host, contest=contest, names=[user.username], days=7, at=then
    )

    assert not visible_to(user).filter(pk=contest.pk).exists()
    with pytest.raises(RegistrationRefused):
        enter(contest, user)


@pytest.mark.parametrize(
    ("names", "days", "said"),
    [(["no-such"], 7, "no-such"), ([], 7, "names"), (["a\x00"], 7, "nobody")],
)
def test_invitations_to_nobody_are_refused(names, days, said):
    contest = ContestFactory()

    with pytest.raises(Malformed, match=said):
        services.invite_people(
            contest.host, contest=contest, names=names, days=days, at=timezone.now()
        )


@pytest.mark.parametrize("days", [0, 366])
def test_a_link_lasts_from_a_day_to_a_year(days):
    contest = ContestFactory()

    with pytest.raises(Malformed, match="days"):
        services.make_link(contest.host, contest=contest, days=days, at=timezone.now())


def test_hosts_say_who_may_enter():
    contest = ContestFactory()

    services.set_registration(
        contest.host,
        contest=contest,
        registration=Registration.DOMAIN,
        email_domains=["@Example.org", "example.org", "uni.test"],
        max_team_size=4,
        at=timezone.now(),
    )

    kept = Contest.objects.get()
    assert kept.email_domains == ["example.org", "uni.test"]
    assert (kept.registration, kept.max_team_size) == ("DOMAIN", 4)
    for domains in (["no domain"], ["a..b"], ["localhost"], [], ["-a.org"]):
        with pytest.raises(Malformed, match="email_domains"):
            services.set_registration(
                contest.host,
                contest=contest,
                registration=Registration.DOMAIN,
                email_domains=domains,
                max_team_size=4,
                at=timezone.now(),
            )
    with pytest.raises(PermissionDenied):
        services.set_registration(
            UserFactory(),
            contest=contest,
            registration=Registration.OPEN,
            max_team_size=4,
            at=timezone.now(),
        )


def test_rules_that_changed_are_accepted_by_each_of_a_team():
    contest = ContestFactory(max_team_size=2)
    team, friend = enter(contest), UserFactory()
    services.accept_proposal(
        friend,
        proposal=services.propose_to_person(
            team.user, contest=contest, name=friend.username, at=timezone.now()
        ),
        rules_sha256=contest.rules_sha256,
        at=timezone.now(),
    )
    services.update_contest(
        contest.host, contest=contest, changes={"rules": "New."}, at=timezone.now()
    )

    enter(contest, friend)

    stale = {m.user for m in Member.objects.all() if m.must_accept_rules}
    assert stale == {team.user}
    with pytest.raises(RulesNotAccepted):
        services.join_contest(
            team.user, contest=contest, rules_sha256="0" * 64, joined_at=timezone.now()
        )
