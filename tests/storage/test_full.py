"""A disk that takes no more: said in a sentence, and nothing half-written is left."""

import hashlib
import io
import resource
from contextlib import contextmanager

import pytest

from marketplace.storage.blobs import StorageFull
from marketplace.storage.models import Blob, Possession
from marketplace.storage.queries import current_store
from marketplace.storage.services import (
    put_part,
    receive_content,
    start_upload,
    store_bytes,
    store_many,
)
from tests.factories.accounts import NOON, UserFactory
from tests.storage.disks import files_in

pytestmark = pytest.mark.django_db
CONTENT = b"0123456789abcdef" * 2**17  # 2 MiB
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@contextmanager
def no_file_longer_than(size):
    """Let the kernel refuse to write more than `size` bytes to any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def receive(user, content):
    return receive_content(
        user,
        source=io.BytesIO(content),
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        limit_bytes=2**30,
        received_at=NOON,
    )


def test_a_full_disk_is_said_and_leaves_nothing(small_disk):
    user = UserFactory()
    with pytest.raises(StorageFull, match="no room left"):
        receive(user, CONTENT)
    assert files_in(small_disk) == []
    assert not Blob.objects.filter(pk=DIGEST).exists()
    assert not Possession.objects.filter(user=user).exists()


def test_what_fits_beside_is_taken(small_disk):
    user = UserFactory()
    with pytest.raises(StorageFull):
        receive(user, CONTENT)
    blob = receive(user, b"a small one")
    with current_store().open(blob.pk) as file:
        assert file.read() == b"a small one"
    assert Possession.objects.filter(user=user, blob=blob).exists()


def test_of_many_small_contents_none_is_half_there(small_disk):
    contents = [bytes([number]) * 2**17 for number in range(20)]
    with pytest.raises(StorageFull):
        store_many(contents, stored_at=NOON)
    assert not Blob.objects.filter(size_bytes=2**17).exists()
    assert all(path.stat().st_size == 2**17 for path in files_in(small_disk))
    assert files_in(small_disk / "incoming") == []


def test_a_part_that_does_not_fit_has_not_arrived(small_disk):
    user = UserFactory()
    upload = start_upload(
        user,
        sha256=DIGEST,
        size_bytes=len(CONTENT),
        limit_bytes=2**30,
        open_limit_bytes=2**30,
        started_at=NOON,
    )
    with pytest.raises(StorageFull):
        put_part(user, upload=upload, number=1, source=io.BytesIO(CONTENT))
    assert files_in(small_disk) == []


def test_a_file_longer_than_the_system_allows_is_said_likewise(installed, tmp_path):
    installed()
    with no_file_longer_than(2**20), pytest.raises(StorageFull):
        receive(UserFactory(), CONTENT)
    assert files_in(tmp_path) == []
    assert store_bytes(CONTENT, stored_at=NOON).pk == DIGEST
