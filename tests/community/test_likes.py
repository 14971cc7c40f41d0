"""Likes: twice is once, counts are kept, and nobody learns of what is hidden."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from marketplace.catalog.models import Listing, Visibility
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.wanted import Sort, Wanted
from marketplace.catalog.services import (
    delete_repository,
    restore_repository,
    set_visibility,
)
from marketplace.community.models import Like
from marketplace.community.queries import is_liked_by, likers_of, likes_of
from marketplace.community.services import like, unlike
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


def counts(repository):
    repository.refresh_from_db(fields=["likes"])
    return repository.likes, Listing.objects.get(pk=repository.pk).likes


def test_liking_twice_is_liking_once():
    repository, fan = RepositoryFactory(public=True), UserFactory()

    assert like(fan, repository=repository, liked_at=NOON) is True
    assert like(fan, repository=repository, liked_at=NOON) is False

    assert counts(repository) == (1, 1)
    assert is_liked_by(fan, repository)
    assert [row.user for row in likers_of(repository)] == [fan]
    assert AuditRecord.objects.filter(act="like_repository").count() == 1


def test_taking_a_like_back_twice_takes_one():
    repository, fan, other = (
        RepositoryFactory(public=True),
        *UserFactory.create_batch(2),
    )
    like(fan, repository=repository, liked_at=NOON)
    like(other, repository=repository, liked_at=NOON)

    assert unlike(fan, repository=repository, unliked_at=NOON) is True
    assert unlike(fan, repository=repository, unliked_at=NOON) is False

    assert counts(repository) == (1, 1)
    assert not is_liked_by(fan, repository)


@pytest.mark.django_db(transaction=True)
def test_many_who_like_at_once_are_all_counted():
    repository, fans = RepositoryFactory(public=True), UserFactory.create_batch(4)

    answers = run_at_once(
        *(
            lambda fan=fan: like(fan, repository=repository, liked_at=NOON)
            for fan in [*fans, *fans]
        )
    )

    assert sorted(answers) == [False] * 4 + [True] * 4
    assert counts(repository) == (4, 4)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("stranger", False),
        ("viewer", True),
        ("editor", True),
        ("reader", True),
        ("writer", True),
        ("owner", True),
        ("staff", False),
    ],
)
def test_who_may_like_what_is_private(repository, people, who, may):
    user = people[who]

    if may:
        like(user, repository=repository, liked_at=NOON)
    else:
        with pytest.raises(Http404):
            like(user, repository=repository, liked_at=NOON)

    assert Like.objects.exists() is may
    assert counts(repository) == (int(may), int(may))


def test_somebody_suspended_likes_nothing():
    repository = RepositoryFactory(public=True)

    with pytest.raises(PermissionDenied):
        like(UserFactory(is_active=False), repository=repository, liked_at=NOON)

    assert counts(repository) == (0, 0)


def test_what_somebody_likes_is_shown_as_far_as_the_asker_may_see():
    fan = UserFactory()
    own = RepositoryFactory(owner=fan)
    public = RepositoryFactory(public=True)
    gone = RepositoryFactory(public=True)
    for repository in (own, public, gone):
        like(fan, repository=repository, liked_at=NOON)
    delete_repository(gone.created_by, repository=gone, deleted_at=NOON)

    assert {row.repository for row in likes_of(fan, user=fan)} == {own, public}
    for asker in (NOBODY, UserFactory()):
        assert {row.repository for row in likes_of(fan, user=asker)} == {public}


def test_who_was_suspended_is_not_shown_as_liking():
    repository, fan = RepositoryFactory(public=True), UserFactory()
    like(fan, repository=repository, liked_at=NOON)
    fan.is_active = False
    fan.save(update_fields=["is_active"])

    assert list(likers_of(repository)) == []


def test_likes_outlive_hiding_and_restoring():
    repository = RepositoryFactory(public=True)
    owner = repository.created_by
    like(UserFactory(), repository=repository, liked_at=NOON)
    set_visibility(
        owner, repository=repository, visibility=Visibility.PRIVATE, changed_at=NOON
    )
    assert counts(repository) == (1, 1)
    delete_repository(owner, repository=repository, deleted_at=NOON)
    restore_repository(owner, repository=repository, restored_at=NOON)

    assert counts(repository) == (1, 1)


def test_a_list_by_likes_is_one_query(django_assert_num_queries):
    made = RepositoryFactory.create_batch(3, public=True)
    for repository, many in zip(made, (1, 3, 2), strict=True):
        for fan in UserFactory.create_batch(many):
            like(fan, repository=repository, liked_at=NOON)

    with django_assert_num_queries(1):
        page = listed_for(NOBODY, wanted=Wanted(), sort=Sort.LIKES)

    assert [
        row.count(made[n].name) > 0 for n, row in zip((1, 2, 0), page.rows, strict=True)
    ]


@pytest.mark.parametrize("many", [1, 12])
def test_lists_of_likes_cost_one_query(django_assert_num_queries, many):
    repository, fan = RepositoryFactory(public=True), UserFactory()
    for number, each in enumerate(UserFactory.create_batch(many)):
        like(each, repository=repository, liked_at=NOON + timedelta(seconds=number))
    for each in RepositoryFactory.create_batch(many, public=True):
        like(fan, repository=each, liked_at=NOON)

    with django_assert_num_queries(1):
        assert len({row.user.username for row in likers_of(repository)}) == many
    with django_assert_num_queries(1):
        assert len({str(row.repository) for row in likes_of(fan, user=NOBODY)}) == many
