from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from licensing.services import accept_terms, place_order
from marketplace.catalog import queries
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Commit, NamespaceUsage, Shadow, TreeEntry
from marketplace.catalog.queries import RevisionNotFound
from marketplace.catalog.queries.holdings import used_storage
from marketplace.catalog.services import (
    NoSuchBranch,
    QuotaExceeded,
    delete_repository,
    delete_tag,
    release_held,
    remove_forgotten,
    restore_repository,
)
from tests.catalog.lines import branch, drop, propose, squash, tag
from tests.catalog.reading import content_of, files_in, tree_in
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


@pytest.fixture
def repository():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1", "b": "22"})
    commit(repository, {"a": "333", "d/c": "4444"})
    return repository


def held(repository) -> int:
    return NamespaceUsage.objects.get(namespace=repository.namespace).size_bytes


def known(repository) -> set[str]:
    oids = repository.commits.values_list("oid", flat=True)
    return {oid for oid in oids if _is_known(repository, oid)}


def _is_known(repository, oid) -> bool:
    try:
        return queries.commit_at(repository, oid).oid == oid
    except RevisionNotFound:
        return False


def test_a_squashed_branch_is_one_commit_with_the_tree_it_had(repository):
    before = queries.head_of(repository)
    tree, files = tree_in(repository), files_in(repository)

    made = squash(repository, message="Begin anew", at=LATER)

    assert queries.head_of(repository) == made
    assert (made.parents, made.tree_oid) == ([], before.tree_oid)
    assert (made.message, made.committed_at) == ("Begin anew", LATER)
    assert (tree_in(repository), files_in(repository)) == (tree, files)
    assert list(queries.commits_of(repository, until=made)) == [made]
    assert known(repository) == {made.oid}


def test_a_squashed_branch_goes_on(repository):
    made = squash(repository)
    following = commit(repository, {"a": None, "e": "5"}, at=LATER)

    assert following.parents == [made.oid]
    assert files_in(repository) == {"b": b"22", "d/c": b"4444", "e": b"5"}
    assert files_in(repository, made.oid)["a"] == b"333"
    again = squash(repository, at=LATER)
    assert known(repository) == {again.oid}


def test_squashing_what_is_one_commit_already_changes_nothing(repository):
    made = squash(repository)

    assert squash(repository, at=LATER) == made
    assert known(repository) == {made.oid}


def test_room_is_given_back_at_once(repository):
    assert held(repository) == used_storage(repository) == 1 + 2 + 3 + 4

    squash(repository)

    assert held(repository) == used_storage(repository) == 2 + 3 + 4


def test_what_a_tag_or_a_branch_points_at_stays_and_only_that(repository):
    first = repository.commits.get(position=1)
    commit(repository, {"lost": "55555"})
    third = commit(repository, {"a": "666666"})
    tag(repository, "v1", first.oid)
    branch(repository, "dev", third.oid)

    made = squash(repository)

    assert known(repository) == {first.oid, third.oid, made.oid}
    assert files_in(repository, "v1") == {"a": b"1", "b": b"22"}
    assert files_in(repository, "dev") == files_in(repository)
    history = queries.commits_of(repository, until=third).order_by("-pk")
    assert list(history) == [third, first]
    following = commit(repository, {"a": "7"}, ref="dev", at=LATER)
    assert files_in(repository, "dev")["a"] == b"7"
    assert following.parents == [third.oid]
    assert files_in(repository)["a"] == b"666666"


def test_what_was_the_newest_when_somebody_ordered_stays_for_them():
    repository, buyer = RepositoryFactory(public=True, licence_id=""), UserFactory()
    hours = [NOON + timedelta(hours=number) for number in range(6)]
    commit(repository, {"a": "before"}, at=hours[0])
    ordered = commit(repository, {"a": "ordered"}, at=hours[1])
    sold = make_offer(repository.work, price_minor=0)
    accept_terms(buyer, offer=sold, accepted_at=hours[2])
    place_order(
        buyer,
        offers=[sold],
        placed_at=hours[2],
        fee_bps=0,
        pay_within=timedelta(days=14),
    )
    commit(repository, {"a": "after"}, at=hours[3])

    made = squash(repository, at=hours[4])

    assert known(repository) == {ordered.oid, made.oid}
    remove_forgotten(repository)
    entry = release_file(
        buyer, repository=repository, revision=ordered.oid, path="a", at=hours[5]
    )
    assert content_of(entry) == b"ordered"
    assert held(repository) == len("ordered") + len("after")


def test_a_branch_that_lies_over_what_was_squashed_keeps_its_tree(repository):
    branch(repository, "dev")
    there = commit(repository, {"a": None, "n": "1"}, ref="dev")

    made = squash(repository)

    assert files_in(repository, "dev") == {"b": b"22", "d/c": b"4444", "n": b"1"}
    assert known(repository) == {there.oid, made.oid}
    drop(repository, "dev")
    assert known(repository) == {made.oid}


def test_a_branch_is_squashed_and_main_is_not(repository):
    branch(repository, "dev")
    of_main = known(repository)
    commit(repository, {"a": "9"}, ref="dev")
    commit(repository, {"b": None}, ref="dev")

    made = squash(repository, "dev")

    assert known(repository) == of_main | {made.oid}
    assert files_in(repository, "dev") == {"a": b"9", "d/c": b"4444"}
    assert files_in(repository)["a"] == b"333"
    repository.refresh_from_db()
    assert repository.file_count == 3


def test_there_may_be_nothing_to_squash(repository):
    tag(repository, "v1")
    propose(repository, 1)
    commit(repository, {"a": "9"}, ref="refs/pr/1")
    for name in ("v1", "refs/pr/1", "nothing"):
        with pytest.raises(NoSuchBranch):
            squash(repository, name)
    with pytest.raises(NoSuchBranch):
        squash(RepositoryFactory())


def test_forgotten_rows_are_removed_and_what_is_needed_stays(repository):
    first = repository.commits.get(position=1)
    branch(repository, "dev")
    commit(repository, {"a": None, "n": "1"}, ref="dev")
    branch(repository, "gone")
    commit(repository, {"b": "gone", "d/c": None}, ref="gone")
    commit(repository, {"b": "new"})
    commit(repository, {"b": "newer"})
    tag(repository, "v1", first.oid)
    squash(repository)
    drop(repository, "gone")
    versions = {name: files_in(repository, name) for name in ("main", "dev", "v1")}
    trees = {name: tree_in(repository, name) for name in versions}
    needed = known(repository)

    removed = remove_forgotten(repository)

    assert removed > 0
    assert {name: files_in(repository, name) for name in versions} == versions
    assert {name: tree_in(repository, name) for name in trees} == trees
    assert known(repository) == needed
    assert (
        not repository.entries.filter(blob__size_bytes=len("gone"))
        .filter(name="b")
        .exists()
    )
    assert remove_forgotten(repository) == 0
    commit(repository, {"b": "x"}, ref="dev", at=LATER)
    assert files_in(repository, "dev") == {**versions["dev"], "b": b"x"}


def test_nothing_of_an_open_line_can_be_removed(repository):
    branch(repository, "dev")
    commit(repository, {"a": None}, ref="dev")
    assert remove_forgotten(repository) == 0
    for rows in (Shadow, TreeEntry, Commit):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.objects.order_by("-pk")._raw_delete("default")
    with pytest.raises(IntegrityError), transaction.atomic():
        Shadow.objects.update(since=9)


def test_a_deleted_repository_gives_its_room_back_and_takes_it_again(
    repository, settings
):
    owner, namespace = repository.created_by, repository.namespace
    other = RepositoryFactory(owner=owner)
    commit(other, {"x": "333"})
    assert held(repository) == 10

    delete_repository(owner, repository=repository, deleted_at=NOON)
    assert held(repository) == release_held(namespace) == 3
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 9})
    with pytest.raises(QuotaExceeded):
        restore_repository(owner, repository=repository, restored_at=NOON)
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 10})
    repository.refresh_from_db()
    restore_repository(owner, repository=repository, restored_at=NOON)
    assert held(repository) == release_held(namespace) == 10


def test_the_last_that_points_at_what_was_squashed_gives_its_room_back(repository):
    branch(repository, "dev")
    tag(repository, "v1", repository.commits.get(position=1).oid)
    commit(repository, {"a": "7777777"})
    squash(repository)
    assert held(repository) == 17

    drop(repository, "dev")
    assert held(repository) == used_storage(repository) == 2 + 4 + 7 + 1
    delete_tag(repository.created_by, repository=repository, name="v1", deleted_at=NOON)
    assert held(repository) == used_storage(repository) == 2 + 4 + 7


def test_a_blob_on_a_branch_counts_until_the_branch_is_gone(repository):
    branch(repository, "dev")
    commit(repository, {"a": "7777777"}, ref="dev")
    assert held(repository) == used_storage(repository) == 17

    drop(repository, "dev")

    assert held(repository) == used_storage(repository) == 10
