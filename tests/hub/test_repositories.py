"""Repositories made and taken away over the hub; branches, tags and squashes."""

import pytest

from marketplace.accounts.models import Role
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.services import move_repository
from marketplace.hub.patterns import ATTRIBUTES
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory, commit
from tests.hub.sending import api_path, client_of, sha256, tree

pytestmark = pytest.mark.django_db
CREATE, DELETE = "/api/repos/create", "/api/repos/delete"


@pytest.fixture
def ada():
    return UserFactory(username="ada")


@pytest.fixture
def client(ada):
    return client_of(ada)


def create(client, **said):
    body = {"name": "birds", "organization": None, **said}
    return client.post(CREATE, body, format="json")


def test_a_model_is_made_where_no_type_is_said_and_main_is_there(client, ada):
    answer = create(client)

    assert answer.status_code == 200
    assert answer.json()["url"] == "http://testserver/models/ada/birds"
    made = Repository.objects.get()
    assert (made.kind, made.visibility) == (Kind.MODEL, Visibility.PUBLIC)
    assert made.work.licence_id is None
    assert {path: digest for path, (digest, _) in tree(made).items()} == {
        ".gitattributes": sha256(ATTRIBUTES)
    }


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, Visibility.PUBLIC),
        ({"private": True}, Visibility.PRIVATE),
        ({"private": False}, Visibility.PUBLIC),
        ({"private": None}, Visibility.PUBLIC),
        ({"visibility": "private"}, Visibility.PRIVATE),
        ({"visibility": "public"}, Visibility.PUBLIC),
    ],
)
def test_old_and_new_clients_say_who_may_see_it(client, said, wanted):
    assert create(client, type="dataset", **said).status_code == 200
    assert Repository.objects.get().visibility == wanted


def test_what_is_there_already_is_told_with_its_address(client):
    first = create(client, type="dataset")
    again = create(client, type="dataset", name="BIRDS")

    assert again.status_code == 409
    assert again.json()["url"] == first.json()["url"]
    assert "is taken by a dataset" in again.json()["error"]
    assert Repository.objects.get().commits.count() == 1
    assert create(client, type="model").status_code == 200


def test_a_name_that_leads_to_what_is_hidden_is_taken_like_any_other(client, ada):
    eve, places = UserFactory(), {}
    for name in ("north", "south"):
        places[name] = OrganisationFactory(name=name)
        MembershipFactory(organisation=places[name], user=eve, role=Role.OWNER)
    MembershipFactory(organisation=places["north"], user=ada, role=Role.WRITER)
    hidden = RepositoryFactory(
        owner=eve, namespace=places["north"].namespace, name="birds"
    )
    move_repository(
        eve, repository=hidden, namespace="south", name="owls", moved_at=NOON
    )
    there = create(client, organization="north", type="dataset", name="seen").json()

    refused = create(client, organization="north", type="dataset")
    plain = create(client, organization="north", type="dataset", name="seen")
    own = client.post(
        "/api/v1/datasets", {"namespace": "north", "name": "birds"}, format="json"
    )

    assert (refused.status_code, plain.status_code, own.status_code) == (409, 409, 409)
    assert (plain.json()["url"], own.json()["code"]) == (there["url"], "name_taken")
    assert refused.json() == {
        name: said.replace("seen", "birds") for name, said in plain.json().items()
    }
    assert b"owls" not in refused.content + own.content
    assert Repository.objects.filter(name="birds").count() == 0


def test_organisations_have_repositories_of_their_writers(client, ada):
    society = OrganisationFactory(name="society")
    refused = create(client, organization="society")
    assert refused.status_code == 403
    MembershipFactory(organisation=society, user=ada, role=Role.WRITER)
    made = create(client, organization="Society")

    assert made.json()["url"] == "http://testserver/models/society/birds"
    assert create(client, organization="nowhere").status_code == 404


@pytest.mark.parametrize("kind", ["space", "kernel", "bucket"])
def test_what_this_site_has_none_of_is_said(client, kind):
    answer = create(client, type=kind, sdk="gradio")

    assert answer.status_code == 501
    assert answer["X-Error-Code"] == "NotImplemented"
    assert not Repository.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {"name": ""},
        {"name": None},
        {"name": "a/b"},
        {"name": "a--b"},
        {"name": "x.git"},
        {"name": "a\0b"},
        {"name": "x" * 97},
        {"name": ["a"]},
        {"visibility": "protected"},
        {"visibility": 7},
        {"private": "perhaps"},
        {"license": "no-such-licence"},
        {"type": {}},
    ],
    ids=str,
)
def test_a_repository_that_cannot_be_is_refused(client, said):
    answer = create(client, **said)

    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]
    assert not Repository.objects.exists()


def test_nobody_makes_anything():
    assert create(client_of()).status_code == 401


def test_what_one_manages_one_deletes(client, ada):
    repository = RepositoryFactory(owner=ada, name="birds")
    body = {"name": "birds", "organization": "ada", "type": "dataset"}
    stranger = client_of(UserFactory()).delete(DELETE, body, format="json")
    assert stranger.status_code == 404
    assert stranger["X-Error-Code"] == "RepoNotFound"

    assert client.delete(DELETE, body, format="json").status_code == 200
    repository.refresh_from_db()
    assert repository.deleted_at is not None
    again = client.delete(DELETE, body, format="json")
    assert again["X-Error-Code"] == "RepoNotFound"


def test_branches_and_tags_come_and_go(client, ada):
    repository = RepositoryFactory(owner=ada)
    first = commit(repository, {"a.txt": "1"})
    commit(repository, {"b.txt": "2"})
    branch, tag = api_path(repository, "branch"), api_path(repository, "tag")
    starting = {"startingPoint": first.oid}
    assert client.post(f"{branch}/dev%2Fx", starting, format="json").status_code == 200
    assert set(tree(repository, "dev/x")) == {"a.txt"}
    assert client.post(f"{branch}/dev%2Fx", {}, format="json").status_code == 409
    named = {"tag": "v1", "message": "The first"}
    assert client.post(f"{tag}/dev%2Fx", named, format="json").status_code == 200
    assert client.post(f"{tag}/main", named, format="json").status_code == 409
    absent = client.post(f"{tag}/nowhere", {"tag": "v2"}, format="json")
    assert absent.status_code == 404
    assert absent["X-Error-Code"] == "RevisionNotFound"

    assert client.delete(f"{branch}/dev%2Fx").status_code == 200
    assert client.delete(f"{branch}/dev%2Fx").status_code == 404
    assert client.delete(f"{branch}/main").status_code == 403
    assert set(tree(repository, "v1")) == {"a.txt"}
    assert client.delete(f"{tag}/v1").status_code == 200
    assert client.delete(f"{tag}/v1").status_code == 404
    assert set(tree(repository)) == {"a.txt", "b.txt"}


def test_a_squash_makes_one_commit_of_all(client, ada):
    repository = RepositoryFactory(owner=ada)
    for number in range(3):
        commit(repository, {f"{number}.txt": str(number)})
    path = api_path(repository, "super-squash", "main")
    before = tree(repository)
    refused = client_of(UserFactory()).post(path, {"message": "One"}, format="json")
    assert refused.status_code == 404
    assert client.post(path, {"message": "One"}, format="json").status_code == 200

    assert tree(repository) == before
    told = client.get(api_path(repository, "commits", "main")).json()
    assert [each["title"] for each in told] == ["One"]
