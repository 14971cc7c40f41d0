"""Collections over the wire, as `HfApi` makes, fills and reads them."""

import pytest

from marketplace.community.models import Collection, CollectionItem
from marketplace.hub.views import collections
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory(full_name="Ada L.")


@pytest.fixture
def wire(api, owner):
    """Ask for collections; return status and JSON."""

    def sent(method, rest="", body=None, *, user=None):
        ask = getattr(api(user or owner), method)
        answer = ask(f"/api/collections{rest}", body)
        return answer.status_code, answer.json()

    return sent


@pytest.fixture
def slug(wire, owner):
    asked = {"title": "Birds of Attica", "namespace": owner.username, "private": False}
    return wire("post", "", asked)[1]["slug"]


def put(wire, slug, repository, **rest):
    item = {"id": str(repository), "type": repository.kind.lower()}
    return wire("post", f"/{slug}/items", {"item": item, **rest})


def test_a_collection_is_made_and_read_back(wire, owner):
    asked = {
        "title": "Birds of Attica",
        "namespace": owner.username.upper(),
        "private": True,
        "description": "Seen from the porch.",
    }

    status, made = wire("post", "", asked)

    assert status == 200
    key = Collection.objects.get().key
    assert made["slug"] == f"{owner.username}/birds-of-attica-{key}"
    assert made["owner"]["name"] == owner.username
    assert (made["private"], made["theme"], made["upvotes"]) == (True, "orange", 0)
    assert (made["position"], made["items"]) == (0, [])
    assert made["lastUpdated"].endswith("Z")
    assert wire("get", f"/{made['slug']}")[1] == made


def test_a_title_that_is_there_says_where(wire, owner, slug):
    asked = {"title": "birds OF attica", "namespace": owner.username}

    status, told = wire("post", "", asked)

    assert (status, told["slug"]) == (409, slug)


def test_things_are_put_in_annotated_ordered_and_taken_out(wire, slug):
    first, second = (
        RepositoryFactory(public=True),
        RepositoryFactory(public=True, model=True),
    )
    put(wire, slug, first)
    told = put(wire, slug, second, note="Loud.")[1]

    assert [(each["type"], each["id"]) for each in told["items"]] == [
        ("dataset", str(first)),
        ("model", str(second)),
    ]
    assert [each["position"] for each in told["items"]] == [0, 1]
    assert "note" not in told["items"][0]
    assert told["items"][1]["note"] == {"text": "Loud."}
    last = told["items"][1]["_id"]
    assert wire("patch", f"/{slug}/items/{last}", {"position": 0, "note": ""})[0] == 200
    told = wire("get", f"/{slug}")[1]
    assert [each["id"] for each in told["items"]] == [str(second), str(first)]
    assert "note" not in told["items"][0]
    assert wire("delete", f"/{slug}/items/{last}")[0] == 200
    assert wire("delete", f"/{slug}/items/{last}")[0] == 404
    assert CollectionItem.objects.get().repository == first


def test_what_is_in_it_already_is_409_and_what_is_not_there_404(wire, slug):
    repository = RepositoryFactory(public=True)
    put(wire, slug, repository)

    assert put(wire, slug, repository)[0] == 409
    assert put(wire, slug, RepositoryFactory())[0] == 404
    item = {"id": f"datasets/{repository}", "type": "dataset"}
    assert wire("post", f"/{slug}/items", {"item": item})[0] == 409
    for kind in ("space", "paper", "collection", "bucket"):
        item = {"id": "a/b", "type": kind}
        assert wire("post", f"/{slug}/items", {"item": item})[0] == 501
    assert CollectionItem.objects.count() == 1


def test_what_is_said_of_it_is_changed_and_its_former_address_still_leads_there(
    wire, slug
):
    asked = {"title": "Owls", "private": True, "theme": "pink", "position": 0}

    status, told = wire("patch", f"/{slug}", asked)

    assert (status, told["success"]) == (200, True)
    told = told["data"]
    assert (told["title"], told["private"], told["theme"]) == ("Owls", True, "pink")
    assert told["slug"] != slug
    assert wire("get", f"/{slug}")[1] == told


def test_it_is_deleted_once(wire, slug):
    assert wire("delete", f"/{slug}")[0] == 200
    assert wire("delete", f"/{slug}")[0] == 404
    assert not Collection.objects.exists()


def test_others_read_what_is_public_and_change_nothing(wire, slug):
    stranger = UserFactory()

    assert wire("get", f"/{slug}", user=stranger)[0] == 200
    assert wire("patch", f"/{slug}", {"title": "Mine"}, user=stranger)[0] == 403
    assert wire("delete", f"/{slug}", user=stranger)[0] == 403
    asked = {"title": "Theirs", "namespace": slug.partition("/")[0]}
    assert wire("post", "", asked, user=stranger)[0] == 403
    wire("patch", f"/{slug}", {"private": True})
    assert wire("get", f"/{slug}", user=stranger)[0] == 404
    assert wire("get", "", user=stranger)[1] == []
    assert Collection.objects.get().title == "Birds of Attica"


@pytest.mark.parametrize("many", [1, 5])
def test_lists_come_by_pages_with_the_first_of_what_is_in_them(
    wire, api, monkeypatch, django_assert_num_queries, many
):
    monkeypatch.setattr(collections, "LARGEST_SIZE", 4)
    repositories = RepositoryFactory.create_batch(5, public=True)
    hidden = RepositoryFactory()
    for number in range(many):
        user = UserFactory()
        asked = {"title": f"No {number}", "namespace": user.username}
        slug = wire("post", "", asked, user=user)[1]["slug"]
        for repository in repositories:
            item = {"id": str(repository), "type": "dataset"}
            wire("post", f"/{slug}/items", {"item": item}, user=user)

    with django_assert_num_queries(3):  # one counts requests
        answer = api().get("/api/collections?limit=100&sort=trending")

    told = answer.json()
    assert len(told) == min(many, 4)
    assert all(len(each["items"]) == 4 for each in told)
    assert all("position" not in each for each in told)
    assert ("Link" in answer) is (many > 4)
    assert str(hidden) not in answer.content.decode()


def test_lists_are_narrowed_by_owner_and_item(wire, owner, slug):
    repository = RepositoryFactory(public=True)
    put(wire, slug, repository)
    other = UserFactory()
    wire("post", "", {"title": "Empty", "namespace": other.username}, user=other)

    def slugs(query):
        return [each["slug"] for each in wire("get", f"?{query}")[1]]

    assert slugs(f"item=datasets/{repository}") == [slug]
    assert slugs(f"owner={owner.username}") == [slug]
    assert len(slugs(f"owner={owner.username}&owner={other.username}")) == 2
    for nothing in ("item=datasets/a/b", "item=papers/1", "item=%00", "owner=%00"):
        assert slugs(nothing) == []


@pytest.mark.parametrize("query", ["sort=x", "limit=0", "limit=x", "cursor=x"])
def test_a_list_asked_for_wrongly_is_refused(wire, query):
    assert wire("get", f"?{query}")[0] == 400


def test_too_many_names_are_refused(wire):
    assert wire("get", "?" + "&owner=a" * 30)[0] == 400


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("post", "", {}),
        ("post", "", []),
        ("post", "", {"title": "\0", "namespace": "x"}),
        ("patch", "/{slug}", {"title": ""}),
        ("patch", "/{slug}", {"title": "x" * 101}),
        ("patch", "/{slug}", {"theme": "puce"}),
        ("patch", "/{slug}", {"position": -1}),
        ("patch", "/{slug}", {"position": 10**9}),
        ("patch", "/{slug}", {"private": "perhaps"}),
        ("post", "/{slug}/items", {}),
        ("post", "/{slug}/items", {"item": "x"}),
        ("post", "/{slug}/items", {"item": {"id": 1}}),
    ],
)
def test_malformed_bodies_are_refused_and_change_nothing(
    wire, slug, method, rest, body
):
    status, told = wire(method, rest.format(slug=slug), body)

    assert status == 400
    assert told["error"]
    assert Collection.objects.get().title == "Birds of Attica"


@pytest.mark.parametrize(
    "address", ["a/b", "a/" + "0" * 24, "%00/x", "a/%00", "a/" + "x" * 500]
)
def test_what_is_not_there_is_404(wire, address):
    assert wire("get", f"/{address}")[0] == 404
    assert wire("delete", f"/{address}")[0] == 404
