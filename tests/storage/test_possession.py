"""Who has sent which bytes: by parts or otherwise, and never by naming a digest."""

from datetime import timedelta

import pytest

from marketplace.storage import services
from marketplace.storage.models import Possession, UploadState
from marketplace.storage.queries import possessed
from tests.factories.accounts import NOON, UserFactory
from tests.factories.storage import BlobFactory, UploadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def somewhere(installed):
    installed()


def test_who_sent_bytes_possesses_them_and_nobody_else_does(
    django_assert_num_queries,
):
    one, other = BlobFactory(), BlobFactory()
    sender, stranger = UserFactory(), UserFactory()

    services.note_possession(sender, blobs=[one, other.pk], proved_at=NOON)

    named = [one.pk, other.pk, "0" * 64]
    with django_assert_num_queries(1):
        assert possessed(sender, named) == {one.pk: one, other.pk: other}
    assert possessed(sender, [one.pk]) == {one.pk: one}
    assert possessed(stranger, named) == {}
    assert possessed(sender, []) == {}


def test_the_last_proof_counts():
    blob, sender = BlobFactory(), UserFactory()

    services.note_possession(sender, blobs=[blob], proved_at=NOON)
    services.note_possession(sender, blobs=[blob], proved_at=NOON + timedelta(days=1))

    assert Possession.objects.get().proved_at == NOON + timedelta(days=1)


def test_an_upload_by_parts_counts_once_it_is_complete():
    blob = BlobFactory(content=b"by parts")
    upload = UploadFactory(content=b"by parts")
    assert possessed(upload.owner, [blob.pk]) == {}

    upload.state, upload.completed_at = UploadState.COMPLETED, NOON
    upload.save(update_fields=["state", "completed_at"])

    assert possessed(upload.owner, [blob.pk]) == {blob.pk: blob}


def test_what_is_in_quarantine_is_to_be_sent_again():
    blob, sender = BlobFactory(), UserFactory()
    services.note_possession(sender, blobs=[blob], proved_at=NOON)

    blob.quarantined_at = NOON
    blob.save(update_fields=["quarantined_at"])

    assert possessed(sender, [blob.pk]) == {}
