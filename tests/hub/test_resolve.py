import hashlib

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.accounts.services import issue_token
from marketplace.catalog.models import Download
from marketplace.kit.signing import verify_url
from tests.factories.accounts import UserFactory
from tests.hub.conftest import LARGE, ROWS, git_oid_of

pytestmark = pytest.mark.django_db


def at(repository, path="data/rows.csv", revision="main"):
    prefix = "/datasets" if repository.kind == "DATASET" else ""
    return f"{prefix}/{repository}/resolve/{revision}/{path}"


def told(answer):
    return {
        name: answer.headers.get(name)
        for name in ("ETag", "X-Linked-Size", "X-Linked-ETag", "Content-Length")
    }


def test_head_tells_of_a_small_file_by_gits_id(api, dataset):
    answer = api().head(at(dataset))

    assert answer.status_code == 200
    assert answer.content == b""
    assert "Location" not in answer.headers
    assert answer.headers["X-Repo-Commit"] == dataset.commits.get().oid
    assert answer.headers["Content-Type"] == "text/csv"
    assert told(answer) == {
        "ETag": f'"{git_oid_of(ROWS)}"',
        "X-Linked-Size": str(len(ROWS)),
        "X-Linked-ETag": None,
        "Content-Length": str(len(ROWS)),
    }


def test_head_tells_of_a_large_file_by_its_sha256(api, dataset):
    etag = f'"{hashlib.sha256(LARGE).hexdigest()}"'

    answer = api().head(at(dataset, "weights.bin"))

    assert told(answer) == {
        "ETag": etag,
        "X-Linked-Size": str(len(LARGE)),
        "X-Linked-ETag": etag,
        "Content-Length": str(len(LARGE)),
    }


def test_head_of_a_public_file_takes_at_most_three_queries(
    api, dataset, django_assert_num_queries
):
    api().head(at(dataset))
    with django_assert_num_queries(2):
        assert api().head(at(dataset)).status_code == 200
    oid = dataset.commits.get().oid
    with django_assert_num_queries(2):
        assert api().head(at(dataset, revision=oid)).status_code == 200


def test_a_token_costs_one_query_more(dataset, django_assert_num_queries):
    _, secret = issue_token(
        UserFactory(),
        label="laptop",
        scopes=["read"],
        expires_at=None,
        issued_at=timezone.now(),
    )
    asked = {"headers": {"Authorization": f"Bearer {secret}"}}
    Client().head(at(dataset), **asked)  # notes that the token is used

    with django_assert_num_queries(3):
        assert Client().head(at(dataset), **asked).status_code == 200


@pytest.mark.parametrize("revision", ["main", "v1", "the commit"])
@pytest.mark.parametrize("ask", ["head", "get"])
def test_a_file_that_is_not_there_costs_one_query(
    ask, revision, api, dataset, django_assert_num_queries
):
    commit = dataset.commits.get().oid
    revision = commit if revision == "the commit" else revision
    path = at(dataset, "data/absent.csv", revision=revision)
    getattr(api(), ask)(path)

    with django_assert_num_queries(1):
        answer = getattr(api(), ask)(path)

    assert answer.status_code == 404
    assert answer.headers["X-Error-Code"] == "EntryNotFound"
    assert answer.headers["X-Repo-Commit"] == commit


def test_get_leads_to_the_bytes_by_a_signed_address(api, dataset, settings):
    answer = api().get(at(dataset))
    address, _, query = answer.headers["Location"].partition("?")
    base, _, path = address.partition("/blobs/")

    assert answer.status_code == 302
    assert base == settings.STOA.files_url
    assert path == hashlib.sha256(ROWS).hexdigest()
    signed = verify_url(
        f"/blobs/{path}",
        query,
        keys=settings.STOA.secret_keys,
        now=timezone.now().timestamp(),
    )
    assert signed["type"] == "text/csv"
    assert answer.headers["X-Repo-Commit"] == dataset.commits.get().oid
    assert told(answer)["ETag"] == f'"{git_oid_of(ROWS)}"'


@pytest.mark.parametrize(
    ("revision", "path", "code"),
    [
        ("v2", "data/rows.csv", "RevisionNotFound"),
        ("0" * 40, "data/rows.csv", "RevisionNotFound"),
        ("refs/pr/1", "data/rows.csv", "RevisionNotFound"),
        ("refs%2Fpr%2F1", "data/rows.csv", "RevisionNotFound"),
        ("a" * 5000, "data/rows.csv", "RevisionNotFound"),
        ("%00", "data/rows.csv", "RevisionNotFound"),
        ("main", "data", "EntryNotFound"),
        ("main", "data/", "EntryNotFound"),
        ("main", "data%2Fnone", "EntryNotFound"),
        ("main", "%00", "EntryNotFound"),
        ("main", "../../etc/passwd", "EntryNotFound"),
        ("main", "x/" * 600, "EntryNotFound"),
        ("main", "\udcff".encode(errors="surrogateescape").hex(), "EntryNotFound"),
    ],
)
@pytest.mark.parametrize("ask", ["head", "get"])
def test_what_is_not_there_is_told_apart(ask, revision, path, code, api, dataset):
    answer = getattr(api(), ask)(at(dataset, path, revision))

    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, code)
    assert answer.headers["X-Error-Message"].isascii()


@pytest.mark.parametrize("path", ["data%2Frows.csv", "data/rows.csv", "/data/rows.csv"])
@pytest.mark.parametrize(
    "revision", ["main", "v1", "refs/heads/main", "refs%2Ftags%2Fv1"]
)
def test_slashes_may_be_escaped(path, revision, api, dataset):
    assert api().head(at(dataset, path, revision)).status_code == 200


def test_a_hidden_repository_and_none_at_all_look_the_same(api, model):
    stranger = UserFactory()
    hidden = at(model)
    absent = hidden.replace("/net/", "/nut/")
    for who, status in ((None, 401), (stranger, 404)):
        for path in (hidden, absent):
            answer = api(who).get(path)
            assert answer.status_code == status
            assert answer.headers["X-Error-Code"] == "RepoNotFound"
            assert "X-Repo-Commit" not in answer.headers
    one, other = (api(stranger).get(path).json()["error"] for path in (hidden, absent))
    assert one.replace("/net", "/nut") == other


def test_its_owner_takes_a_private_file_by_any_spelling_of_its_name(api, model):
    path = at(model, "weights.bin").replace("/net/", "/NET/")

    assert api(model.created_by).head(path).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=0-3", 302),
        ("bytes=5-", 302),
        ("bytes=-4", 302),
        ("bytes=0-99999", 302),
        ("items=0-3", 302),
        ("bytes=99999-", 416),
        ("bytes=5-2", 416),
        ("bytes=a-b", 416),
        ("bytes=0-1,4-5", 416),
        ("bytes", 416),
        ("bytes=", 416),
        ("bytes=-", 416),
        ("bytes=" + "9" * 400 + "-", 416),
        ("bytes=-0", 416),
    ],
)
def test_a_range_that_cannot_be_served_is_refused(asked, status, api, dataset):
    answer = api().get(at(dataset), headers={"Range": asked})

    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(ROWS)}"
        assert api().head(at(dataset), headers={"Range": asked}).status_code == 200


@pytest.mark.parametrize("ask", ["head", "get"])
def test_what_a_client_has_already_is_not_sent_again(ask, api, dataset):
    etag = f'W/"{git_oid_of(ROWS)}"'

    answer = getattr(api(), ask)(at(dataset), headers={"If-None-Match": etag})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == etag.removeprefix("W/")


def test_only_taking_a_file_from_its_start_counts(api, dataset):
    api().head(at(dataset))
    api().get(at(dataset), headers={"Range": "bytes=4-"})
    assert Download.objects.count() == 0

    api().get(at(dataset))

    assert Download.objects.filter(repository=dataset).count() == 1


def test_nothing_is_ever_compressed(api, dataset):
    answer = api().get(at(dataset), headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
