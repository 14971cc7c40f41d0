"""Uploads by parts: what the services promise, on files and on a real S3."""

import hashlib
import io
import os
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from marketplace.kit.models import AuditRecord
from marketplace.storage import services
from marketplace.storage.blobs import DigestMismatch, PartsMissing, TooLarge
from marketplace.storage.models import Blob, Upload, UploadState
from marketplace.storage.queries import open_blob, parts_of, staged, uploaded_blob
from tests.factories.accounts import NOON, UserFactory
from tests.factories.storage import MIB, UploadFactory

pytestmark = pytest.mark.django_db
CONTENT = b"a first part, a second part, the end"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


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
    store.abort(staged(upload))


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
    store.finish(staged(upload), parts=parts_of(upload))

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
    assert store.parts(staged(upload)) == []


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
    assert store.parts(staged(upload)) == []
    store.abort(staged(other))


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
    assert store.parts(staged(upload)) == []


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
