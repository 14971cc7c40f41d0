import pytest

from marketplace.catalog import services
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import AccessRequest, AccessState, Repository
from tests.catalog.conftest import EVERYONE
from tests.catalog.gating import ANSWERS, CARD, ask, gated
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


def at(repository, rest=""):
    return f"/api/v1/{repository.plural}/{repository}{rest}"


def test_the_gate_says_what_it_asks_and_how_one_stands(api):
    repository, asker = gated(card=CARD), UserFactory()
    nothing = dict.fromkeys(
        ("state", "reason", "organisation", "may_ask_again", "asked_at", "decided_at")
    )

    before = api().get(at(repository, "/access")).json()
    asked = api(asker).post(at(repository, "/access"), {"answers": ANSWERS})
    services.decide_access(
        repository.created_by,
        repository=repository,
        user=asker,
        state=AccessState.REJECTED,
        reason="Full.",
        decided_at=NOON,
    )
    after = api(asker).get(at(repository, "/access")).json()

    gate = before.pop("gate")
    assert before == {"gating": "MANUAL", **nothing}
    assert gate["heading"] == "Say who you are"
    assert gate["prompt"] == "You agree to **count** birds."
    assert gate["fields"][:2] == [
        {"label": "Company", "kind": "TEXT", "options": []},
        {"label": "Where you work", "kind": "COUNTRY", "options": []},
    ]
    assert asked.status_code == 201
    assert (asked.json()["state"], asked.json()["decided_at"]) == ("PENDING", None)
    assert (after["state"], after["reason"]) == ("REJECTED", "Full.")
    assert after["decided_at"] == "2026-01-01T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "bad_answer"),
        ({"answers": {"Company": "x"}}, "bad_answer"),
        ({"answers": {**ANSWERS, "More": "x"}}, "bad_answer"),
        ({"answers": []}, "invalid"),
        ({"answers": None}, "invalid"),
        ({"answers": {**ANSWERS, "Company": {"a": 1}}}, "bad_answer"),
    ],
)
def test_answers_that_will_not_do_are_refused(api, body, code):
    repository = gated(card=CARD)

    answer = api(UserFactory()).post(at(repository, "/access"), body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not AccessRequest.objects.exists()


def test_one_takes_ones_request_back(api):
    repository, asker = gated(), UserFactory()
    ask(asker, repository)

    assert api(asker).delete(at(repository, "/access")).status_code == 204
    again = api(asker).delete(at(repository, "/access"))

    assert (again.status_code, again.json()["code"]) == (404, "no_such_request")


def test_a_gate_is_shut_by_a_change_of_the_repository(api):
    repository = RepositoryFactory(public=True)
    owner = api(repository.created_by)

    changed = owner.patch(at(repository), {"gating": "AUTOMATIC", "title": "Birds"})
    wrong = owner.patch(at(repository), {"gating": "AJAR"})

    assert changed.json()["gating"] == "AUTOMATIC"
    assert wrong.status_code == 400
    repository.refresh_from_db()
    assert (repository.gating, repository.title) == ("AUTOMATIC", "Birds")


def test_owners_see_who_asked_and_let_them_in(api):
    repository, asker = gated(card=CARD), UserFactory(full_name="Maria P.")
    ask(asker, repository, ANSWERS)
    owner = api(repository.created_by)
    one = at(repository, f"/access-requests/{asker.username}")

    [waiting] = owner.get(at(repository, "/access-requests?state=PENDING")).json()[
        "results"
    ]
    let_in = owner.put(one, {"state": "ACCEPTED"})

    assert waiting == {
        "id": str(AccessRequest.objects.get().pk),
        "organisation": None,
        "attempt": 1,
        "is_final": False,
        "user": asker.username,
        "full_name": "Maria P.",
        "email": asker.email,
        "state": "PENDING",
        "answers": ANSWERS,
        "asked_at": "2026-01-01T12:00:00.000000Z",
        "decided_at": None,
        "decided_by": None,
        "reason": "",
    }
    assert let_in.json()["decided_by"] == repository.created_by.username
    assert api(asker).get(at(repository, "/files/a")).status_code == 302
    out = owner.put(one, {"state": "REJECTED", "reason": "No."})
    assert (out.json()["state"], out.json()["reason"]) == ("REVOKED", "No.")
    refused = api(asker).get(at(repository, "/files/a"))
    assert (refused.status_code, refused.json()["code"]) == (403, "gate_rejected")
    assert refused.json()["gate_url"] == f"/datasets/{repository}/access"


@pytest.mark.parametrize(
    ("person", "body", "status"),
    [
        ("none-such", {"state": "ACCEPTED"}, 404),
        ("stranger", {"state": "REJECTED"}, 404),
        ("stranger", {"state": "ELSE"}, 400),
        ("stranger", {"state": "ACCEPTED", "reason": "x" * 501}, 400),
        ("stranger", {}, 400),
    ],
)
def test_a_decision_that_cannot_be_decides_nothing(api, person, body, status):
    repository = gated()
    UserFactory(username="stranger")

    answer = api(repository.created_by).put(
        at(repository, f"/access-requests/{person}"), body
    )

    assert answer.status_code == status
    assert not AccessRequest.objects.exists()


LISTS = ["access-requests", "access-requests?state=ACCEPTED", "downloads"]


@pytest.mark.parametrize("rest", LISTS)
@pytest.mark.parametrize("size", [1, 12])
def test_lists_cost_the_same_queries_however_long(
    api, rest, size, django_assert_num_queries
):
    repository = gated()
    for person in UserFactory.create_batch(size):
        services.grant_access(
            repository.created_by,
            repository=repository,
            user=person,
            granted_at=NOON,
        )
        release_file(person, repository=repository, path="a", at=NOON)
    client = api(repository.created_by)

    # the limit, the repository, the rows
    with django_assert_num_queries(3):
        answer = client.get(at(repository, f"/{rest}"))

    assert len(answer.json()["results"]) == size


def test_lists_go_on_where_a_page_ended(api):
    repository = gated()
    people = UserFactory.create_batch(3)
    for person in people:
        ask(person, repository)
    client = api(repository.created_by)

    page = client.get(at(repository, "/access-requests?limit=2")).json()
    rest = client.get(page["next"]).json()

    named = [row["user"] for row in page["results"] + rest["results"]]
    assert sorted(named) == sorted(person.username for person in people)
    assert rest["next"] is None


def test_owners_see_who_took_what(api):
    repository = gated()
    owner = repository.created_by
    release_file(owner, repository=repository, path="a", at=NOON)

    [row] = api(owner).get(at(repository, "/downloads")).json()["results"]

    assert row == {
        "user": owner.username,
        "full_name": "",
        "path": "a",
        "sha256": repository.entries.get(name="a").blob_id,
        "at": "2026-01-01T12:00:00.000000Z",
    }


def test_a_state_that_is_none_is_refused(api):
    repository = gated()

    answer = api(repository.created_by).get(at(repository, "/access-requests?state=x"))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_move_it(api, repository, people, url, who):
    sent = {"namespace": repository.namespace.name, "name": "renamed"}
    wanted = {"owner": 200, "nobody": 401, "stranger": 404, "staff": 404}.get(who, 403)

    answer = api(people[who]).post(url("move"), sent)

    assert answer.status_code == wanted
    moved = Repository.objects.get(pk=repository.pk).name == "renamed"
    assert moved == (wanted == 200)


def test_a_former_address_leads_on_with_method_path_and_query(api):
    repository = RepositoryFactory(public=True, name="birds")
    commit(repository, {"data/a": "1"})
    owner = repository.created_by
    former = at(repository)
    answer = api(owner).post(
        f"{former}/move", {"namespace": owner.username, "name": "fowl"}
    )
    assert answer.json()["name"] == "fowl"

    for rest in ("", "/tree/main?path=data", "/files/data/a?revision=main"):
        for client in (api(), api(owner)):
            moved = client.get(former + rest)
            present = former.replace("birds", "fowl") + rest
            assert (moved.status_code, moved["Location"]) == (307, present)
            assert client.get(present).status_code in {200, 302}
    changed = api(owner).patch(former, {"title": "Else"})
    assert changed.status_code == 307
    repository.refresh_from_db()
    assert repository.title == "Birds"


def test_a_former_address_of_what_one_may_not_see_is_nothing(api):
    repository = RepositoryFactory(name="birds")
    owner = repository.created_by
    former = at(repository)
    services.move_repository(
        owner,
        repository=repository,
        namespace=owner.namespace,
        name="fowl",
        moved_at=NOON,
    )

    assert api(UserFactory()).get(former).status_code == 404
    assert api(owner).get(former).status_code == 307
