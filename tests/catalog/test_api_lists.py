import json
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from marketplace.accounts.models import Scope
from marketplace.catalog.models import Repository, Visibility
from tests.factories.accounts import (
    NOON,
    ApiTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
LIST = "/api/v1/datasets"


def bearer(user, *, scopes=tuple(Scope.values)) -> APIClient:
    ApiTokenFactory(user=user, secret=f"stoa_{user.pk}", scopes=list(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer stoa_{user.pk}")
    return client


@pytest.mark.parametrize("size", [1, 20])
def test_a_list_takes_two_queries_for_nobody_however_long(
    api, django_assert_num_queries, size
):
    RepositoryFactory.create_batch(size, public=True)

    with django_assert_num_queries(2):  # the request's count, and the list
        answer = api().get(LIST)

    assert answer.headers["Content-Type"] == "application/json"
    assert len(answer.json()["results"]) == size


@pytest.mark.parametrize("size", [1, 20])
def test_a_list_takes_three_queries_with_a_token_however_long(
    django_assert_num_queries, size
):
    member = UserFactory()
    RepositoryFactory.create_batch(size, owner=member)
    client = bearer(member)
    client.get(LIST)  # notes that the token is used, once a minute

    with django_assert_num_queries(3):  # the token, the request's count, and the list
        rows = client.get(LIST).json()["results"]

    assert len(rows) == size


@pytest.mark.parametrize("size", [1, 20])
def test_a_search_takes_one_query_more(api, django_assert_num_queries, size):
    RepositoryFactory.create_batch(size, public=True)
    api().get("/api/v1/search")

    with django_assert_num_queries(3):
        found = api().get("/api/v1/search").json()

    assert found["count"] == len(found["results"]) == size


def test_pages_are_linked_until_the_last(api):
    made = [
        RepositoryFactory(public=True, created_at=NOON + timedelta(seconds=number))
        for number in range(5)
    ]
    url, seen = f"{LIST}?limit=2&sort=newest", []
    while url:
        page = api().get(url).json()
        seen += [row["name"] for row in page["results"]]
        url = page["next"]
        assert url is None or url.startswith("http://testserver/api/v1/datasets?")

    assert seen == [one.name for one in reversed(made)]


def test_datasets_and_models_have_lists_of_their_own_and_one_search(api):
    RepositoryFactory(public=True, name="d")
    RepositoryFactory(public=True, name="m", model=True)

    def names(url):
        return {row["name"] for row in api().get(url).json()["results"]}

    assert names("/api/v1/datasets") == {"d"}
    assert names("/api/v1/models") == {"m"}
    assert names("/api/v1/search") == {"d", "m"}
    assert names("/api/v1/search?kind=model") == {"m"}
    assert names("/api/v1/datasets?kind=model") == {"d"}


def test_a_search_answers_what_its_schema_says(api):
    repository = RepositoryFactory(public=True, title="Wine")
    commit(repository, {"README.md": "---\nlanguage: el\n---\n"})

    found = api().get("/api/v1/search?q=wine").json()

    assert (found["count"], found["count_cap"], found["next"]) == (1, 10_000, None)
    assert found["facets"]["language"] == [{"value": "el", "count": 1}]
    assert set(found["facets"]) == {
        "kind",
        "task",
        "licence",
        "allows",
        "modality",
        "language",
        "format",
        "owner",
        "price",
        "size",
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("sort=best", "sort"),
        ("sort=relevance", "sort"),
        ("price=cheap", "price"),
        ("visibility=secret", "visibility"),
        ("cursor=x", "cursor"),
        ("q=a%00b", "q"),
        ("task=%00", "task"),
        ("q=a&q=b", "q"),
        (f"q={'x' * 401}", "q"),
        ("&".join(["tag=a"] * 21), "tag"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_its_parameter(api, query, said):
    for path in (LIST, "/api/v1/search"):
        answer = api().get(f"{path}?{query}")

        assert answer.status_code == 400, answer.content
        assert answer.json()["detail"].startswith(f"{said}:") or said in query
        assert set(answer.json()) >= {"code", "detail"}


@pytest.mark.parametrize("query", ["", "q=", "owner=&task=&limit=5", "unknown=1"])
def test_empty_and_unknown_parameters_change_nothing(api, query):
    RepositoryFactory(public=True)
    assert len(api().get(f"{LIST}?{query}").json()["results"]) == 1


def test_a_token_without_read_is_refused_and_not_shown_less():
    answer = bearer(UserFactory(), scopes=[Scope.RUN_WRITE]).get(LIST)

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


def test_creating_makes_an_empty_repository_with_a_work(api):
    maria = UserFactory(username="maria")
    body = {
        "namespace": "Maria",
        "name": "Birds.v1",
        "licence": "cc-by-4.0",
        "title": "Birds",
        "summary": "All of them",
        "visibility": "PUBLIC",
    }

    answer = api(maria).post(LIST, body)

    assert answer.status_code == 201, answer.content
    made = answer.json()
    repository = Repository.objects.get()
    assert repository.work.owner.user == maria
    assert repository.work.is_listed
    assert made == {
        "kind": "DATASET",
        "namespace": "maria",
        "name": "Birds.v1",
        "title": "Birds",
        "summary": "All of them",
        "visibility": "PUBLIC",
        "licence": "CC-BY-4.0",
        "price": None,
        "tasks": [],
        "modalities": [],
        "languages": [],
        "tags": [],
        "size_category": "",
        "size_bytes": 0,
        "file_count": 0,
        "downloads": 0,
        "gating": "OPEN",
        "likes": 0,
        "archived": False,
        "flagged": False,
        "head": None,
        "id": str(repository.pk),
        "work": str(repository.work_id),
        "created_by": "maria",
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "rights": ["change", "manage", "view"],
    }


def test_creating_again_with_the_same_key_makes_one(api):
    maria = UserFactory()
    body = {"namespace": maria.username, "name": "a"}
    answers = [
        api(maria).post(LIST, body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Repository.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("nobody", 401),
        ("stranger", 403),
        ("reader", 403),
        ("writer", 201),
        ("owner", 201),
    ],
)
def test_who_may_create_in_an_organisation(api, who, status):
    owner = UserFactory()
    organisation = OrganisationFactory(owner=owner)
    people = {"nobody": None, "stranger": UserFactory(), "owner": owner}
    for role in ("reader", "writer"):
        people[role] = MembershipFactory(
            organisation=organisation, role=role.upper()
        ).user
    body = {"namespace": organisation.namespace.name, "name": "a"}

    answer = api(people[who]).post(LIST, body)

    assert answer.status_code == status, answer.content
    assert Repository.objects.exists() is (status == 201)


def test_creating_takes_the_scope_of_writing():
    maria = UserFactory()
    body = {"namespace": maria.username, "name": "a"}

    answer = bearer(maria, scopes=[Scope.READ]).post(LIST, body)

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert not Repository.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "a b"}, 400, "bad_name"),
        ({"name": ".a"}, 400, "bad_name"),
        ({"name": "a-"}, 400, "bad_name"),
        ({"name": "a--b"}, 400, "bad_name"),
        ({"name": "a..b"}, 400, "bad_name"),
        ({"name": "a.git"}, 400, "bad_name"),
        ({"name": "a.GIT"}, 400, "bad_name"),
        ({"name": "ä"}, 400, "bad_name"),
        ({"name": "x" * 97}, 400, "invalid"),
        ({"name": ""}, 400, "invalid"),
        ({"name": "a\0"}, 400, "invalid"),
        ({"name": "TAKEN"}, 409, "name_taken"),
        ({"namespace": "nobody-here"}, 404, "not_found"),
        ({"licence": "my-own"}, 400, "unknown_licence"),
        ({"licence": "MIT OR Apache-2.0"}, 400, "unknown_licence"),
        ({"visibility": "SECRET"}, 400, "invalid"),
        ({"title": "a\nb"}, 400, "invalid"),
        ({"title": "x" * 201}, 400, "invalid"),
        ({"summary": "x" * 501}, 400, "invalid"),
    ],
)
def test_what_cannot_be_created_is_refused_and_leaves_nothing(
    api, change, status, code
):
    maria = UserFactory()
    RepositoryFactory(owner=maria, name="taken")
    body = {"namespace": maria.username, "name": "fine", **change}

    answer = api(maria).post(LIST, json.dumps(body), content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert Repository.objects.count() == 1


def test_a_name_is_free_again_for_the_other_kind_and_after_deletion(api):
    maria = UserFactory()
    body = {"namespace": maria.username, "name": "a"}
    assert api(maria).post(LIST, body).status_code == 201
    assert api(maria).post("/api/v1/models", body).status_code == 201

    api(maria).delete(f"{LIST}/{maria.username}/a")

    assert api(maria).post(LIST, body).status_code == 201
    restored = api(maria).post(f"{LIST}/{maria.username}/a/restore")
    assert (restored.status_code, restored.json()["code"]) == (409, "name_taken")
    assert Repository.objects.filter(visibility=Visibility.PRIVATE).count() == 3
