"""What was deleted long ago lets go of its bytes; until then it comes back whole."""

from datetime import timedelta

import pytest

from marketplace.catalog import services
from marketplace.catalog.models import NamespaceUsage
from marketplace.catalog.services.purging import purge_deleted
from marketplace.catalog.services.repositories import RepositoryPurged
from marketplace.storage.models import Blob
from marketplace.storage.services import collect_unneeded
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_store")]
DAY = timedelta(days=1)
GRACE = 30 * DAY


@pytest.fixture
def deleted():
    repository = RepositoryFactory()
    commit(repository, {"old.txt": "old"})
    commit(repository, {"old.txt": None, "new.txt": "new"})
    services.delete_repository(
        repository.created_by, repository=repository, deleted_at=NOON
    )
    return repository


def restored(repository):
    services.restore_repository(
        repository.created_by, repository=repository, restored_at=NOON + GRACE
    )


def blobs_after(*, days: int) -> set[str]:
    for day in range(days, days + 4):
        collect_unneeded(now=NOON + day * DAY)
    return set(Blob.objects.values_list("pk", flat=True))


def test_what_was_deleted_lately_keeps_its_bytes_and_comes_back(deleted):
    before = blobs_after(days=0)

    assert purge_deleted(before=NOON, purged_at=NOON + GRACE) == 0
    assert blobs_after(days=10) == before

    restored(deleted)
    assert deleted.file_count > 0
    assert deleted.entries.exists()


def test_what_was_deleted_long_ago_lets_go_of_its_bytes_for_good(deleted):
    kept = RepositoryFactory(owner=deleted.created_by)
    shared = commit(kept, {"same.txt": "new"})
    assert purge_deleted(before=NOON + DAY, purged_at=NOON + GRACE) == 1

    blobs = blobs_after(days=40)

    held = kept.entries.filter(kind="FILE").values_list("blob_id", flat=True)
    assert blobs == set(held)
    assert shared.repository == kept
    assert deleted.commits.count() >= 2
    usage = NamespaceUsage.objects.get(namespace=kept.namespace)
    assert usage.size_bytes == sum(
        Blob.objects.filter(pk__in=set(held)).values_list("size_bytes", flat=True)
    )
    assert purge_deleted(before=NOON + DAY, purged_at=NOON + GRACE) == 0
    with pytest.raises(RepositoryPurged):
        restored(deleted)


def test_what_is_not_deleted_is_not_purged():
    repository = RepositoryFactory()
    commit(repository, {"a.txt": "a"})

    assert purge_deleted(before=NOON + 999 * DAY, purged_at=NOON + 999 * DAY) == 0
    assert repository.entries.exists()


def test_what_anybody_ordered_keeps_its_files():
    repository = RepositoryFactory(licence_id="", public=True)
    commit(repository, {"a.txt": "sold"})
    make_order(make_offer(repository.work))
    services.delete_repository(
        repository.created_by, repository=repository, deleted_at=NOON
    )

    assert purge_deleted(before=NOON + DAY, purged_at=NOON + GRACE) == 0
    assert repository.entries.exists()
