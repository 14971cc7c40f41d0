"""An operator has everything that is stored read again."""

import io
import os
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from marketplace.storage.blobs import chunks_of, hashed_copy, store_of
from marketplace.storage.models import Blob
from marketplace.storage.s3 import blob_key
from marketplace.storage.services import inspect_storage
from tests.factories.accounts import NOON
from tests.factories.storage import BlobFactory
from tests.storage.test_stores import put

pytestmark = pytest.mark.django_db
MUCH_LATER = timedelta(hours=2)


@pytest.fixture
def store(installed):
    return store_of(installed())


@pytest.fixture
def told(capsys):
    """Run the command; return its status and its lines."""

    def run(*arguments: str) -> tuple[int, list[str]]:
        status = 0
        try:
            call_command("verify_storage", *arguments)
        except SystemExit as ended:
            status = ended.code
        return status, capsys.readouterr().out.splitlines()

    return run


def test_sound_storage_ends_well(store, told):
    BlobFactory.create_batch(3)

    status, lines = told()

    assert status == 0
    assert lines == ["3 contents read, 0.00 GiB: 0 missing, 0 corrupt, 0 orphaned."]


def test_what_is_missing_corrupt_or_orphaned_is_named(store, told):
    sound, missing, corrupt, withheld = BlobFactory.create_batch(4)
    withheld.quarantined_at = NOON
    withheld.save(update_fields=["quarantined_at"])
    store.delete(missing.pk)
    store.path(corrupt.pk).chmod(0o600)
    store.path(corrupt.pk).write_bytes(b"something else")
    with hashed_copy(
        chunks_of(io.BytesIO(b"nobody's")), folder=store.incoming, limit_bytes=99
    ) as orphan:
        store.put(orphan)
    old = (timezone.now() - MUCH_LATER).timestamp()
    os.utime(store.path(orphan.sha256), (old, old))

    status, lines = told()

    assert status == 1
    assert lines[:-1] == [
        f"missing {missing.pk}",
        *(f"corrupt {pk}" for pk in ordered(corrupt, withheld)),
        f"orphaned {orphan.sha256}",
    ]
    assert lines[-1].endswith("1 missing, 2 corrupt, 1 orphaned.")
    assert sound.pk not in "".join(lines)
    assert Blob.objects.filter(quarantined_at=None).count() == 3  # it changes nothing


def test_in_s3_what_is_missing_corrupt_or_orphaned_is_found(installed, s3_server, told):
    store = store_of(installed(storage_url=s3_server.url))
    sound, missing, corrupt = BlobFactory.create_batch(3)
    store.delete(missing.pk)
    key = blob_key(corrupt.pk)
    store.client.put_object(Bucket=store.bucket, Key=key, Body=b"something else")
    orphan = put(store, b"nobody's, and in S3")

    status, lines = told()
    later = inspect_storage(now=timezone.now() + MUCH_LATER)

    assert (status, later.count) == (1, 3)
    assert lines[:2] == [f"missing {missing.pk}", f"corrupt {corrupt.pk}"]
    assert orphan not in "".join(lines)  # its row may be on its way
    assert orphan in later.orphaned
    assert not {sound.pk, corrupt.pk}.intersection(later.orphaned)


def ordered(*blobs):
    rows = Blob.objects.filter(pk__in=[blob.pk for blob in blobs])
    return rows.order_by("verified_at", "pk").values_list("pk", flat=True)


def test_a_share_is_a_share_and_a_limit_a_limit(store):
    BlobFactory.create_batch(30)

    halves = inspect_storage(now=NOON, share=0.5)
    few = inspect_storage(now=NOON, limit=4)

    expected = Blob.objects.filter(pk__lt="8").count()
    assert halves.count == expected
    assert 0 < expected < 30
    assert few.count == 4


def test_bytes_whose_row_is_on_its_way_are_no_orphans(store):
    blob = BlobFactory()
    Blob.objects.all().delete()

    young = inspect_storage(now=timezone.now())
    old = inspect_storage(now=timezone.now() + MUCH_LATER)

    assert young.orphaned == []
    assert old.orphaned == [blob.pk]


@pytest.mark.parametrize("share", ["0%", "101%", "half"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(Exception, match="give a percentage"):
        call_command("verify_storage", "--share", share)
