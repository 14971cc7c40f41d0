import hashlib
import re

import pytest

from marketplace.catalog.models import Gating, Repository
from marketplace.catalog.services import create_branch
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import (
    FILES,
    LARGE,
    ROWS,
    git_oid_of,
    pointer_of,
    put,
)

pytestmark = pytest.mark.django_db
OTHER = b"id\n4\n"
LATER = NOON.replace(hour=18)


def ask(client, repository, *below, **query):
    kind = repository.kind.lower()
    return client.get(f"/api/{kind}s/{repository}/{'/'.join(below)}", query)


def next_of(answer):
    found = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("Link", ""))
    return found and found[1]


def walked(client, answer):
    rows = answer.json()
    while following := next_of(answer):
        assert following.startswith("http://testserver/api/")
        answer = client.get(following)
        assert answer.status_code == 200
        rows += answer.json()
    return rows


def test_a_folder_tells_files_and_folders(api, dataset):
    answer = ask(api(), dataset, "tree/main")
    large = hashlib.sha256(LARGE).hexdigest()
    folder, readme, weights = answer.json()

    assert answer.headers["X-Repo-Commit"] == dataset.commits.get().oid
    assert "Link" not in answer.headers
    assert (folder["type"], folder["path"], folder["size"]) == ("directory", "data", 0)
    assert readme == {
        "type": "file",
        "oid": git_oid_of(FILES["README.md"]),
        "size": len(FILES["README.md"]),
        "path": "README.md",
    }
    assert weights == {
        "type": "file",
        "oid": git_oid_of(pointer_of(LARGE)),
        "size": len(LARGE),
        "path": "weights.bin",
        "lfs": {
            "oid": large,
            "size": len(LARGE),
            "pointerSize": len(pointer_of(LARGE)),
        },
    }


def test_below_a_folder(api, dataset):
    paths = [row["path"] for row in ask(api(), dataset, "tree/main/data").json()]
    escaped = ask(api(), dataset, "tree/main/data%2Fdeep").json()

    assert paths == ["data/deep", "data/rows.csv"]
    assert [row["path"] for row in escaped] == ["data/deep/more.csv"]


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_recursive_list_comes_in_pages_and_holds_all_once(size, api, dataset):
    client = api()

    answer = ask(client, dataset, "tree/main", recursive="True", limit=size)

    assert len(answer.json()) <= size
    assert sorted(row["path"] for row in walked(client, answer)) == sorted(
        ["data", "data/deep", *FILES]
    )


@pytest.mark.parametrize(("query", "queries"), [({}, 4), ({"expand": "true"}, 6)])
def test_a_page_costs_the_same_however_long(
    query, queries, api, dataset, django_assert_num_queries
):
    put(dataset, {f"many/{n}.txt": b"%d" % n for n in range(30)}, at=LATER)
    client = api()
    for size in (2, 30):
        asked = {"recursive": "true", "limit": size, **query}
        with django_assert_num_queries(queries):
            assert len(ask(client, dataset, "tree/main", **asked).json()) == size


def test_expanded_rows_tell_the_last_change(api, dataset):
    newer = put(dataset, {"data/rows.csv": b"id\n9\n"}, at=LATER)
    rows = ask(api(), dataset, "tree/main/data", expand="true").json()
    changed = {row["path"]: row["lastCommit"]["id"] for row in rows}

    assert changed["data/rows.csv"] == newer.oid
    assert changed["data/deep"] != newer.oid
    assert rows[1]["lastCommit"]["title"] == "Put files"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT18:00:00\.000Z", rows[1]["lastCommit"]["date"]
    )


def test_another_branch_holds_what_it_left_with(api, dataset):
    create_branch(
        dataset.created_by, repository=dataset, name="try/one", created_at=NOON
    )
    put(dataset, {"data/rows.csv": OTHER}, at=LATER, ref="try/one")

    def rows_of(revision):
        rows = ask(api(), dataset, f"tree/{revision}/data").json()
        return {row["path"]: row["oid"] for row in rows}["data/rows.csv"]

    assert rows_of("try%2Fone") == git_oid_of(OTHER)
    assert rows_of("main") == git_oid_of(ROWS)
    head = api().head(f"/datasets/{dataset}/resolve/try%2Fone/data/rows.csv")
    assert head.headers["ETag"] == f'"{git_oid_of(OTHER)}"'


@pytest.mark.parametrize(
    ("below", "code"),
    [
        ("tree/none", "RevisionNotFound"),
        ("tree/main/none", "EntryNotFound"),
        ("tree/main/README.md", "EntryNotFound"),
        ("tree/main/%00", "EntryNotFound"),
        ("tree/%00", "RevisionNotFound"),
        ("commits/none", "RevisionNotFound"),
        (f"tree/{'x' * 3000}", "RevisionNotFound"),
    ],
)
def test_what_is_not_there(below, code, api, dataset):
    answer = ask(api(), dataset, below)

    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, code)


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "nonsense"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "\uff11"},
        {"recursive": "maybe"},
        {"expand": "2"},
    ],
)
def test_nonsense_in_a_query_is_refused(query, api, dataset):
    answer = ask(api(), dataset, "tree/main", **query)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


def test_paths_are_told_in_one_answer_and_absent_ones_left_out(
    api, dataset, django_assert_num_queries
):
    client = api()
    paths = ["data/rows.csv", "data", "none.txt", "weights.bin", "\x00", "", "data/"]
    with django_assert_num_queries(7):  # one more for the large file: may they take it
        answer = client.post(
            f"/api/datasets/{dataset}/paths-info/main",
            "&".join(f"paths={path}" for path in paths).replace("\x00", "%00")
            + "&expand=true",
            content_type="application/x-www-form-urlencoded",
        )

    assert [row["path"] for row in answer.json()] == [
        "data",
        "weights.bin",
        "data/rows.csv",
    ]
    assert all("lastCommit" in row for row in answer.json())
    told = client.post(
        f"/api/datasets/{dataset}/paths-info/main", {"paths": paths[:1]}, format="json"
    )
    assert [row["path"] for row in told.json()] == paths[:1]


def test_large_files_at_paths_can_be_copied_by_who_may_take_them(api, dataset, model):
    one = {"paths": ["weights.bin", "README.md"]}
    digest = hashlib.sha256(LARGE).hexdigest()

    def hashes(repository, who=None):
        path = f"/api/{repository.plural}/{repository}/paths-info/main"
        rows = api(who).post(path, one, format="json").json()
        return {row["path"]: row.get("xetHash") for row in rows}

    assert hashes(dataset) == {"README.md": None, "weights.bin": digest}
    assert hashes(model, model.created_by)["weights.bin"] == digest
    Repository.objects.filter(pk=dataset.pk).update(gating=Gating.MANUAL)
    assert hashes(dataset) == {"README.md": None, "weights.bin": None}
    rows = ask(api(dataset.created_by), dataset, "tree/main", recursive="true").json()
    assert not any("xetHash" in row for row in rows)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"paths": ["x"] * 1001}, 413),
        ({"paths": [1]}, 400),
        ({"paths": {"a": 1}}, 400),
        ({"paths": ["x"], "expand": "odd"}, 400),
        ([], 400),
        ("text", 400),
        ({}, 200),
    ],
)
def test_odd_questions_about_paths(body, status, api, dataset):
    answer = api().post(f"/api/datasets/{dataset}/paths-info/main", body, format="json")

    assert answer.status_code == status


def test_refs(api, dataset):
    oid = dataset.commits.get().oid

    assert ask(api(), dataset, "refs").json() == {
        "branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": oid}],
        "converts": [],
        "tags": [{"name": "v1", "ref": "refs/tags/v1", "targetCommit": oid}],
    }
    assert ask(api(), dataset, "refs", include_prs=1).json()["pullRequests"] == []


def test_commits_the_newest_first_page_by_page(api, dataset):
    newer = put(dataset, {"more.txt": b"more"}, at=LATER)
    client = api()

    answer = client.get(
        f"/api/datasets/{dataset}/commits/main", {"limit": 1, "expand[]": "formatted"}
    )
    told = walked(client, answer)

    assert [row["id"] for row in told] == [newer.oid, newer.parents[0]]
    assert told[0]["title"] == told[0]["formatted"]["title"] == "Put files"
    assert told[0]["message"] == "And say why."
    assert told[0]["authors"] == [{"user": dataset.created_by.username}]
    assert told[0]["date"].endswith("T18:00:00.000Z")
    assert [
        row["id"] for row in ask(client, dataset, "commits/v1").json()
    ] == newer.parents


def test_a_repository_without_files_has_no_versions(api):
    empty = RepositoryFactory(public=True)
    answer = ask(api(), empty, "tree/main")

    assert (answer.status_code, answer.headers["X-Error-Code"]) == (
        404,
        "RevisionNotFound",
    )
    assert ask(api(), empty, "refs").json()["branches"] == []
