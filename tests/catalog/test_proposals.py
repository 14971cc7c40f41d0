from datetime import timedelta

import pytest

from marketplace.catalog import queries
from marketplace.catalog.cards import BadCard
from marketplace.catalog.models import Commit, FileScan, NamespaceUsage, Ref
from marketplace.catalog.services import (
    MergeConflict,
    NoSuchBranch,
    NothingToMerge,
    ProposalTaken,
    QuotaExceeded,
)
from tests.catalog.lines import branch, drop, merge, propose, squash
from tests.catalog.reading import files_in
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1", "b": "1", "d/c": "1"})
    return repository


def proposed(repository, files, number=1, **rest):
    propose(repository, number, **rest)
    return commit(repository, files, ref=f"refs/pr/{number}")


def test_a_merge_takes_in_what_was_changed_and_keeps_what_came_meanwhile(repository):
    theirs = proposed(repository, {"a": "2", "b": None, "new/x": "3"})
    ours = commit(repository, {"d/c": "9", "own": "9"})

    made = merge(repository, 1)

    assert files_in(repository) == {"a": b"2", "new/x": b"3", "d/c": b"9", "own": b"9"}
    assert (made.parents, made.line) == ([ours.oid, theirs.oid], ours.line)
    assert made.message == "Merge proposal 1"
    assert {one.path for one in queries.changes_of(made)} == {"a", "b", "new/x"}
    repository.refresh_from_db()
    assert repository.file_count == 4


def test_a_path_changed_on_both_sides_to_different_content_is_a_conflict(repository):
    proposed(repository, {"a": "2", "b": None, "d/c": "7", "same": "s", "new": "n"})
    head = commit(
        repository, {"a": "3", "b": "4", "d/c": None, "same": "s", "new": "m"}
    )
    before = files_in(repository)

    with pytest.raises(MergeConflict) as refusal:
        merge(repository, 1)

    assert refusal.value.extra == {"paths": ["a", "b", "d/c", "new"]}
    assert refusal.value.status == 409
    assert "“a”" in str(refusal.value)
    assert (queries.head_of(repository), files_in(repository)) == (head, before)


@pytest.mark.parametrize(
    ("theirs", "ours"), [({"x/y": "1"}, {"x": "1"}), ({"x": "1"}, {"x/y": "1"})]
)
def test_a_file_where_the_other_side_has_a_folder_is_a_conflict(
    repository, theirs, ours
):
    proposed(repository, theirs)
    head = commit(repository, ours)
    with pytest.raises(MergeConflict, match="“x"):
        merge(repository, 1)
    assert queries.head_of(repository) == head


def test_what_a_merge_brings_is_looked_into_if_nobody_has_yet(repository):
    proposed(repository, {"a": "2", "b": None, "new/x.pkl": "3"})
    FileScan.objects.all().delete()  # as of what came before there were scans

    merge(repository, 1)

    waiting = FileScan.objects.waiting(NOON)
    assert dict(waiting.values_list("pk", "suffix")) == {
        queries.file_at(repository, path="a").blob_id: "",
        queries.file_at(repository, path="new/x.pkl").blob_id: ".pkl",
    }


def test_the_same_change_on_both_sides_is_none(repository):
    proposed(repository, {"a": "2", "b": None, "z": "1"})
    commit(repository, {"a": "2", "b": None})

    made = merge(repository, 1)

    assert files_in(repository) == {"a": b"2", "d/c": b"1", "z": b"1"}
    assert {one.path for one in queries.changes_of(made)} == {"z"}


def test_merging_twice_answers_with_the_first_merge(repository):
    proposed(repository, {"a": "2"})
    made = merge(repository, 1)
    commit(repository, {"own": "1"})

    assert merge(repository, 1, at=NOON + timedelta(days=1)) == made
    assert Commit.objects.count() == 4


def test_what_comes_after_a_merge_is_merged_by_itself(repository):
    proposed(repository, {"a": "2"})
    merge(repository, 1)
    commit(repository, {"a": "ours"})
    commit(repository, {"z": "1"}, ref="refs/pr/1")

    merge(repository, 1, at=NOON + timedelta(days=1))

    assert files_in(repository)["a"] == b"ours"
    assert files_in(repository)["z"] == b"1"


def test_there_may_be_nothing_to_merge(repository):
    propose(repository, 1)
    with pytest.raises(NothingToMerge):
        merge(repository, 1)
    commit(repository, {"a": "2"}, ref="refs/pr/1")
    head = commit(repository, {"a": "2"})
    with pytest.raises(NothingToMerge):
        merge(repository, 1)
    assert queries.head_of(repository) == head


def test_a_proposal_may_be_for_any_branch_and_outlive_it(repository):
    branch(repository, "dev")
    proposed(repository, {"a": "2"}, base="dev")
    merge(repository, 1)
    assert files_in(repository, "dev")["a"] == b"2"
    assert files_in(repository)["a"] == b"1"

    commit(repository, {"a": "3"}, ref="refs/pr/1")
    drop(repository, "dev")
    with pytest.raises(NoSuchBranch):
        merge(repository, 1)
    assert files_in(repository, "refs/pr/1")["a"] == b"3"


def test_a_proposal_may_begin_a_repository():
    repository = RepositoryFactory(public=True)
    stranger = UserFactory()
    propose(repository, 1, actor=stranger)
    commit(repository, {"a": "1", "d/b": "2"}, ref="refs/pr/1", actor=stranger)
    assert queries.head_of(repository) is None

    made = merge(repository, 1)

    assert files_in(repository) == {"a": b"1", "d/b": b"2"}
    assert (made.line, made.position) == (0, 1)


def test_a_number_is_used_once_and_for_a_branch_that_is_there(repository):
    propose(repository, 1)
    with pytest.raises(ProposalTaken):
        propose(repository, 1)
    for base in ("nothing", "refs/pr/1", "a\0"):
        with pytest.raises(NoSuchBranch):
            propose(repository, 2, base=base)
    with pytest.raises(NoSuchBranch):
        merge(repository, 2)
    assert Ref.objects.filter(kind="PROPOSAL").count() == 1


def test_a_proposals_card_speaks_once_it_is_merged(repository):
    card = "---\nlanguage: [el]\npretty_name: Proposed\n---\nWords"
    proposed(repository, {"README.md": card})
    repository.refresh_from_db()
    assert (repository.languages, repository.title) != (["el"], "Proposed")

    merge(repository, 1)

    repository.refresh_from_db()
    assert (repository.languages, repository.title) == (["el"], "Proposed")
    assert queries.readme_of(repository).body.strip() == "Words"


def test_a_card_that_cannot_be_read_is_not_proposed(repository):
    propose(repository, 1)
    with pytest.raises(BadCard):
        commit(repository, {"README.md": "---\na: [\n---\n"}, ref="refs/pr/1")


def test_a_proposal_merges_although_its_branch_was_squashed_meanwhile(repository):
    commit(repository, {"own": "1"})
    proposed(repository, {"a": "2", "b": None})
    commit(repository, {"later": "1"})
    squash(repository)

    merge(repository, 1)

    assert files_in(repository) == {
        "a": b"2",
        "d/c": b"1",
        "own": b"1",
        "later": b"1",
    }


def usage(user) -> int:
    held = NamespaceUsage.objects.filter(namespace=user.namespace).first()
    return held.size_bytes if held else 0


def test_what_a_stranger_proposes_is_theirs_to_hold_until_it_is_merged(
    repository, settings
):
    owner, stranger = repository.created_by, UserFactory()
    propose(repository, 1, actor=stranger)
    commit(repository, {"z": "12345"}, ref="refs/pr/1", actor=stranger)
    assert (usage(owner), usage(stranger)) == (1, 5)

    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 5})
    with pytest.raises(QuotaExceeded):
        commit(repository, {"z": "1234567"}, ref="refs/pr/1", actor=stranger)
    with pytest.raises(QuotaExceeded):
        merge(repository, 1)
    assert (usage(owner), usage(stranger)) == (1, 5)
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 100})
    merge(repository, 1)
    assert (usage(owner), usage(stranger)) == (6, 5)
