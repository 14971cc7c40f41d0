import hashlib
import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from rest_framework.test import APIClient

from licensing.services import accept_terms, place_order
from marketplace.catalog import queries
from marketplace.catalog.models import Commit, Download, Repository, Visibility
from marketplace.catalog.services import set_archived
from marketplace.storage.models import Blob, Upload, UploadState
from marketplace.storage.services import store_bytes
from tests.catalog.conftest import EVERYONE
from tests.catalog.reading import files_in
from tests.catalog.test_api_repositories import MAY, status_for
from tests.catalog.test_listings import offer
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
VIEW, CHANGE = "catalog.view_repository", "catalog.change_repository"


def put(client, url, data=b"a,b\n1,2\n", *, content_type="text/csv", **headers):
    return client.generic("PUT", url, data, content_type=content_type, headers=headers)


def test_putting_a_file_makes_a_commit_of_one_file(api, repository, people, url):
    answer = put(
        api(people["writer"]),
        url("files", "data", "træn.csv"),
        **{"X-Commit-Message": "Ajouté".encode().decode("latin-1")},
    )

    assert answer.status_code == 201, answer.content
    made = Commit.objects.get()
    assert answer.json() == {
        "oid": made.oid,
        "parents": [],
        "author": people["writer"].username,
        "title": "Ajouté",
        "message": "Ajouté",
        "committed_at": answer.json()["committed_at"],
    }
    assert files_in(repository) == {"data/træn.csv": b"a,b\n1,2\n"}


def test_putting_the_same_again_makes_no_commit(api, repository, people, url):
    client = api(people["writer"])
    first = put(client, url("files", "a"))

    again = put(client, url("files", "a"))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["oid"] == first.json()["oid"]
    assert Commit.objects.count() == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "nonsense",
        "image/png",
    ],
)
def test_any_type_of_body_is_taken_as_it_is(api, people, repository, url, content_type):
    data = b'{"not json \xff\0--x\r\n'
    answer = put(
        api(people["owner"]), url("files", "a"), data, content_type=content_type
    )

    assert answer.status_code == 201, answer.content
    assert files_in(repository) == {"a": data}


def test_an_empty_file_is_a_file(api, people, repository, url):
    answer = put(
        api(people["owner"]), url("files", "empty"), b"", **{"Content-Length": "0"}
    )

    assert answer.status_code == 201, answer.content
    assert files_in(repository) == {"empty": b""}


def test_a_small_file_gets_the_id_that_git_gives_it(api, people, repository, url):
    put(api(people["owner"]), url("files", "a"), b"hello\n")

    entry = queries.file_at(repository, path="a")
    assert entry.oid == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_body_without_a_length_is_refused(people, url):
    client = APIClient()
    client.force_authenticate(people["owner"])
    answer = client.generic("PUT", url("files", "a"), b"", CONTENT_LENGTH="")

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_a_body_is_held_against_its_announced_digest(api, people, repository, url):
    digest = hashlib.sha256(b"right").hexdigest()
    address = f"{url('files', 'a')}?sha256={digest}"

    wrong = put(api(people["owner"]), address, b"wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "digest_mismatch")
    assert not Commit.objects.exists()

    assert put(api(people["owner"]), address, b"right").status_code == 201
    bad = put(api(people["owner"]), url("files", "a") + "?sha256=x", b"right")
    assert bad.status_code == 400


def test_limits_are_told_before_the_body_is_read(api, people, url, settings):
    limits = {"max_upload_bytes": 8, "namespace_quota_bytes": 6}
    settings.STOA = settings.STOA.model_copy(update=limits)
    client = api(people["owner"])

    too_large = put(client, url("files", "a"), b"123456789")
    no_room = put(client, url("files", "a"), b"1234567")

    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
    assert (no_room.status_code, no_room.json()["code"]) == (413, "quota_exceeded")
    assert not Blob.objects.exists()
    assert put(client, url("files", "a"), b"123456").status_code == 201


def upload_of(user, data, *, state=UploadState.COMPLETED):
    blob = store_bytes(data, stored_at=NOON)
    return Upload.objects.create(
        owner=user,
        sha256=blob.sha256,
        size_bytes=len(data),
        part_size_bytes=2**20,
        state=state,
        created_at=NOON,
        completed_at=NOON if state == UploadState.COMPLETED else None,
    )


def test_a_completed_upload_is_put_in_place_of_a_body(api, people, repository, url):
    upload = upload_of(people["owner"], b"large")

    answer = put(api(people["owner"]), f"{url('files', 'a')}?upload={upload.pk}", b"")

    assert answer.status_code == 201, answer.content
    assert files_in(repository) == {"a": b"large"}


def test_knowing_of_anothers_upload_or_digest_gives_nothing(api, people, url):
    theirs = upload_of(people["stranger"], b"secret")
    unfinished = upload_of(people["owner"], b"half", state=UploadState.OPEN)
    client = api(people["owner"])

    for upload_id in (theirs.pk, unfinished.pk, uuid.uuid4()):
        answer = put(client, f"{url('files', 'a')}?upload={upload_id}", b"")
        assert answer.status_code == 404
    assert put(client, f"{url('files', 'a')}?upload=x", b"").status_code == 400
    digest = put(client, f"{url('files', 'a')}?sha256={theirs.sha256}", b"")
    assert digest.status_code in {400, 411}
    assert not Commit.objects.exists()


def test_a_stale_parent_is_refused_and_says_where_main_is(api, people, url):
    client = api(people["owner"])
    first = put(client, url("files", "a"), b"1").json()["oid"]
    second = put(client, url("files", "a"), b"2", **{"X-Parent-Commit": first}).json()

    stale = put(client, url("files", "a"), b"3", **{"X-Parent-Commit": first})

    assert stale.status_code == 409
    assert stale.json()["code"] == "stale_parent"
    assert stale.json()["head"] == second["oid"]
    assert Commit.objects.count() == 2


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_put(api, people, repository, url, who):
    expected = 401 if who == "nobody" else status_for(who, CHANGE, granted=201)

    answer = put(api(people[who]), url("files", "a"))

    assert answer.status_code == expected
    assert Commit.objects.exists() is (expected == 201)
    assert Blob.objects.exists() is (expected == 201)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_delete_a_file(api, people, repository, url, who):
    commit(repository, {"a": "1", "b": "2"})
    expected = 401 if who == "nobody" else status_for(who, CHANGE, granted=200)

    answer = api(people[who]).delete(url("files", "a"))

    assert answer.status_code == expected
    assert ("a" in files_in(repository)) is (expected != 200)


def test_deleting_what_is_not_there_is_a_404(api, people, url):
    answer = api(people["owner"]).delete(url("files", "a"))
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


def test_nothing_is_put_into_an_archived_repository(api, people, repository, url):
    set_archived(people["owner"], repository=repository, archived=True, at=NOON)
    answer = put(api(people["owner"]), url("files", "a"))
    assert (answer.status_code, answer.json()["code"]) == (409, "repository_archived")
    assert not Blob.objects.exists()


@pytest.mark.parametrize("path", ["a//b", "../a", ".git/config", "a%00b", "%5Ca"])
def test_a_bad_path_is_refused_before_the_body_is_read(api, people, url, path):
    answer = put(api(people["owner"]), url("files", path))
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "bad_path"
    assert not Blob.objects.exists()


@pytest.mark.parametrize("who", EVERYONE)
@pytest.mark.parametrize("method", ["get", "head"])
def test_who_may_take_a_file_of_a_private_repository(
    api, people, repository, url, who, method
):
    commit(repository, {"data/a.csv": "1,2"})

    answer = getattr(api(people[who]), method)(url("files", "data/a.csv"))

    assert answer.status_code == status_for(who, VIEW, granted=302)
    took = method == "get" and VIEW in MAY[who]
    assert Download.objects.exists() is took
    assert ("Location" in answer.headers) is (VIEW in MAY[who])


def test_a_file_is_taken_at_a_signed_address_for_its_own_bytes(
    api, repository, people, url
):
    first = commit(repository, {"a.csv": "old"})
    commit(repository, {"a.csv": "new"})
    client = api(people["owner"])

    for query, text in [("", b"new"), (f"?revision={first.oid}", b"old")]:
        answer = client.get(url("files", "a.csv") + query)

        digest = hashlib.sha256(text).hexdigest()
        assert answer.status_code == 302
        assert answer.headers["X-Sha256"] == digest
        address = urlsplit(answer.headers["Location"])
        assert digest in address.path
        assert {"expires", "signature"} <= parse_qs(address.query).keys()
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("", 1),
        ("bytes=0-", 1),
        ("bytes=0-99", 1),
        ("bytes=100-", 0),
        ("bytes=-5", 0),
        ("nonsense", 0),
    ],
)
def test_a_resumed_download_is_one_download(
    api, repository, people, url, given, counted
):
    commit(repository, {"a": "1"})
    headers = {"Range": given} if given else {}

    api(people["owner"]).get(url("files", "a"), headers=headers)

    assert Download.objects.count() == counted


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("files/missing", "file_not_found"),
        ("files/data", "file_not_found"),
        ("files/data/a.csv/x", "file_not_found"),
        ("files/a%00b", "file_not_found"),
        ("files/data/a.csv?revision=v9", "revision_not_found"),
        (f"files/data/a.csv?revision={'0' * 40}", "revision_not_found"),
        ("files/data/a.csv?revision=a%00b", "revision_not_found"),
    ],
)
def test_what_is_not_there_is_a_404_that_says_what(
    api, repository, people, url, path, code
):
    commit(repository, {"data/a.csv": "1"})

    answer = api(people["owner"]).get(url(path))

    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_what_is_for_sale_leaves_only_to_who_bought_it(api):
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1"})
    offer(repository)
    stranger = UserFactory()
    address = f"/api/v1/datasets/{repository}/files/a"

    nobody = api().get(address)
    refused = api(stranger).get(address)

    assert (nobody.status_code, nobody.json()["code"]) == (403, "sign_in_required")
    assert (refused.status_code, refused.json()["code"]) == (403, "purchase_required")
    assert str(repository.work_id) in refused.json()["buy_url"]
    assert api(repository.created_by).get(address).status_code == 302
    assert Download.objects.count() == 1


def test_what_is_free_under_terms_leaves_when_they_are_accepted(api):
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1"})
    terms = offer(repository, price_minor=0)
    reader = UserFactory()
    address = f"/api/v1/datasets/{repository}/files/a"
    assert api(reader).get(address).status_code == 403

    accept_terms(reader, offer=terms, accepted_at=NOON)
    place_order(
        reader,
        offers=[terms],
        placed_at=NOON,
        fee_bps=500,
        pay_within=timedelta(days=1),
    )

    assert api(reader).get(address).status_code == 302


def test_a_private_file_is_no_more_known_by_its_offer(api, repository, people, url):
    commit(repository, {"a": "1"})
    Repository.objects.update(visibility=Visibility.PRIVATE)
    assert api(people["stranger"]).get(url("files", "a")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("a", b"2", {"X-Parent-Commit": "f" * 40}, 409, "stale_parent"),
        ("a", b"2", {"X-Commit-Message": "x" * 10_001}, 400, "invalid"),
        ("a/b", b"2", {}, 400, "path_clash"),
        ("d", b"2", {}, 400, "path_clash"),
        ("README.md", b"---\ntags: {a: b}\n---\n", {}, 400, "bad_card"),
        ("README.md", b"---\nlicense: mine\n---\n", {}, 400, "unknown_licence"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    api, repository, people, url, path, body, headers, status, code
):
    commit(repository, {"a": "1", "d/x": "1"})
    blobs = Blob.objects.count()

    answer = put(api(people["owner"]), url("files", path), body, **headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (Blob.objects.count(), Commit.objects.count()) == (blobs, 1)
