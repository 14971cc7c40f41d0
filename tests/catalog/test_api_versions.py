from datetime import timedelta

import pytest

from marketplace.catalog.models import Ref
from tests.catalog.conftest import EVERYONE
from tests.catalog.test_api_repositories import MAY, status_for
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
VIEW, CHANGE = "catalog.view_repository", "catalog.change_repository"


def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["path"] for row in answer.json()["results"]]


def test_a_folder_shows_folders_first_then_files_by_name(api, repository, people, url):
    commit(repository, {"b": "1", "a": "22", "z/x/y": "333", "B": "1", "z/w": "4"})
    client = api(people["viewer"])

    rows = client.get(url("tree", "main")).json()["results"]

    assert [(row["kind"], row["path"]) for row in rows] == [
        ("DIRECTORY", "z"),
        ("FILE", "B"),
        ("FILE", "a"),
        ("FILE", "b"),
    ]
    assert (rows[0]["file_count"], rows[0]["size_bytes"]) == (2, 4)
    assert rows[0]["sha256"] is None
    assert len(rows[0]["oid"]) == 40
    assert len(rows[2]["sha256"]) == 64
    assert names(client.get(url("tree", "main") + "?path=z")) == ["z/x", "z/w"]
    assert names(client.get(url("tree", "main") + "?path=z/x/")) == ["z/x/y"]


def test_a_tree_is_read_at_any_revision(api, repository, people, url):
    first = commit(repository, {"a": "1", "old/x": "1"})
    api(people["writer"]).post(url("tags"), {"name": "v1"})
    commit(repository, {"a": None, "old/x": None, "b": "2"})
    client = api(people["viewer"])

    assert names(client.get(url("tree", "main"))) == ["b"]
    assert names(client.get(url("tree", "v1"))) == ["old", "a"]
    assert names(client.get(url("tree", first.oid))) == ["old", "a"]
    gone = client.get(url("tree", "main") + "?path=old")
    assert (gone.status_code, gone.json()["code"]) == (404, "folder_not_found")
    assert names(client.get(url("tree", "v1") + "?path=old")) == ["old/x"]


@pytest.mark.parametrize("size", [1, 20])
def test_a_folder_takes_the_same_queries_however_long(
    api, django_assert_num_queries, size
):
    repository = RepositoryFactory(public=True)
    commit(repository, {f"a/{number}": "1" for number in range(size)})

    with django_assert_num_queries(5):  # count, repository, commit, folder, entries
        answer = api().get(f"/api/v1/datasets/{repository}/tree/main?path=a")

    assert len(names(answer)) == size


def test_a_long_folder_is_paged(api, repository, people, url):
    commit(repository, {f"{number:02}": "1" for number in range(7)} | {"d/x": "1"})
    address, seen = url("tree", "main") + "?limit=3", []
    while address:
        page = api(people["viewer"]).get(address)
        seen += names(page)
        address = page.json()["next"]
    assert seen == ["d", *(f"{number:02}" for number in range(7))]


def test_a_new_repository_has_an_empty_tree_and_no_commits(api, people, url):
    client = api(people["viewer"])
    assert names(client.get(url("tree", "main"))) == []
    assert client.get(url("commits")).json() == {"results": [], "next": None}
    assert client.get(url("tree", "v1")).status_code == 404
    assert client.get(url("tree", "main") + "?path=x").status_code == 404


def test_commits_are_listed_newest_first_up_to_a_revision(api, repository, people, url):
    made = [
        commit(repository, {f"{number}": "x"}, at=NOON + timedelta(days=number))
        for number in range(3)
    ]
    client = api(people["viewer"])

    rows = client.get(url("commits")).json()["results"]

    assert [row["oid"] for row in rows] == [one.oid for one in reversed(made)]
    assert rows[0]["committed_at"] == "2026-01-03T12:00:00.000000Z"
    early = client.get(url("commits") + f"?revision={made[1].oid}").json()["results"]
    assert [row["oid"] for row in early] == [made[1].oid, made[0].oid]


def test_the_history_of_a_file_has_what_changed_it_alone(api, repository, people, url):
    put = commit(repository, {"a": "1", "b": "1", "d/x": "1"})
    changed = commit(repository, {"a": "2"})
    commit(repository, {"b": "2"})
    removed = commit(repository, {"a": None})
    below = commit(repository, {"d/y": "1"})
    client = api(people["viewer"])

    def of(path):
        rows = client.get(url("commits") + f"?path={path}").json()["results"]
        return [row["oid"] for row in rows]

    assert of("a") == [removed.oid, changed.oid, put.oid]
    assert of("d") == [below.oid, put.oid]
    assert of("nothing") == []


@pytest.mark.parametrize("size", [1, 20])
def test_commits_take_the_same_queries_however_many(
    api, django_assert_num_queries, size
):
    repository = RepositoryFactory(public=True)
    for number in range(size):
        commit(repository, {f"{number}": "1"})

    with django_assert_num_queries(5):  # count, repository, head twice, commits
        rows = api().get(f"/api/v1/datasets/{repository}/commits").json()["results"]

    assert len(rows) == size


@pytest.mark.parametrize("who", EVERYONE)
@pytest.mark.parametrize("below", [("tree", "main"), ("commits",), ("tags",)])
def test_who_may_look_at_versions(api, repository, people, url, who, below):
    commit(repository, {"a": "1"})
    expected = status_for(who, VIEW, granted=200)
    assert api(people[who]).get(url(*below)).status_code == expected


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_tag_and_untag(api, repository, people, url, who):
    made = commit(repository, {"a": "1"})
    is_nobody = who == "nobody"
    expected = 401 if is_nobody else status_for(who, CHANGE, granted=201)

    answer = api(people[who]).post(url("tags"), {"name": "v1.0"})

    assert answer.status_code == expected
    assert Ref.objects.filter(kind="TAG").exists() is (expected == 201)
    if expected == 201:
        assert answer.json()["commit"] == made.oid
    repository.refs.get_or_create(
        name="v1.0", defaults={"kind": "TAG", "commit": made, "created_at": NOON}
    )
    untagged = api(people[who]).delete(url("tags", "v1.0"))
    may = CHANGE in MAY[who]
    assert untagged.status_code == (204 if may else expected)
    assert Ref.objects.filter(kind="TAG").exists() is not may


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "v1"}, 409, "tag_taken"),
        ({"name": "main"}, 409, "tag_taken"),
        ({"name": "a b"}, 400, "bad_ref"),
        ({"name": "-a"}, 400, "bad_ref"),
        ({"name": "refs/x"}, 400, "bad_ref"),
        ({"name": "a" * 40}, 400, "bad_ref"),
        ({"name": ""}, 400, "invalid"),
        ({"name": "v2", "revision": "nothing"}, 404, "revision_not_found"),
        ({"name": "v2", "revision": "f" * 40}, 404, "revision_not_found"),
    ],
)
def test_a_tag_that_cannot_be_is_refused(
    api, repository, people, url, body, status, code
):
    commit(repository, {"a": "1"})
    owner = api(people["owner"])
    owner.post(url("tags"), {"name": "v1"})

    answer = owner.post(url("tags"), body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Ref.objects.filter(kind="TAG").count() == 1


def test_a_tag_stays_with_its_commit_and_main_cannot_be_untagged(
    api, repository, people, url
):
    first = commit(repository, {"a": "1"})
    owner = api(people["owner"])
    owner.post(url("tags"), {"name": "v1"})
    commit(repository, {"a": "2"})

    tags = owner.get(url("tags")).json()["results"]

    assert [(tag["name"], tag["commit"]) for tag in tags] == [("v1", first.oid)]
    assert owner.delete(url("tags", "main")).status_code == 404
    assert owner.delete(url("tags", "v9")).status_code == 404
