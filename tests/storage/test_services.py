"""Keeping bytes and reading them again, on files and on a real S3."""

import hashlib
import io
import os
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from marketplace.kit.models import AuditRecord
from marketplace.storage import services, tasks
from marketplace.storage.blobs import DigestMismatch, Incomplete, TooLarge
from marketplace.storage.models import Blob, Upload, UploadState
from marketplace.storage.queries import (
    BlobUnavailable,
    current_store,
    local_copy,
    open_blob,
)
from tests.factories.accounts import NOON, UserFactory
from tests.factories.storage import BlobFactory, UploadFactory

pytestmark = pytest.mark.django_db
CONTENT = b"three, two, one"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MONTH = timedelta(days=30)


def keep(data: bytes = CONTENT, *, limit_bytes: int = 100, **expected) -> Blob:
    return services.store_stream(
        io.BytesIO(data), stored_at=NOON, limit_bytes=limit_bytes, **expected
    )


def read(sha256: str) -> bytes:
    with open_blob(sha256) as file:
        return file.read()


def test_a_stream_becomes_a_blob(store):
    blob = keep(expected_sha256=SHA256, expected_bytes=15)

    blob.refresh_from_db()
    assert (blob.sha256, blob.size_bytes) == (SHA256, 15)
    assert blob.stored_at == blob.verified_at == NOON
    assert read(SHA256) == CONTENT
    with local_copy(SHA256) as path:
        assert path.read_bytes() == CONTENT


def test_the_same_content_is_one_blob(store):
    first = keep()
    again = services.store_bytes(CONTENT, stored_at=NOON + MONTH)

    assert again == first
    assert again.stored_at == NOON
    assert Blob.objects.count() == 1


def test_nothing_is_a_content_too(store):
    blob = services.store_bytes(b"", stored_at=NOON)

    assert (blob.size_bytes, read(blob.sha256)) == (0, b"")


@pytest.mark.parametrize(
    ("expected", "refusal", "code", "status", "message"),
    [
        ({"limit_bytes": 14}, TooLarge, "too_large", 413, "the limit of 14 bytes"),
        (
            {"expected_sha256": "0" * 64},
            DigestMismatch,
            "digest_mismatch",
            400,
            f"expected {'0' * 64}, received [0-9a-f]{{64}}",
        ),
        ({"expected_bytes": 16}, Incomplete, "incomplete", 400, "Expected 16 bytes"),
        ({"expected_bytes": 14}, Incomplete, "incomplete", 400, "received 15"),
    ],
)
def test_what_is_refused_is_not_kept(store, expected, refusal, code, status, message):
    data = os.urandom(15)

    with pytest.raises(refusal, match=message) as refused:
        keep(data, **expected)

    assert (refused.value.code, refused.value.status) == (code, status)
    assert not Blob.objects.exists()
    assert list(store.incoming.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        store.size(hashlib.sha256(data).hexdigest())


def test_a_source_that_fails_leaves_nothing(store):
    class Torn(io.RawIOBase):
        def read(self, size=-1):
            if self.tell_count:
                raise ConnectionResetError("the sender is gone")
            self.tell_count += 1
            return b"half of"

        tell_count = 0

    with pytest.raises(ConnectionResetError):
        services.store_stream(Torn(), stored_at=NOON, limit_bytes=100)

    assert not Blob.objects.exists()
    assert list(store.incoming.iterdir()) == []


def test_keeping_takes_these_queries(installed, django_assert_num_queries):
    installed()

    with django_assert_num_queries(2):  # pardon, insert
        keep()
    with django_assert_num_queries(3):  # pardon, insert nothing, look
        keep()


def test_what_the_store_lost_is_said_to_be_unavailable(store):
    blob = BlobFactory()
    store.delete(blob.sha256)

    with pytest.raises(BlobUnavailable, match=blob.sha256):
        open_blob(blob.sha256)
    with pytest.raises(BlobUnavailable), local_copy(blob.sha256):
        pass


def test_an_error_of_the_borrower_stays_his_own(store):
    with pytest.raises(FileNotFoundError, match="mine"), local_copy(keep().sha256):
        raise FileNotFoundError("mine")


def damage(blob: Blob) -> None:
    """Change one bit, as a failing disk would."""
    path = current_store().path(blob.sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_whole_bytes_are_verified_and_the_time_is_kept(store):
    blob = BlobFactory()

    assert services.verify_blob(blob, verified_at=NOON + MONTH)

    blob.refresh_from_db()
    assert (blob.verified_at, blob.quarantined_at) == (NOON + MONTH, None)
    assert not AuditRecord.objects.exists()


def test_every_flipped_bit_is_found_and_nothing_else(installed):
    installed()
    blobs = BlobFactory.create_batch(200)
    damaged = blobs[::2]
    for blob in damaged:
        damage(blob)

    whole = [blob for blob in blobs if services.verify_blob(blob, verified_at=NOON)]

    assert whole == blobs[1::2]
    quarantined = Blob.objects.filter(quarantined_at=NOON)
    assert set(quarantined) == set(damaged)
    assert AuditRecord.objects.filter(act="quarantine_blob").count() == 100


def test_damaged_bytes_are_set_aside_until_they_are_sent_again(installed):
    store = current_store() if installed() else None
    blob = keep()
    damage(blob)

    assert not services.verify_blob(blob, verified_at=NOON + MONTH)
    assert not services.verify_blob(blob, verified_at=NOON + MONTH)
    with pytest.raises(BlobUnavailable):
        open_blob(SHA256)
    assert (store.quarantine / SHA256).exists()
    assert AuditRecord.objects.get().target_id == SHA256

    keep()

    blob.refresh_from_db()
    assert (blob.quarantined_at, read(SHA256)) == (None, CONTENT)


def test_lost_bytes_are_found_out(store):
    blob = BlobFactory()
    store.delete(blob.sha256)

    assert not services.verify_blob(blob, verified_at=NOON)

    blob.refresh_from_db()
    assert blob.quarantined_at == NOON


def test_what_is_due_is_verified_oldest_first(installed):
    installed()
    ages = {"never": None, "old": NOON - MONTH, "fresh": NOON - timedelta(days=27)}
    blobs = {
        name: BlobFactory(content=name.encode(), verified_at=verified_at)
        for name, verified_at in ages.items()
    }
    BlobFactory(verified_at=NOON - 2 * MONTH, quarantined_at=NOON - MONTH)

    assert services.verify_some(now=NOON, limit_bytes=1) == 1
    blobs["never"].refresh_from_db()
    assert blobs["never"].verified_at == NOON
    assert services.verify_some(now=NOON) == 1
    assert services.verify_some(now=NOON) == 0

    for blob in blobs.values():
        blob.refresh_from_db()
    assert blobs["old"].verified_at == NOON
    assert blobs["fresh"].verified_at == NOON - timedelta(days=27)


def test_the_tasks_do_both(installed):
    installed()
    blob, upload = BlobFactory(verified_at=None), UploadFactory()

    tasks.verify_some(of_a_newer_sender=1)
    tasks.collect_abandoned(of_a_newer_sender=1)

    blob.refresh_from_db()
    upload.refresh_from_db()
    assert blob.verified_at is not None
    assert upload.state == UploadState.ABORTED


@pytest.mark.parametrize(
    ("wall", "values"),
    [
        ("sha256_is_hex", {"sha256": "A" * 64}),
        ("sha256_is_hex", {"sha256": "a" * 63}),
        ("size_not_negative", {"size_bytes": -1}),
    ],
)
def test_the_database_refuses_impossible_blobs(wall, values):
    told = {"sha256": "a" * 64, "size_bytes": 1, "stored_at": NOON, **values}

    with (
        pytest.raises(IntegrityError, match=f"storage_blob_{wall}"),
        transaction.atomic(),
    ):
        Blob.objects.create(**told)


@pytest.mark.parametrize(
    ("wall", "values"),
    [
        ("state_known", {"state": "ELSE"}),
        ("sha256_is_hex", {"sha256": "x" * 64}),
        ("sizes_positive", {"size_bytes": 0}),
        ("sizes_positive", {"part_size_bytes": 0}),
        ("time_means_completed", {"state": UploadState.COMPLETED}),
        ("time_means_completed", {"completed_at": NOON}),
    ],
)
def test_the_database_refuses_impossible_uploads(wall, values):
    told = {
        "owner": UserFactory(),
        "sha256": "a" * 64,
        "size_bytes": 1,
        "part_size_bytes": 1,
        "created_at": NOON,
        **values,
    }

    with (
        pytest.raises(IntegrityError, match=f"storage_upload_{wall}"),
        transaction.atomic(),
    ):
        Upload.objects.create(**told)


def test_many_contents_are_kept_in_order_and_known_ones_not_written_again(installed):
    installed()
    known = services.store_bytes(b"known", stored_at=NOON)
    before = current_store().path(known.sha256).stat().st_ino

    blobs = services.store_many([b"one", b"known", b"", b"one"], stored_at=NOON)

    assert [read(blob.sha256) for blob in blobs] == [b"one", b"known", b"", b"one"]
    assert [blob.size_bytes for blob in blobs] == [3, 5, 0, 3]
    assert current_store().path(known.sha256).stat().st_ino == before
