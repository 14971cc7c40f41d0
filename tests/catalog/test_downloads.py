from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from marketplace.catalog.downloads import (
    AccessRefused,
    count_downloads,
    release_file,
)
from marketplace.catalog.models import Download, DownloadDay, Listing
from marketplace.catalog.queries import download_count
from marketplace.catalog.services import delete_repository
from marketplace.catalog.tasks import count_fresh_downloads
from tests.catalog.reading import content_of
from tests.catalog.test_listings import offer
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


def take(repository, *, times=1, at=NOON, user=NOBODY, **rest):
    for _ in range(times):
        entry = release_file(user, repository=repository, path="a", at=at, **rest)
    return entry


def test_a_released_file_is_counted_at_once_and_added_up_later():
    repository, other = RepositoryFactory.create_batch(2, public=True)
    commit(repository, {"a": "1"})
    commit(other, {"a": "1"})
    assert content_of(take(repository, times=3)) == b"1"
    take(repository, at=NOON + timedelta(days=1))
    take(other)
    take(repository, is_counted=False)
    assert download_count(repository) == 4

    assert count_downloads() == 5
    repository.refresh_from_db()

    assert repository.downloads == download_count(repository) == 4
    assert Listing.objects.get(pk=repository.pk).downloads == 4
    days = DownloadDay.objects.filter(repository=repository).values_list("day", "count")
    assert dict(days) == {date(2026, 1, 1): 3, date(2026, 1, 2): 1}
    assert not Download.objects.exists()


def test_counting_goes_on_from_where_it_was():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1"})
    for _ in range(2):
        take(repository, times=2)
        count_fresh_downloads()

    assert DownloadDay.objects.get().count == 4
    assert count_downloads() == 0


@pytest.mark.parametrize("size", [1, 20])
def test_counting_takes_the_same_queries_for_one_download_or_twenty(
    django_assert_num_queries, size
):
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1"})
    take(repository)
    count_downloads()
    take(repository, times=size)

    # a savepoint and its release; the rows, the day twice, repository, listing, forget
    with django_assert_num_queries(8):
        count_downloads()


def test_nothing_leaves_that_may_not():
    private = RepositoryFactory()
    sold = RepositoryFactory(public=True)
    for repository in (private, sold):
        commit(repository, {"a": "1"})
    offer(sold)

    with pytest.raises(Http404):
        take(private)
    with pytest.raises(AccessRefused) as refusal:
        take(sold)
    owner = sold.created_by
    delete_repository(owner, repository=sold, deleted_at=NOON)
    with pytest.raises(Http404):
        take(sold, user=owner)

    assert (refusal.value.code, refusal.value.status) == ("sign_in_required", 403)
    assert str(sold.work_id) in refusal.value.extra["buy_url"]
    assert not Download.objects.exists()
