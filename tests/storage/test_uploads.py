"""Uploads by parts: the services, and the API over them."""

import hashlib
import io
import os
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from marketplace.accounts.models import Scope
from marketplace.kit.models import AuditRecord
from marketplace.storage import services
from marketplace.storage.blobs import DigestMismatch, PartsMissing, TooLarge
from marketplace.storage.models import Blob, Upload, UploadState
from marketplace.storage.queries import open_blob, parts_of, uploaded_blob
from tests.factories.accounts import NOON, ApiTokenFactory, UserFactory
from tests.factories.storage import MIB, UploadFactory
from tests.storage.wire import ask

pytestmark = pytest.mark.django_db
CONTENT = b"a first part, a second part, the end"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BYTES = "application/octet-stream"
URL = "/api/v1/uploads"


def start(owner, **told) -> Upload:
    told = {
        "sha256": SHA256,
        "size_bytes": 36,
        "limit_bytes": 100,
        "open_limit_bytes": 100,
        **told,
    }
    return services.start_upload(owner, started_at=NOON, **told)


def send_all(upload: Upload, content: bytes) -> None:
    for part in parts_of(upload):
        at = (part.number - 1) * upload.part_size_bytes
        source = io.BytesIO(content[at : at + part.size_bytes])
        services.put_part(
            upload.owner, upload=upload, number=part.number, source=source
        )


def complete(upload: Upload) -> Blob:
    return services.complete_upload(upload.owner, upload=upload, completed_at=NOON)


@pytest.fixture
def content(storage_url):
    """Give content in two parts: S3 takes no part but the last under 5 MiB."""
    return os.urandom(5 * MIB + 7) if storage_url else CONTENT


@pytest.fixture
def upload(store, content):
    size = 5 * MIB if len(content) > MIB else 14
    upload = UploadFactory(content=content, part_size_bytes=size)
    yield upload
    store.abort(services.staged(upload))


def test_parts_become_a_blob_that_only_its_sender_can_claim(upload, content):
    send_all(upload, content)

    blob = complete(upload)

    assert (blob.sha256, blob.size_bytes) == (upload.sha256, len(content))
    with open_blob(blob.sha256) as file:
        assert file.read() == content
    assert (upload.state, upload.completed_at) == (UploadState.COMPLETED, NOON)
    assert uploaded_blob(upload.owner, upload.pk) == blob
    with pytest.raises(Http404):
        uploaded_blob(UserFactory(), upload.pk)
    record = AuditRecord.objects.get(act="complete_upload")
    assert (record.actor, record.target_id) == (upload.owner, str(upload.pk))


def test_completing_again_gives_the_same_and_records_it_once(upload, content):
    send_all(upload, content)
    stale = Upload.objects.get(pk=upload.pk)

    assert complete(upload) == complete(upload)

    assert AuditRecord.objects.filter(act="complete_upload").count() == 1
    with pytest.raises(PartsMissing):
        complete(stale)  # read before the first was done; its parts are gone


def test_a_crash_before_the_row_can_be_made_good(upload, content, store):
    send_all(upload, content)
    store.finish(services.staged(upload), parts=parts_of(upload))

    assert not Blob.objects.exists()
    assert complete(upload).sha256 == upload.sha256


def test_an_unfinished_upload_waits_for_its_parts(upload):
    with pytest.raises(PartsMissing, match=r"1, 2"):
        complete(upload)

    upload.refresh_from_db()
    assert upload.state == UploadState.OPEN
    assert not Blob.objects.exists()
    with pytest.raises(Http404):
        uploaded_blob(upload.owner, upload.pk)


def test_other_content_than_announced_ends_the_upload(upload, content, store):
    send_all(upload, content[::-1])

    with pytest.raises(DigestMismatch):
        complete(upload)

    upload.refresh_from_db()
    assert upload.state == UploadState.ABORTED
    assert not Blob.objects.exists()
    assert store.parts(services.staged(upload)) == []


def test_what_is_closed_stays_closed(upload, content, store):
    other = UploadFactory(owner=upload.owner)
    services.abort_upload(upload.owner, upload=upload)
    services.abort_upload(upload.owner, upload=upload)

    for act in (complete, lambda upload: send_all(upload, content)):
        with pytest.raises(services.UploadClosed, match="Start another"):
            act(upload)
    Upload.objects.filter(pk=other.pk).update(
        state=UploadState.COMPLETED, completed_at=NOON
    )
    with pytest.raises(services.UploadClosed, match="nothing to abort"):
        services.abort_upload(other.owner, upload=other)
    assert store.parts(services.staged(upload)) == []
    store.abort(services.staged(other))


def test_one_that_was_aborted_meanwhile_is_not_completed(upload, content):
    send_all(upload, content)
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABORTED)

    with pytest.raises(services.UploadClosed, match="was aborted"):
        complete(upload)

    assert not AuditRecord.objects.exists()


def test_another_cannot_touch_it(upload, content):
    stranger = UserFactory()
    acts = [
        lambda: services.put_part(
            stranger, upload=upload, number=1, source=io.BytesIO(content)
        ),
        lambda: services.complete_upload(stranger, upload=upload, completed_at=NOON),
        lambda: services.abort_upload(stranger, upload=upload),
    ]

    for act in acts:
        with pytest.raises(PermissionDenied):
            act()

    upload.refresh_from_db()
    assert upload.state == UploadState.OPEN


def test_what_is_older_than_a_day_is_collected(upload, content, store):
    send_all(upload, content)

    assert services.collect_abandoned(now=NOON + timedelta(hours=23)) == 0
    assert services.collect_abandoned(now=NOON + timedelta(hours=25)) == 1

    upload.refresh_from_db()
    assert upload.state == UploadState.ABORTED
    assert store.parts(services.staged(upload)) == []


def test_limits_are_named(installed):
    installed()
    owner = UserFactory()

    with pytest.raises(TooLarge, match="size_bytes: 101 is over the limit of 100"):
        start(owner, size_bytes=101)
    start(owner)
    start(owner)
    with pytest.raises(
        services.UploadsFull, match="72 bytes under way, of 100 allowed"
    ):
        start(owner)
    assert start(UserFactory()).state == UploadState.OPEN
    assert Upload.objects.filter(owner=owner).count() == 2


@pytest.mark.parametrize(
    ("size_bytes", "part_size_bytes", "count"),
    [
        (1, 32 * MIB, 1),
        (32 * MIB, 32 * MIB, 1),
        (32 * MIB + 1, 32 * MIB, 2),
        (32_000 * MIB, 32 * MIB, 1000),
        (32_000 * MIB + 1, 33 * MIB, 970),
        (2**42, 4195 * MIB, 1000),
    ],
)
def test_parts_are_of_32_mib_or_a_thousand(
    installed, size_bytes, part_size_bytes, count
):
    installed()

    upload = start(
        UserFactory(),
        size_bytes=size_bytes,
        limit_bytes=2**43,
        open_limit_bytes=2**43,
    )

    assert (upload.part_size_bytes, upload.part_count) == (part_size_bytes, count)
    assert sum(part.size_bytes for part in parts_of(upload)) == size_bytes
    assert all(part.size_bytes > 0 for part in parts_of(upload))


# The API.


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
    is_changed = bool(services.current_store().parts(services.staged(open_upload)))
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
    kept = services.current_store().parts(services.staged(open_upload))
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
