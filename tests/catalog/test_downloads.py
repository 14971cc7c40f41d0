from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.http import Http404

from licensing.models import PriceKind, Usage
from licensing.services import Asking, accept_terms, place_order
from marketplace.catalog.download_days import count_downloads
from marketplace.catalog.downloads import (
    AccessRefused,
    release_content,
    release_file,
)
from marketplace.catalog.models import Download, DownloadDay, Gating, Listing
from marketplace.catalog.queries import download_count, takings_of
from marketplace.catalog.services import delete_repository, grant_access, set_gating
from marketplace.catalog.takings import bucket_of
from marketplace.catalog.tasks import count_fresh_downloads
from marketplace.privacy.services import forget_overdue
from tests.catalog.reading import content_of
from tests.catalog.test_listings import offer
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import DAY, PAY_WITHIN, make_offer, make_order
from tests.hub.sending import client_of
from tests.hub.test_lfs import batch

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()
HERE, THERE = "192.0.2.1", "2001:db8::1"
MINUTE = timedelta(minutes=1)
LATER = NOON + 7 * DAY


def take(repository, *, times=1, at=NOON, user=NOBODY, address=HERE, **rest):
    for _ in range(times):
        entry = release_file(
            user, repository=repository, path="a", at=at, address=address, **rest
        )
    return entry


@pytest.fixture
def repository():
    made = RepositoryFactory(public=True)
    commit(made, {"a": "1"})
    return made


def test_what_is_paid_by_use_is_paid_once_a_day_by_whichever_part_of_it_leaves(
    repository,
):
    commit(repository, {"a": "1", "b": "2", "c": "3"})
    by_use = Asking(PriceKind.METERED, period="USE")
    sold = {"price_minor": 5_00, "asking": by_use, "decision": "It is a test."}
    offer = make_offer(repository.work, **sold)
    user = make_order(offer).buyer

    def used():
        return sum(Usage.objects.values_list("requests", flat=True))

    take(repository, user=user, is_leaving=False)  # looked at on a page
    assert used() == 0
    for minutes, is_counted in enumerate((False, True, False)):
        take(repository, user=user, at=NOON + minutes * MINUTE, is_counted=is_counted)
    assert used() == 1
    b = repository.entries.get(name="b")
    for _ in range(2):
        release_content(
            user,
            repository=repository,
            sha256=b.blob_id,
            at=NOON,
            is_counted=False,
            address="",
        )
    assert used() == 2
    asked = batch(client_of(user), repository, b"3", operation="download")
    assert asked.json()["objects"][0]["actions"]["download"]["href"]
    assert used() == 3
    take(repository, user=user, at=NOON + 2 * DAY)
    assert used() == 4


def test_one_person_takes_a_repository_once_in_five_minutes_however_many_files(
    repository,
):
    user, other = UserFactory.create_batch(2)
    assert content_of(take(repository, times=3, user=user)) == b"1"
    take(repository, user=user, at=NOON + 4 * MINUTE)
    take(repository, user=user, at=NOON + 5 * MINUTE)
    take(repository, user=other)
    take(repository, user=other, is_counted=False)
    assert download_count(repository) == 3

    assert count_downloads(at=LATER) == 3
    repository.refresh_from_db()

    assert repository.downloads == download_count(repository) == 3
    assert Listing.objects.get(pk=repository.pk).downloads == 3
    assert not Download.objects.exists()


@pytest.mark.parametrize(
    ("addresses", "count"),
    [
        ([HERE, HERE], 1),
        ([HERE, "192.0.2.2"], 2),
        ([THERE, "2001:db8::2"], 1),  # of one household
        ([THERE, "2001:db8:0:1::1"], 2),
        (["", "unix:"], 1),
    ],
)
def test_people_without_accounts_are_told_apart_by_network(
    repository, addresses, count
):
    for address in addresses:
        take(repository, address=address)

    assert download_count(repository) == count


def test_nobody_can_tell_who_took_what_is_public(repository):
    take(repository, user=UserFactory())
    take(repository)
    take(repository, at=NOON + DAY)

    rows = Download.objects.all()

    assert {(row.user, row.path, row.sha256) for row in rows} == {(None, "", "")}
    takers = {row.taker for row in rows}
    assert len(takers) == 3  # of a day: the salt is another tomorrow
    assert not any(HERE in taker for taker in takers)
    assert not takings_of(repository).exists()


def test_downloads_are_counted_by_the_day_they_began_in(repository):
    late = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    take(repository, at=late)
    take(repository, at=late + 2 * MINUTE)

    count_downloads(at=LATER)

    days = DownloadDay.objects.filter(repository=repository).values_list("day", "count")
    assert dict(days) == {date(2026, 1, 1): 1, date(2026, 1, 2): 1}


def test_what_may_still_go_on_is_not_counted_yet(repository):
    take(repository)
    assert bucket_of(NOON + 4 * MINUTE) == NOON

    assert count_downloads(at=NOON + 5 * MINUTE) == 0
    take(repository, at=NOON + 4 * MINUTE)

    assert count_downloads(at=NOON + 6 * MINUTE) == 1
    assert count_downloads(at=LATER) == 0


def test_counting_goes_on_from_where_it_was(repository):
    for minutes in (0, 10):
        take(repository, times=2, at=NOON + minutes * MINUTE)
        count_fresh_downloads()

    assert DownloadDay.objects.get().count == 2


@pytest.mark.parametrize("size", [1, 20])
def test_counting_takes_the_same_queries_for_one_download_or_twenty(
    django_assert_num_queries, repository, size
):
    take(repository)
    count_downloads(at=LATER)
    for minutes in range(size):
        take(repository, at=NOON + 5 * minutes * MINUTE)

    # repositories; savepoint and release; lock, count, the day twice, add, listing,
    # forget, keep
    with django_assert_num_queries(11):
        assert count_downloads(at=LATER) == size


def test_being_counted_costs_one_insert(django_assert_num_queries, repository):
    # the work's offers, the version, the file; then who took it
    with django_assert_num_queries(3):
        take(repository, is_counted=False)
    with django_assert_num_queries(4):
        take(repository)


def test_owners_of_what_is_gated_see_who_took_what_and_when():
    repository, user = RepositoryFactory(public=True), UserFactory()
    commit(repository, {"a": "1"})
    owner = repository.created_by
    set_gating(owner, repository=repository, gating=Gating.MANUAL, changed_at=NOON)
    grant_access(owner, repository=repository, user=user, granted_at=NOON)
    for minutes in (1, 2):
        take(repository, user=user, at=NOON + minutes * MINUTE)

    rows = list(takings_of(repository).order_by("at"))
    blob = repository.entries.get(name="a").blob_id
    assert [(row.user, row.path, row.sha256) for row in rows] == [(user, "a", blob)] * 2
    assert rows[0].at == NOON + MINUTE

    assert count_downloads(at=LATER) == 1
    assert count_downloads(at=LATER) == 0
    assert takings_of(repository).count() == 2
    repository.refresh_from_db()
    assert download_count(repository) == 1


def test_owners_of_what_is_paid_see_buyers_and_not_themselves():
    repository, buyer = RepositoryFactory(public=True, licence_id=""), UserFactory()
    commit(repository, {"a": "1"})
    sold = make_offer(repository.work, price_minor=0)
    accept_terms(buyer, offer=sold, accepted_at=NOON)
    place_order(buyer, offers=[sold], placed_at=NOON, fee_bps=0, pay_within=PAY_WITHIN)

    take(repository, user=buyer)
    take(repository, user=repository.created_by)

    assert [row.user for row in takings_of(repository)] == [buyer]
    assert download_count(repository) == 2


def test_who_took_what_is_forgotten_after_a_year():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1"})
    owner = repository.created_by
    set_gating(owner, repository=repository, gating=Gating.MANUAL, changed_at=NOON)
    take(repository, user=owner)
    take(repository, user=owner, at=NOON + DAY)
    count_downloads(at=LATER)

    assert forget_overdue(at=NOON + 365 * DAY) == 0
    assert forget_overdue(at=NOON + 365 * DAY + MINUTE) == 1

    assert takings_of(repository).get().at == NOON + DAY
    repository.refresh_from_db()
    assert repository.downloads == 2


def test_the_database_keeps_names_only_with_what_was_taken(repository):
    take(repository)

    with pytest.raises(IntegrityError), transaction.atomic():
        Download.objects.update(user=UserFactory())
    with pytest.raises(IntegrityError), transaction.atomic():
        Download.objects.update(path="a")


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
    assert refusal.value.path == refusal.value.extra["buy_url"]
    assert not Download.objects.exists()
