"""Teams and registration by page and over the API."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.contests.asking import signed_in, text_of, url
from tests.factories.accounts import UserFactory
from tests.factories.training import ContestFactory, enter, hand_in
from training.contests.models import (
    Contest,
    Entrant,
    EntryRequest,
    Invitation,
    Registration,
    Visibility,
)
from training.contests.queries import entrant_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    return ContestFactory(max_team_size=3)


def test_a_team_comes_together_by_its_page(contest):
    captain, friend = enter(contest).user, UserFactory()
    page = f"/contests/{contest.slug}/team"
    mine, theirs = signed_in(captain), signed_in(friend)

    assert "You are not in this contest" in text_of(theirs.get(page))
    mine.post(f"{page}/invite", {"name": friend.username})
    shown = text_of(theirs.get(page))
    assert "invites you into its team" in shown
    assert "Withdraw<" in text_of(mine.get(page))
    action = re.search(r'action="([^"]+/accept)"', shown)[1]
    theirs.post(action, {"rules_sha256": contest.rules_sha256})
    mine.post(f"{page}/rename", {"name": "The owls"})
    mine.post(f"{page}/captain", {"name": friend.username})

    team = entrant_of(captain, contest)
    assert (team.name, team.user) == ("The owls", friend)
    assert "Leave the team" in text_of(mine.get(page))
    mine.post(f"{page}/leave")
    assert entrant_of(captain, contest) != team
    refused = theirs.post(f"{page}/merge", {"name": "nobody"}, follow=True)
    assert "no other team called “nobody”" in text_of(refused)
    theirs.post(f"{page}/withdraw")
    assert entrant_of(friend, contest) is None


def test_who_is_not_asked_may_not_answer_by_page(contest, api):
    captain, friend = enter(contest).user, UserFactory()
    made = api(captain).post(url(contest, "proposals"), {"person": friend.username})
    address = f"/contests/{contest.slug}/proposals/{made.json()['id']}"

    for answer, status in (("accept", 403), ("decline", 403), ("withdraw", 403)):
        other = signed_in(UserFactory())
        assert other.post(f"{address}/{answer}").status_code == status
    assert signed_in(captain).post(f"{address}/withdraw").status_code == 302
    assert "was answered or withdrawn" in text_of(
        signed_in(friend).post(f"{address}/decline", follow=True)
    )


def test_a_team_comes_together_over_the_api(contest, api):
    captain, other, friend = enter(contest), enter(contest), UserFactory()
    hand_in(other)
    asking = api(captain.user)

    made = asking.post(url(contest, "proposals"), {"team": other.name}).json()
    assert (made["other"], made["state"]) == (other.name, "WAITING")
    waiting = api(other.user).get(url(contest, "proposals")).json()
    assert [each["id"] for each in waiting["results"]] == [made["id"]]
    accepted = api(other.user).post(url(contest, "proposals", made["id"], "accept"))
    assert accepted.json()["name"] == captain.name
    asked = asking.post(url(contest, "proposals"), {"person": friend.username}).json()
    refused = api(friend).post(url(contest, "proposals", asked["id"], "accept"))
    assert refused.json()["code"] == "rules_not_accepted"
    api(friend).post(
        url(contest, "proposals", asked["id"], "accept"),
        {"rules_sha256": contest.rules_sha256},
    )
    team = asking.patch(url(contest, "team"), {"name": "Owls"}).json()

    assert [m["name"] for m in team["members"]] == [
        captain.user.username,
        other.user.username,
        friend.username,
    ]
    entry = api(friend).get(url(contest)).json()["entry"]
    assert (entry["name"], entry["quota"]["used"]) == ("Owls", 1)
    listed = api(friend).get(url(contest, "submissions")).json()["results"]
    assert len(listed) == 1
    both = {"person": friend.username, "team": "x"}
    assert asking.post(url(contest, "proposals"), both).status_code == 400
    assert api(UserFactory()).get(url(contest, "team")).json()["code"] == "join_first"


def test_the_hosts_decide_by_their_page(contest):
    Contest.objects.update(registration=Registration.APPROVED)
    user, other = UserFactory(), UserFactory()
    detail, page = (
        f"/contests/{contest.slug}",
        f"/contests/{contest.slug}/entry-requests",
    )
    host = signed_in(contest.host)

    for who in (user, other):
        assert "ask to be let in" in text_of(signed_in(who).get(detail))
        signed_in(who).post(
            f"{detail}/join",
            {"rules_sha256": contest.rules_sha256, "message": "I count birds."},
        )
    assert "You have asked to be let in" in text_of(signed_in(user).get(detail))
    assert text_of(host.get(page)).count("I count birds.") == 2
    host.post(page, {"name": user.username, "accepts": "yes"})
    host.post(page, {"name": other.username, "accepts": "no", "reason": "Full."})

    assert "Nobody waits" in text_of(host.get(page))
    assert "Full." in text_of(host.get(f"{page}?show=all"))
    assert entrant_of(user, contest)
    assert entrant_of(other, contest) is None
    assert user.username in text_of(host.get(f"/contests/{contest.slug}/entrants"))


def test_a_link_leads_into_a_private_contest():
    contest = ContestFactory(
        visibility=Visibility.PRIVATE, registration=Registration.INVITED
    )
    host, user = signed_in(contest.host), UserFactory()
    page = f"/contests/{contest.slug}/invitations"

    shown = text_of(host.post(page, {"names": "", "days": 7, "note": "for Ada"}))
    key = shown.partition("?key=")[2].partition("<")[0]
    assert key.startswith("stoa_invite_")
    assert key not in text_of(host.get(page))
    address = f"/contests/{contest.slug}/invited"
    assert signed_in(user).get(address).status_code == 404
    assert signed_in(user).get(f"{address}?key=wrong").status_code == 404
    assert "Accept the rules and join" in text_of(
        signed_in(user).get(f"{address}?key={key}")
    )
    answer = signed_in(user).post(
        address, {"key": key, "rules_sha256": contest.rules_sha256}
    )

    assert answer["Location"] == f"/contests/{contest.slug}"
    assert entrant_of(user, contest)
    assert signed_in(UserFactory()).get(f"{address}?key={key}").status_code == 404
    assert f"Used by {user.username}" in text_of(host.get(page))


def test_an_invitation_is_revoked_by_its_button(contest):
    host = signed_in(contest.host)
    page = f"/contests/{contest.slug}/invitations"
    host.post(page, {"names": UserFactory().username, "days": 7})
    made = Invitation.objects.get()

    host.post(f"{page}/{made.pk}/revoke")

    assert "Revoked" in text_of(host.get(page))
    assert "nobody is called “no-such”" in text_of(
        host.post(page, {"names": "no-such", "days": 7})
    ).replace("Nobody", "nobody")


def test_registration_is_set_by_page_and_over_the_api(contest, api):
    address = f"/contests/{contest.slug}/registration"
    form = {"registration": "DOMAIN", "email_domains": "uni.test", "max_team_size": 2}

    signed_in(contest.host).post(address, form)
    told = api(contest.host).get(url(contest, "registration")).json()
    refused = signed_in(contest.host).post(address, {**form, "email_domains": ""})
    api(contest.host).put(
        url(contest, "registration"), {"registration": "OPEN", "max_team_size": 1}
    )

    assert told == {
        "registration": "DOMAIN",
        "email_domains": ["uni.test"],
        "max_team_size": 2,
    }
    assert "Give at least one" in text_of(refused)
    assert Contest.objects.get().registration == "OPEN"


def test_requests_and_invitations_over_the_api(contest, api):
    Contest.objects.update(registration=Registration.APPROVED)
    host, user, invited = api(contest.host), UserFactory(), UserFactory()

    asked = api(user).post(
        url(contest, "entry-requests"), {"rules_sha256": contest.rules_sha256}
    )
    assert asked.json()["state"] == "WAITING"
    decided = host.put(url(contest, "entry-requests", user.username), {"accepts": True})
    assert decided.json()["decided_by"] == contest.host.username
    made = host.post(url(contest, "invitations"), {"days": 3}).json()
    joined = api(invited).post(
        url(contest, "join"),
        {"rules_sha256": contest.rules_sha256, "invitation": made["secret"]},
    )
    assert joined.status_code == 201
    named = host.post(
        url(contest, "invitations"), {"names": [UserFactory().username]}
    ).json()
    gone = url(contest, "invitations", named["invitations"][0]["id"])
    assert (named["secret"], host.delete(gone).status_code) == (None, 204)
    assert host.delete(gone).status_code == 409
    teams = host.get(url(contest, "entrants")).json()["results"]
    assert {team["captain"] for team in teams} == {user.username, invited.username}
    withdrawn = api(user).post(url(contest, "withdraw"))
    assert (withdrawn.status_code, withdrawn.json()["entry"]) == (200, None)


@pytest.mark.parametrize("size", [1, 5])
def test_lists_of_a_host_take_as_many_queries_however_long(
    api, contest, size, django_assert_num_queries
):
    now = timezone.now()
    for user in UserFactory.create_batch(size):
        enter(contest, user)
        EntryRequest.objects.create(
            contest=contest, user=user, rules_sha256="0" * 64, asked_at=now
        )
        Invitation.objects.create(
            contest=contest,
            person=user,
            invited_by=contest.host,
            invited_at=now,
            expires_at=now + timedelta(days=1),
        )
    host = api(contest.host)

    for path, queries in (("entrants", 4), ("entry-requests", 3), ("invitations", 3)):
        with django_assert_num_queries(queries):
            page = host.get(url(contest, path)).json()
        assert len(page["results"]) == size
    assert Entrant.objects.count() == size
