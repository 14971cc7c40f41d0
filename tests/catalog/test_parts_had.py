"""A part of a sold repository: the versions of before, and a free sample, by any edge."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from licensing.conditions import Conditions
from licensing.freemium import Freemium, Rule
from licensing.models import Entitlement
from marketplace.catalog.downloads import (
    AccessRefused,
    release_content,
    release_file,
    require_access,
)
from marketplace.catalog.models import Download, Kind
from marketplace.catalog.queries import readable_blobs
from marketplace.catalog.services import remove_forgotten
from tests.catalog.lines import branch, squash
from tests.catalog.reading import content_of
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()
HOUR = timedelta(hours=1)
NOW = NOON + 9 * HOUR


@pytest.fixture
def repository():
    made = RepositoryFactory(public=True, kind=Kind.DATASET, licence_id="")
    commit(made, {"a": "old", "same": "same", "sample/one": "free"})
    return made


def sold(repository, **conditions):
    said = Conditions(**conditions)
    return make_offer(repository.work, price_minor=0, conditions=said)


def take(user, repository, path, *, revision="main", **rest):
    return content_of(
        release_file(
            user, repository=repository, revision=revision, path=path, at=NOW, **rest
        )
    )


def by_content(user, repository, path):
    blob = repository.entries.filter(name=path).order_by("pk").last().blob_id
    return release_content(
        user,
        repository=repository,
        sha256=blob,
        at=NOW,
        is_counted=False,
        address="",
    )


def refusal(act, *args, **rest):
    with pytest.raises(AccessRefused) as refused:
        act(*args, **rest)
    return refused.value.code


@pytest.fixture
def bought(repository):
    """The first version, its buyer, and a newer version that they did not buy."""
    offer = sold(repository, includes_updates=False)
    first = repository.commits.get()
    buyer = make_order(offer, placed_at=NOON + HOUR).buyer
    commit(repository, {"a": "new", "b": "b"}, at=NOON + 2 * HOUR)
    return first, buyer


def test_without_updates_the_version_that_was_bought_is_had_and_no_newer(
    repository, bought
):
    first, buyer = bought

    assert take(buyer, repository, "a", revision=first.oid) == b"old"
    assert take(buyer, repository, "same") == b"same"
    for path in ("a", "b"):
        assert refusal(take, buyer, repository, path) == "update_not_included"
        assert refusal(by_content, buyer, repository, path) == "update_not_included"
    assert by_content(buyer, repository, "same").path == "same"
    code = refusal(require_access, buyer, repository=repository, at=NOW)
    assert code == "update_not_included"
    blobs = set(repository.entries.values_list("blob_id", flat=True)) - {None}
    assert readable_blobs(buyer, blobs) == set()


def test_what_is_had_without_updates_is_told_to_the_owners(repository, bought):
    first, buyer = bought

    take(buyer, repository, "a", revision=first.oid)

    assert [(row.user, row.path) for row in Download.objects.all()] == [(buyer, "a")]


def test_versions_that_grew_old_are_had_by_who_ordered_those_that_are_free_for_it(
    repository,
):
    said = Freemium(Rule.OLDER_VERSIONS, notice_days=0, older_than_days=1)
    offer = make_offer(repository.work, freemium=said)
    first = repository.commits.get()
    commit(repository, {"a": "new"}, at=NOON + 2 * HOUR)
    order = make_order(offer, placed_at=NOON + 3 * HOUR, only_older=True)

    def had(revision, *, hours):
        entry = release_file(
            order.buyer,
            repository=repository,
            revision=revision,
            path="a",
            at=NOON + hours * HOUR,
        )
        return content_of(entry)

    assert refusal(had, first.oid, hours=23) == "update_not_included"
    assert had(first.oid, hours=24) == b"old"
    assert refusal(had, "main", hours=25) == "update_not_included"
    assert had("main", hours=26) == b"new"
    assert refusal(take, UserFactory(), repository, "a") == "purchase_required"
    blobs = set(repository.entries.values_list("blob_id", flat=True)) - {None}
    assert readable_blobs(order.buyer, blobs) == set()


def test_a_newer_branch_is_no_way_round(repository, bought):
    _, buyer = bought
    branch(repository, "dev")
    commit(repository, {"a": "dev"}, at=NOON + 3 * HOUR, ref="dev")

    assert refusal(take, buyer, repository, "a", revision="dev") == (
        "update_not_included"
    )
    assert take(buyer, repository, "same", revision="dev") == b"same"


def test_a_squash_leaves_buyers_the_version_they_bought(repository, bought):
    first, buyer = bought
    squash(repository, at=NOON + 4 * HOUR)
    remove_forgotten(repository)

    assert take(buyer, repository, "a", revision=first.oid) == b"old"
    assert refusal(take, buyer, repository, "b") == "update_not_included"


def test_ordering_again_covers_what_came_since(repository, bought):
    _, buyer = bought
    offer = Entitlement.objects.get().offer

    make_order(offer, buyer, placed_at=NOON + 5 * HOUR)

    assert take(buyer, repository, "a") == b"new"


def test_a_sample_is_free_to_take_and_the_rest_is_not(repository):
    sold(repository, sample=("sample/*",))

    for user in (NOBODY, UserFactory()):
        assert take(user, repository, "sample/one") == b"free"
        assert by_content(user, repository, "one").path == "sample/one"
        wanted = "sign_in_required" if user is NOBODY else "purchase_required"
        assert refusal(take, user, repository, "a") == wanted
        assert refusal(by_content, user, repository, "a") == wanted
        assert refusal(require_access, user, repository=repository, at=NOW) == wanted
    assert not Download.objects.filter(user__isnull=False).exists()


def test_over_lfs_a_part_is_a_part(client, repository, bought):
    _, buyer = bought
    client.force_login(buyer, backend="django.contrib.auth.backends.ModelBackend")
    old, new = repository.entries.filter(name="a").order_by("pk")

    answer = client.post(
        f"/datasets/{repository}.git/info/lfs/objects/batch",
        {
            "operation": "download",
            "objects": [
                {"oid": each.blob_id, "size": each.size_bytes} for each in (old, new)
            ],
        },
        content_type="application/vnd.git-lfs+json",
    )

    had, kept = answer.json()["objects"]
    assert "download" in had["actions"]
    assert kept["error"]["code"] == 404


def test_what_is_had_whole_costs_no_query_more(
    repository, bought, django_assert_num_queries
):
    whole = make_order(make_offer(repository.work, code="all", price_minor=0)).buyer
    _, buyer = bought

    with django_assert_num_queries(2):
        require_access(whole, repository=repository, at=NOW)
    entry = repository.entries.get(name="same")
    with django_assert_num_queries(3):
        require_access(buyer, repository=repository, at=NOW, entry=entry)
