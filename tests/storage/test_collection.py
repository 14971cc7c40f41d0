"""What nothing needs goes, in two steps; what anything needs stays, come who may."""

import hashlib
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from marketplace.catalog.models import HeldBlob, TreeEntry
from marketplace.storage import services, tasks
from marketplace.storage.models import Blob, Possession, UploadState, XorbSegment
from marketplace.storage.queries import current_store, possessed
from marketplace.storage.services.collection import needed
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.storage import BlobFactory, UploadFactory
from tests.kit.at_once import run_at_once
from training.contests.models import Submission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_store")]
DAY = timedelta(days=1)
LATER = NOON + 2 * DAY


def collected(*, days: int = 6) -> None:
    """Let the clock run for some days, a collection each."""
    for day in range(days):
        services.collect_unneeded(now=LATER + day * DAY)


def is_there(blob: Blob) -> bool:
    try:
        size = current_store().size(blob.pk)
    except FileNotFoundError:
        size = None
    has_row = Blob.objects.filter(pk=blob.pk).exists()
    assert has_row is (size is not None)
    return has_row


def test_what_nothing_needs_is_condemned_for_a_day_and_then_removed():
    blob = BlobFactory()

    assert services.collect_unneeded(now=LATER) == 0
    blob.refresh_from_db()
    assert blob.condemned_at == LATER
    assert services.collect_unneeded(now=LATER + timedelta(hours=23)) == 0
    assert is_there(blob)

    assert services.collect_unneeded(now=LATER + DAY) == 1
    assert not is_there(blob)


def test_in_s3_the_tasks_remove_what_nothing_needs_and_that_alone(installed, s3_server):
    installed(storage_url=s3_server.url)
    spare, kept = BlobFactory.create_batch(2)
    commit(RepositoryFactory(), {"a.txt": kept})

    tasks.collect_unneeded()
    Blob.objects.filter(pk=spare.pk).update(condemned_at=timezone.now() - 2 * DAY)
    tasks.collect_unneeded()

    assert is_there(kept)
    assert not is_there(spare)


def test_what_came_within_a_day_is_not_looked_at():
    blob = BlobFactory()

    services.collect_unneeded(now=NOON + timedelta(hours=23))

    blob.refresh_from_db()
    assert blob.condemned_at is None


def test_every_version_ever_committed_is_kept():
    repository = RepositoryFactory()
    commit(repository, {"a.txt": "first", "b.txt": "other"})
    commit(repository, {"a.txt": "second", "b.txt": None})
    blobs = [entry.content for entry in repository.entries.filter(kind="FILE")]

    collected()

    assert len(blobs) >= 3
    assert all(is_there(blob) for blob in blobs)


def test_every_room_that_protects_a_blob_needs_it():
    told = str(Blob.objects.filter(needed()).query)

    for table in (TreeEntry, HeldBlob, Submission, XorbSegment):
        assert f'FROM "{table._meta.db_table}"' in told
    assert Possession._meta.db_table not in told


def test_a_row_that_refers_to_it_pardons_the_condemned():
    blob = BlobFactory()
    services.collect_unneeded(now=LATER)

    commit(RepositoryFactory(), {"a.txt": blob}, at=LATER)
    collected()

    blob.refresh_from_db()
    assert blob.condemned_at is None
    assert is_there(blob)


def test_possession_and_uploads_keep_their_bytes_for_a_day():
    user, upload = UserFactory(), UploadFactory()
    sent, uploaded = BlobFactory(), BlobFactory()
    services.note_possession(user, blobs=[sent], proved_at=LATER)
    upload.sha256, upload.state, upload.completed_at = (
        uploaded.pk,
        UploadState.COMPLETED,
        LATER,
    )
    upload.save(update_fields=["sha256", "state", "completed_at"])

    services.collect_unneeded(now=LATER + DAY / 2)
    assert Blob.objects.filter(condemned_at__isnull=False).count() == 0

    collected()
    assert not is_there(sent)
    assert not is_there(uploaded)
    assert not Possession.objects.exists()
    assert not type(upload).objects.filter(pk=upload.pk).exists()


def test_the_digest_of_the_condemned_counts_for_nothing_until_its_bytes_are_sent():
    user, blob = UserFactory(), BlobFactory(content=b"wanted")
    services.note_possession(user, blobs=[blob], proved_at=NOON)
    assert possessed(user, [blob.pk])

    services.collect_unneeded(now=LATER)
    assert possessed(user, [blob.pk]) == {}

    services.store_bytes(b"wanted", stored_at=LATER)
    assert possessed(user, [blob.pk])
    services.collect_unneeded(now=LATER + DAY)
    assert is_there(blob)


def test_many_sent_at_once_are_pardoned_too():
    blob = BlobFactory(content=b"wanted")
    services.collect_unneeded(now=LATER)

    services.store_many([b"wanted", b"else"], stored_at=LATER)

    blob.refresh_from_db()
    assert blob.condemned_at is None


def test_bytes_that_are_gone_already_take_their_row_with_them():
    blob = BlobFactory()
    services.collect_unneeded(now=LATER)
    current_store().delete(blob.pk)

    assert services.collect_unneeded(now=LATER + DAY) == 1
    assert not Blob.objects.filter(pk=blob.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_collectors_and_senders_at_once_leave_no_row_without_bytes():
    contents = [f"content {number}".encode() for number in range(30)]
    for content in contents:
        services.store_bytes(content, stored_at=NOON)
    services.collect_unneeded(now=LATER)

    def collect():
        return services.collect_unneeded(now=LATER + DAY)

    def send():
        for content in reversed(contents):
            services.store_bytes(content, stored_at=LATER + DAY)
        return len(contents)

    faults = [
        each
        for each in run_at_once(collect, collect, send)
        if not isinstance(each, int)
    ]

    assert faults == []
    for content in contents:
        blob = Blob.objects.get(pk=hashlib.sha256(content).hexdigest())
        assert is_there(blob)
        assert blob.condemned_at in {None, LATER + DAY}  # anew, as nothing needs it yet


@pytest.mark.django_db(transaction=True)
def test_a_commit_and_a_collector_at_once_never_break_each_other():
    repository, blob = RepositoryFactory(), BlobFactory()
    services.collect_unneeded(now=LATER)

    def collect():
        return services.collect_unneeded(now=LATER + DAY)

    def keep():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            return commit(repository, {"a.txt": blob}, at=LATER)

    removed, made = run_at_once(collect, keep)

    if isinstance(made, Exception):  # it was too late, and nothing was written
        assert removed == 1
        assert not is_there(blob)
        assert not TreeEntry.objects.filter(blob=blob.pk).exists()
    else:
        assert is_there(blob)
