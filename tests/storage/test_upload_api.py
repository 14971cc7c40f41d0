"""Uploads by parts over the API: who may, what is refused, what it costs."""

import hashlib
import uuid

import pytest

from marketplace.accounts.models import Scope
from marketplace.storage.models import Upload, UploadState
from marketplace.storage.queries import current_store, open_blob, staged
from tests.factories.accounts import ApiTokenFactory, UserFactory
from tests.factories.storage import UploadFactory
from tests.storage.wire import ask

pytestmark = pytest.mark.django_db
CONTENT = b"a first part, a second part, the end"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BYTES = "application/octet-stream"
URL = "/api/v1/uploads"


def begin(client, *, key: str = "", **told):
    body = {"sha256": SHA256, "size_bytes": 36, **told}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(URL, body, headers=headers)


def test_a_file_goes_up_by_parts_over_the_api(installed, api):
    installed()
    owner = UserFactory()
    client = api(owner)

    begun = begin(client).json()
    [part] = begun["parts"]
    sent = client.put(part["url"], CONTENT, content_type=BYTES)
    seen = client.get(f"{URL}/{begun['id']}").json()
    done = client.post(f"{URL}/{begun['id']}/complete")

    assert begun["state"] == "OPEN"
    assert begun["completed_at"] is None
    assert part == {
        "number": 1,
        "size_bytes": 36,
        "has_arrived": False,
        "url": f"http://testserver{URL}/{begun['id']}/parts/1",
    }
    assert (sent.status_code, sent.json()) == (200, {"number": 1, "size_bytes": 36})
    assert seen["parts"][0]["has_arrived"]
    assert (done.status_code, done.json()) == (
        200,
        {"sha256": SHA256, "size_bytes": 36},
    )
    with open_blob(SHA256) as file:
        assert file.read() == CONTENT
    closed = client.get(f"{URL}/{begun['id']}").json()
    assert (closed["state"], closed["parts"]) == ("COMPLETED", [])


def test_parts_go_straight_to_s3_by_presigned_addresses(installed, s3_server, api):
    installed(storage_url=s3_server.url)
    client = api(UserFactory())

    begun = begin(client).json()
    url = begun["parts"][0]["url"]
    too_long = ask(url, "PUT", body=CONTENT + b"!")
    sent = ask(url, "PUT", body=CONTENT)
    seen = client.get(f"{URL}/{begun['id']}").json()
    done = client.post(f"{URL}/{begun['id']}/complete")

    assert url.startswith(s3_server.endpoint)
    assert (too_long.status, sent.status) == (403, 200)
    assert seen["parts"][0]["has_arrived"]
    assert done.json() == {"sha256": SHA256, "size_bytes": 36}
    with open_blob(SHA256) as file:
        assert file.read() == CONTENT


def test_a_retried_start_is_one_upload(installed, api):
    installed()
    client = api(UserFactory())

    first, again = begin(client, key="once"), begin(client, key="once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"sha256": "A" * 64}, "sha256"),
        ({"sha256": "a" * 63}, "sha256"),
        ({"sha256": "a" * 64 + "\nb"}, "sha256"),
        ({"sha256": "\x00" * 64}, "sha256"),
        ({"sha256": None}, "sha256"),
        ({"size_bytes": 0}, "size_bytes"),
        ({"size_bytes": -1}, "size_bytes"),
        ({"size_bytes": 10**30}, "size_bytes"),
        ({"size_bytes": "many"}, "size_bytes"),
        ({"size_bytes": None}, "size_bytes"),
    ],
)
def test_a_malformed_start_names_the_field(installed, api, told, field):
    installed()

    answer = begin(api(UserFactory()), **told)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["fields"]) == [field]
    assert not Upload.objects.exists()


def test_limits_of_the_installation_apply(installed, api):
    installed(max_upload_bytes=35)
    answer = begin(api(UserFactory()))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    installed(namespace_quota_bytes=35)
    answer = begin(api(UserFactory()))
    assert (answer.status_code, answer.json()["code"]) == (409, "uploads_full")
    assert not Upload.objects.exists()


@pytest.fixture
def open_upload(installed):
    installed()
    return UploadFactory()


CALLS = {
    "GET upload": ("get", ""),
    "DELETE upload": ("delete", ""),
    "PUT part": ("put", "/parts/1"),
    "POST complete": ("post", "/complete"),
}


@pytest.mark.parametrize(("method", "path"), CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize(
    ("who", "statuses"),
    [
        ("nobody", {401}),
        ("stranger", {404}),
        ("staff", {404}),
        ("owner", {200, 204, 409}),
    ],
)
def test_only_the_owner_knows_of_an_upload(
    api, open_upload, method, path, who, statuses
):
    people = {
        "nobody": None,
        "stranger": UserFactory(),
        "staff": UserFactory(is_staff=True, is_superuser=True),
        "owner": open_upload.owner,
    }
    body = {"data": b"x" * 14, "content_type": BYTES} if method == "put" else {}

    answer = getattr(api(people[who]), method)(f"{URL}/{open_upload.pk}{path}", **body)

    assert answer.status_code in statuses
    open_upload.refresh_from_db()
    is_changed = bool(current_store().parts(staged(open_upload)))
    is_changed |= open_upload.state != UploadState.OPEN
    assert is_changed == (who == "owner" and method in {"put", "delete"})


def test_nobody_starts_nothing(installed, api):
    installed()

    assert begin(api(None)).status_code == 401
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("number", "data", "content_type", "status", "code"),
    [
        ("1", b"x" * 13, BYTES, 400, "incomplete"),
        ("1", b"x" * 15, BYTES, 413, "too_large"),
        ("1", b"", BYTES, 400, "incomplete"),
        ("3", b"x" * 8, BYTES, 200, None),
        ("4", b"x", BYTES, 404, "not_found"),
        ("0", b"x", BYTES, 404, "not_found"),
        ("9" * 50, b"x", BYTES, 404, "not_found"),
        ("1", b"{}", "application/json", 415, "unsupported_media_type"),
        ("1", b"a=b", "application/x-www-form-urlencoded", 415, None),
    ],
)
def test_a_part_is_exactly_what_was_agreed(
    api, open_upload, number, data, content_type, status, code
):
    answer = api(open_upload.owner).put(
        f"{URL}/{open_upload.pk}/parts/{number}", data, content_type=content_type
    )

    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code
    kept = current_store().parts(staged(open_upload))
    assert bool(kept) == (status == 200)


def test_an_unknown_upload_is_not_found(installed, api):
    installed()
    client = api(UserFactory())

    for path in (uuid.uuid4(), "not-a-uuid", "0" * 32):
        assert client.get(f"{URL}/{path}").status_code == 404


@pytest.mark.parametrize("count", [1, 50])
def test_reading_an_upload_takes_one_query_however_many_parts(
    installed, api, django_assert_num_queries, count
):
    installed()
    upload = UploadFactory(content=b"x" * count, part_size_bytes=1)

    with django_assert_num_queries(2):  # the request's count, and the row
        body = api(upload.owner).get(f"{URL}/{upload.pk}").json()

    assert len(body["parts"]) == count


@pytest.mark.parametrize(
    ("scopes", "status", "count"),
    [
        ([Scope.READ], 403, 0),
        ([Scope.READ, Scope.RUN_WRITE], 403, 0),
        ([Scope.READ, Scope.REPO_WRITE], 201, 1),
    ],
)
def test_a_token_needs_the_scope_to_write(installed, client, scopes, status, count):
    installed()
    token = ApiTokenFactory(secret="stoa_of-a-program", scopes=scopes)

    answer = client.post(
        URL,
        {"sha256": SHA256, "size_bytes": 36},
        content_type="application/json",
        headers={"Authorization": "Bearer stoa_of-a-program"},
    )

    assert answer.status_code == status
    assert Upload.objects.filter(owner=token.user).count() == count
