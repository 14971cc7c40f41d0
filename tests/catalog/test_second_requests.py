"""Asked again, for an organisation, and decided of many at once."""

import csv
import io

import pytest
from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import Role
from marketplace.catalog import services
from marketplace.catalog.letters import send_letters
from marketplace.catalog.models import (
    AccessRequest,
    AccessRound,
    AccessState,
    Gating,
)
from marketplace.catalog.queries import takeable_by
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.catalog.gating import ANSWERS, CARD, acts, ask, decide, gated, outcome
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import DAY

pytestmark = pytest.mark.django_db
SITE = "https://stoa.example.org"


def at(repository, rest=""):
    return f"/api/v1/datasets/{repository}{rest}"


def decide_many(repository, chosen, state, *, actor=None, **rest):
    return services.decide_many(
        actor or repository.created_by,
        repository=repository,
        chosen=chosen,
        state=state,
        decided_at=NOON + DAY,
        **rest,
    )


def test_who_was_turned_down_asks_again_with_other_answers_and_both_are_kept():
    repository, asker = gated(card=CARD), UserFactory()
    ask(asker, repository, ANSWERS)
    decide(repository, asker, AccessState.REJECTED, reason="Which company?")

    again = ask(asker, repository, {**ANSWERS, "Company": "Smew"}, at=NOON + 2 * DAY)

    assert (again.state, again.attempt, again.reason) == ("PENDING", 2, "")
    assert outcome(asker, repository) == "gate_pending"
    before = AccessRound.objects.get()
    assert (before.request, before.attempt, before.state) == (again, 1, "REJECTED")
    assert (before.answers["Company"], before.reason) == ("Ornis", "Which company?")
    assert before.decided_by == repository.created_by
    decide(repository, asker, AccessState.ACCEPTED)
    assert outcome(asker, repository) == ""


def test_a_second_request_waits_even_where_the_gate_opens_by_itself():
    repository, asker = gated(Gating.AUTOMATIC), UserFactory()
    ask(asker, repository)
    decide(repository, asker, AccessState.REJECTED, reason="Not you.")
    assert AccessRequest.objects.get().state == AccessState.REVOKED

    for _ in range(2):
        assert ask(asker, repository).state == AccessState.PENDING
    services.cancel_request(asker, repository=repository, cancelled_at=NOON)

    row = AccessRequest.objects.get()
    assert (row.state, row.attempt, row.reason) == ("REVOKED", 1, "Not you.")
    assert outcome(asker, repository) == "gate_rejected"
    assert ask(asker, repository).state == AccessState.PENDING


def test_access_is_revoked_with_a_reason_and_the_person_is_told(mailoutbox):
    repository, asker = gated(), UserFactory()
    ask(asker, repository)
    decide(repository, asker, AccessState.ACCEPTED)
    send_letters(at=NOON + DAY, base_url=SITE)
    mailoutbox.clear()

    services.decide_access(
        repository.created_by,
        repository=repository,
        user=asker,
        state=AccessState.REJECTED,
        reason="The study is over.",
        decided_at=NOON + 3 * DAY,
    )

    assert outcome(asker, repository) == "gate_rejected"
    send_letters(at=NOON + 3 * DAY, base_url=SITE)
    [letter] = mailoutbox
    assert letter.subject == f"Access to {repository}: revoked"
    assert "The study is over." in letter.body
    assert f"{SITE}/datasets/{repository}/access" in letter.body
    [kept] = AccessRound.objects.all()
    assert kept.state == AccessState.ACCEPTED


@pytest.fixture
def guild():
    """An organisation, its owner and a reader of it."""
    organisation = OrganisationFactory(name="guild")
    owner = organisation.memberships.get().user
    reader = MembershipFactory(organisation=organisation, role=Role.READER).user
    return organisation, owner, reader


def test_an_owner_asks_once_for_all_members_of_an_organisation(guild):
    organisation, owner, reader = guild
    repository = gated()
    for other in (reader, UserFactory()):
        with pytest.raises(PermissionDenied):
            ask(other, repository, organisation=organisation)

    asked = ask(owner, repository, organisation=organisation)
    assert asked.asker == "guild"
    assert ask(owner, repository).pk != asked.pk  # for themselves, too
    decide(repository, owner, AccessState.ACCEPTED, organisation=organisation)

    for member in (owner, reader):
        assert outcome(member, repository) == ""
        assert repository in takeable_by(member)
    assert outcome(UserFactory(), repository) == "gated"
    reader.memberships.all().delete()
    assert outcome(reader, repository) == "gated"
    assert repository not in takeable_by(reader)
    decide(repository, owner, AccessState.REJECTED, organisation=organisation)
    assert outcome(owner, repository) == "gate_pending"


def test_an_organisation_is_asked_for_on_the_page_and_over_the_api(browser, api, guild):
    organisation, owner, reader = guild
    repository = gated()
    page = browser(owner)
    access = f"/datasets/{repository}/access"
    assert "All of guild" in page.get(access).content.decode()
    assert "All of guild" not in browser(reader).get(access).content.decode()

    page.post(access, {"organisation": "guild"})
    row = AccessRequest.objects.get()
    assert (row.organisation, row.user) == (organisation, owner)
    told = page.get(access).content.decode()
    assert "It was asked for guild" in told
    assert "Take it back" not in browser(reader).get(access).content.decode()
    page.post(f"{access}/cancel", {"organisation": "guild"})
    assert not AccessRequest.objects.exists()
    sent = {"answers": {}, "organisation": "guild"}
    assert api(reader).post(at(repository, "/access"), sent).status_code == 403
    made = api(owner).post(at(repository, "/access"), sent)

    assert (made.json()["state"], made.json()["organisation"]) == ("PENDING", "guild")
    one = at(repository, "/access-requests/guild")
    manager = api(repository.created_by)
    assert manager.put(one, {"state": "ACCEPTED"}).json()["organisation"] == "guild"
    assert api(reader).get(at(repository, "/access")).json()["state"] == "ACCEPTED"
    assert "All of guild are" in browser(reader).get(access).content.decode()
    assert manager.get(one).json()["rounds"] == []
    AccessRequest.objects.all().delete()
    nothing = manager.put(one, {"state": "ACCEPTED"})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "no_such_request")
    assert "guild has not asked" in nothing.json()["detail"]


def test_many_are_decided_at_once_and_each_is_told(mailoutbox):
    repository, other = gated(), gated()
    people = UserFactory.create_batch(3)
    for person in people:
        ask(person, repository)
    ask(people[0], other)
    decide(repository, people[0], AccessState.ACCEPTED)

    everything = AccessRequest.objects.all()
    changed = decide_many(repository, everything, AccessState.REJECTED, reason="Over.")

    assert changed == 3
    states = dict(repository.access_requests.values_list("user", "state"))
    assert states == {
        people[0].pk: "REVOKED",
        people[1].pk: "REJECTED",
        people[2].pk: "REJECTED",
    }
    assert other.access_requests.get().state == AccessState.PENDING
    assert AccessRound.objects.count() == 1  # of who had been let in
    assert (
        decide_many(repository, everything, AccessState.REJECTED, reason="Over.") == 0
    )
    assert "decide_many_requests" in acts(repository)
    send_letters(at=NOON + DAY, base_url=SITE)
    assert {to for letter in mailoutbox for to in letter.to} >= {
        person.email for person in people
    }


def test_only_who_manages_it_decides_of_many_and_with_a_reason_that_fits():
    repository, asker = gated(), UserFactory()
    ask(asker, repository)
    everything = AccessRequest.objects.all()

    with pytest.raises(PermissionDenied):
        decide_many(repository, everything, AccessState.ACCEPTED, actor=asker)
    with pytest.raises(Malformed, match="reason"):
        decide_many(repository, everything, AccessState.ACCEPTED, is_final=True)

    assert AccessRequest.objects.get().state == AccessState.PENDING
    assert decide_many(repository, everything, AccessState.ACCEPTED) == 1
    told = AuditRecord.objects.get(act="decide_access").details
    assert told["user"] == asker.username


@pytest.mark.parametrize("size", [2, 30])
def test_deciding_of_many_takes_the_same_queries_however_many(
    size, django_assert_num_queries
):
    repository = gated()
    for person in UserFactory.create_batch(size):
        ask(person, repository)

    # savepoints apart: the rows, the change, the record of it
    with django_assert_num_queries(6):
        assert decide_many(repository, AccessRequest.objects.all(), "ACCEPTED") == size


def test_owners_find_requests_and_decide_of_all_that_they_found(browser, api):
    repository = gated(card=CARD)
    names = ("Ornis", "Smew", "Ornis South")
    people = UserFactory.create_batch(3)
    for person, company in zip(people, names, strict=True):
        ask(person, repository, {**ANSWERS, "Company": company})
    page, requests = browser(repository.created_by), f"/datasets/{repository}/settings"
    found = page.get(f"{requests}/requests?q=ornis").content.decode()
    assert people[0].email in found
    assert people[1].email not in found
    told = page.get(f"{requests}/requests.csv?state=PENDING&q=smew").getvalue()
    rows = list(csv.reader(io.StringIO(told.decode())))
    assert [row[0] for row in rows[1:]] == [people[1].username]

    page.post(
        f"{requests}/requests/decide?state=PENDING&q=ornis",
        {"everything": "1", "state": "ACCEPTED"},
    )

    owner = api(repository.created_by)
    accepted = owner.get(at(repository, "/access-requests?state=ACCEPTED")).json()
    named = {row["user"] for row in accepted["results"]}
    assert named == {people[0].username, people[2].username}
    ids = [row["id"] for row in accepted["results"]]
    many = at(repository, "/access-requests")
    sent = {"state": "REVOKED", "reason": "Over.", "is_final": True}
    for wrong in ({}, {"requests": ids, "matching": {"state": "PENDING"}}):
        assert owner.post(many, {**sent, **wrong}).status_code == 400
    assert owner.post(many, {**sent, "requests": ids}).json() == {"changed": 2}
    with pytest.raises(services.AlreadyAsked):
        ask(people[0], repository, ANSWERS)
    found = owner.get(at(repository, f"/access-requests/{people[0].username}")).json()
    assert (found["state"], found["is_final"]) == ("REVOKED", True)
    assert [each["state"] for each in found["rounds"]] == ["ACCEPTED"]
    waiting = {"matching": {"state": "PENDING", "q": "\0smew"}, "state": "ACCEPTED"}
    assert owner.post(many, waiting).status_code == 400
