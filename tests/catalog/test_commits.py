from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from marketplace.catalog import queries
from marketplace.catalog.models import Commit, NamespaceUsage, Ref, TreeEntry
from marketplace.catalog.paths import BadPath
from marketplace.catalog.services import (
    AddFile,
    DeleteFile,
    DeleteFolder,
    NothingToCommit,
    QuotaExceeded,
    StaleParent,
    commit_files,
    set_archived,
)
from marketplace.catalog.services.repositories import RepositoryArchived
from marketplace.catalog.trees import NoSuchFile, PathClash
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from marketplace.storage.models import Blob
from tests.catalog.conftest import EVERYONE
from tests.catalog.reading import files_in, tree_in
from tests.factories.accounts import NOON
from tests.factories.catalog import (
    RepositoryFactory,
    blob_of,
    commit,
    unstored_blob,
)

pytestmark = pytest.mark.django_db


def test_a_commit_puts_files_and_keeps_the_versions_before():
    repository = RepositoryFactory()
    first = commit(repository, {"data/a.csv": "1", "data/b.csv": "22"})
    second = commit(repository, {"data/a.csv": "333", "data/b.csv": None})

    assert files_in(repository, first) == {"data/a.csv": b"1", "data/b.csv": b"22"}
    assert files_in(repository, second) == {"data/a.csv": b"333"}
    assert tree_in(repository, first.oid) == {"": (2, 3), "data": (2, 3)}
    assert tree_in(repository, second.oid) == {"": (1, 3), "data": (1, 3)}
    assert (first.parents, second.parents) == ([], [first.oid])
    assert queries.head_of(repository) == second
    repository.refresh_from_db()
    assert (repository.file_count, repository.size_bytes) == (1, 3)


def test_a_commit_is_recorded_with_its_author():
    repository = RepositoryFactory()

    made = commit(repository, {"a": "1"}, message="First\n\nWith a reason.")

    assert (made.title, made.author) == ("First", repository.created_by)
    record = AuditRecord.objects.get(act="commit_files")
    assert record.target_id == str(repository.pk)
    assert record.details == {"commit": made.oid, "files": 1}


def test_the_same_content_makes_no_commit_and_answers_the_newest():
    repository = RepositoryFactory()
    first = commit(repository, {"a": "1", "b/c": "2"})

    again = commit(repository, {"b/c": "2"}, at=NOON + timedelta(days=1))

    assert again == first
    assert Commit.objects.count() == 1
    assert AuditRecord.objects.filter(act="commit_files").count() == 1


def test_equal_trees_have_equal_oids_in_any_repository_and_order():
    one, other = RepositoryFactory.create_batch(2)
    commit(one, {"a/b": "1", "c": "2"})
    commit(other, {"c": "0"})
    commit(other, {"c": "2"})
    commit(other, {"a/b": "1"})

    assert queries.head_of(one).tree_oid == queries.head_of(other).tree_oid


def test_going_back_to_an_older_tree_is_a_new_commit():
    repository = RepositoryFactory()
    first = commit(repository, {"a": "1"})
    commit(repository, {"a": "2"})

    third = commit(repository, {"a": "1"})

    assert third.oid != first.oid
    assert third.tree_oid == first.tree_oid


@pytest.mark.parametrize(
    ("message", "changes", "title"),
    [
        ("", {"data/x.csv": "1"}, "Add x.csv"),
        ("  \n ", {"a": "1", "b": "2", "c": "3"}, "Add a and 2 more"),
        ("Said", {"a": "1"}, "Said"),
    ],
)
def test_a_commit_without_a_message_is_given_one(message, changes, title):
    assert commit(RepositoryFactory(), changes, message=message).title == title


def test_a_message_that_cannot_be_kept_is_refused():
    with pytest.raises(Malformed, match="message"):
        commit(RepositoryFactory(), {"a": "1"}, message="a\0b")


def test_a_commit_of_nothing_is_refused():
    with pytest.raises(NothingToCommit):
        commit(RepositoryFactory(), {})


def test_a_path_named_twice_is_refused():
    repository = RepositoryFactory()
    blob = blob_of("1")
    with pytest.raises(BadPath, match="twice"):
        commit_files(
            repository.created_by,
            repository=repository,
            changes=[AddFile("a", blob), DeleteFile("a")],
            message="",
            committed_at=NOON,
        )


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"a": "1"}, {"a/b": "2"}),
        ({"a/b": "1"}, {"a": "2"}),
        ({"a/b": "1", "a/c": "1"}, {"a": "2", "a/b": None}),
        ({"x": "1"}, {"a": "1", "a/b": "2"}),
        ({"a": "1"}, {"a": "2", "a/b": "2"}),
        ({"a/b/c": "1"}, {"a/b/c/d": "1"}),
    ],
)
def test_a_name_is_never_both_a_file_and_a_folder(before, change):
    repository = RepositoryFactory()
    head = commit(repository, before)

    with pytest.raises(PathClash):
        commit(repository, change)

    assert queries.head_of(repository) == head
    assert set(files_in(repository)) == set(before)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({"a": "1"}, {"a": None, "a/b": "2"}, {"a/b"}),
        ({"a/b": "1"}, {"a": "2", "a/b": None}, {"a"}),
        ({"a/b/c": "1", "d": "1"}, {"a/b/c": None}, {"d"}),
        ({"a": "1", "A": "2"}, {"a": None}, {"A"}),
        ({"a": "1"}, {"a": None}, set()),
    ],
)
def test_files_and_folders_may_take_each_others_place(before, change, after):
    repository = RepositoryFactory()
    commit(repository, before)

    commit(repository, change)

    assert set(files_in(repository)) == after
    folders = {path.rpartition("/")[0] for path in after} | {""}
    assert set(tree_in(repository)) == folders


def test_deleting_what_is_not_there_is_refused():
    repository = RepositoryFactory()
    commit(repository, {"a/b": "1"})
    for path in ("a", "c", "a/b/c"):
        with pytest.raises(NoSuchFile, match=path):
            commit(repository, {path: None})


def test_a_folder_is_deleted_whole_with_all_below_it_and_nothing_beside():
    repository = RepositoryFactory()
    commit(repository, {"a/b": "1", "a/c/d": "2", "ab": "3", "a_/x": "4"})

    commit_files(
        repository.created_by,
        repository=repository,
        changes=[DeleteFolder("a")],
        message="",
        committed_at=NOON,
    )

    assert set(files_in(repository)) == {"ab", "a_/x"}
    assert set(tree_in(repository)) == {"", "a_"}


def test_deleting_a_folder_that_is_not_there_is_refused():
    repository = RepositoryFactory()
    commit(repository, {"a": "1"})
    with pytest.raises(NoSuchFile, match="folder"):
        commit_files(
            repository.created_by,
            repository=repository,
            changes=[DeleteFolder("a")],
            message="",
            committed_at=NOON,
        )


def test_a_commit_on_a_stale_parent_is_refused_and_says_where_the_branch_is():
    repository = RepositoryFactory()
    first = commit(repository, {"a": "1"}, expected_parent="")
    second = commit(repository, {"a": "2"}, expected_parent=first.oid)

    for stale in ("", first.oid, "f" * 40):
        with pytest.raises(StaleParent, match=second.oid) as refusal:
            commit(repository, {"a": "3"}, expected_parent=stale)
        assert refusal.value.extra == {"head": second.oid}
    assert queries.head_of(repository) == second


def test_an_archived_repository_takes_no_commit():
    repository = RepositoryFactory()
    owner = repository.created_by
    set_archived(owner, repository=repository, archived=True, at=NOON)

    with pytest.raises(RepositoryArchived):
        commit(repository, {"a": "1"})

    assert queries.head_of(repository) is None


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_commit(repository, people, who):
    may = who in {"editor", "writer", "owner"}
    if who == "nobody":
        return
    if may:
        commit(repository, {"a": "1"}, actor=people[who])
    else:
        with pytest.raises(PermissionDenied):
            commit(repository, {"a": "1"}, actor=people[who])
    assert Commit.objects.exists() is may


def test_quota_counts_each_content_of_a_namespace_once(settings):
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 10})
    owner = RepositoryFactory().created_by
    one, other = RepositoryFactory.create_batch(2, owner=owner)
    commit(one, {"a": "12345", "b": "12345"})
    commit(other, {"a": "12345", "b": "67890"})

    with pytest.raises(QuotaExceeded, match="10 of 10 bytes"):
        commit(one, {"c": "x"})

    assert NamespaceUsage.objects.get().size_bytes == 10
    assert set(files_in(one)) == {"a", "b"}
    commit(one, {"c": "67890"})
    elsewhere = RepositoryFactory()
    commit(elsewhere, {"a": "67890"})
    assert NamespaceUsage.objects.get(namespace=elsewhere.namespace).size_bytes == 5


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda made: Commit.objects.filter(pk=made.pk).update(message="other"),
        lambda made: Commit.objects.filter(pk=made.pk)._raw_delete("default"),
        lambda made: TreeEntry.objects.all()._raw_delete("default"),
        lambda made: TreeEntry.objects.update(size_bytes=9),
        lambda made: TreeEntry.objects.exclude(name="").update(name="z", until=7),
        lambda made: TreeEntry.objects.filter(until=2).update(until=None),
        lambda made: TreeEntry.objects.filter(until=2).update(until=3),
        lambda made: Ref.objects.filter(kind="TAG").update(commit=made),
    ],
)
def test_the_database_itself_refuses_to_change_history(forbidden):
    repository = RepositoryFactory()
    first = commit(repository, {"a": "1"})
    repository.refs.create(name="v1", kind="TAG", commit=first, created_at=NOON)
    second = commit(repository, {"a": "2"})
    before = files_in(repository, first), files_in(repository, second)

    with pytest.raises(IntegrityError), transaction.atomic():
        forbidden(second)

    assert (files_in(repository, first), files_in(repository, second)) == before


@pytest.fixture
def large(repository):
    """A repository of 10,000 files in one folder and beside it."""
    paths = [f"images/{number:05}.png" for number in range(9_900)]
    paths += [f"{number:02}/labels.csv" for number in range(100)]
    blobs = Blob.objects.bulk_create(unstored_blob(path) for path in paths)
    changes = [AddFile(path, blob) for path, blob in zip(paths, blobs, strict=True)]
    commit_files(
        repository.created_by,
        repository=repository,
        changes=changes,
        message="",
        committed_at=NOON,
    )
    return repository


def test_a_commit_of_one_file_costs_the_same_beside_ten_thousand(
    large, django_assert_num_queries
):
    small = RepositoryFactory(owner=large.created_by, namespace=large.namespace)
    commit(small, {"images/00000.png": "1"})
    new, newer = blob_of("new"), blob_of("newer")
    owner = large.created_by
    rows = TreeEntry.objects.count()

    with django_assert_num_queries(ONE_FILE_QUERIES):
        commit(small, {"images/00000.png": new}, actor=owner)
    with django_assert_num_queries(ONE_FILE_QUERIES):
        commit(large, {"images/00000.png": newer}, actor=owner)

    assert TreeEntry.objects.count() == rows + 2 * len(["file", "folder", "root"])
    assert tree_in(large)["images"][0] == 9_900


# The role; a savepoint and its release; the repository locked, its branch, the entries on
# the way; usage locked, what is held written, then usage; the commit, what ends
# and what begins, the branch moved; what is to be scanned; the repository, the audit row.
ONE_FILE_QUERIES = 17


@pytest.mark.django_db(transaction=True)
def test_commits_at_the_same_time_lose_nothing():
    repository = RepositoryFactory()
    blobs = {f"f{number}.txt": blob_of(f"{number}") for number in range(8)}
    start, failures = Barrier(len(blobs)), []

    def put(path, blob):
        try:
            start.wait()
            mine = type(repository).objects.get(pk=repository.pk)
            commit(mine, {path: blob})
        except Exception as fault:  # noqa: BLE001  a thread's failure must be told
            failures.append(fault)
        finally:
            connection.close()

    threads = [Thread(target=put, args=pair) for pair in blobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert set(files_in(repository)) == set(blobs)
    positions = Commit.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, 9))
    assert tree_in(repository) == {"": (8, 8)}


@pytest.mark.django_db(transaction=True)
def test_of_two_commits_on_one_parent_only_one_is_made():
    repository = RepositoryFactory()
    parent = commit(repository, {"a": "0"})
    start, outcomes = Barrier(2), []

    def put(text):
        try:
            start.wait()
            mine = type(repository).objects.get(pk=repository.pk)
            made = commit(mine, {"a": text}, expected_parent=parent.oid)
            outcomes.append(made.oid)
        except StaleParent as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=put, args=(text,)) for text in ("1", "2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    head = queries.head_of(repository)
    assert sorted(outcomes) == sorted([head.oid, "stale_parent"])
    assert head.parents == [parent.oid]
