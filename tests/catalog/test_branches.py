import subprocess

import pytest

from marketplace.catalog import queries
from marketplace.catalog.models import Commit, Ref, Shadow, TreeEntry
from marketplace.catalog.queries import RevisionNotFound
from marketplace.catalog.queries.revisions import COMMITS_ORDER
from marketplace.catalog.refnames import BadRefName, checked_name
from marketplace.catalog.services import (
    BranchTaken,
    DefaultBranchStays,
    NoSuchBranch,
    TagTaken,
    delete_tag,
)
from marketplace.catalog.services.writing import MOST_LAYERS
from marketplace.kit.models import AuditRecord
from tests.catalog.lines import branch, drop, propose, tag
from tests.catalog.reading import files_in, tree_in
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1", "d/b": "22", "d/c": "333"})
    return repository


def history(repository, revision, path=""):
    until = queries.commit_at(repository, revision)
    commits = queries.commits_of(repository, until=until, path=path)
    return list(commits.order_by(*COMMITS_ORDER.clauses()))


def test_a_branch_costs_a_name_until_it_is_committed_to(
    repository, django_assert_num_queries
):
    rows = Commit.objects.count(), TreeEntry.objects.count()

    with django_assert_num_queries(8):  # savepoints, lock, start, clash, ref, audit
        made = branch(repository, "dev")

    assert made.commit == queries.head_of(repository)
    assert (Commit.objects.count(), TreeEntry.objects.count()) == rows
    assert files_in(repository, "dev") == files_in(repository)


def test_commits_on_either_side_are_not_seen_on_the_other(repository):
    branch(repository, "dev")
    commit(repository, {"a": "dev", "d/b": None, "new/x": "4"}, ref="dev")
    commit(repository, {"d/c": "main", "y": "5"})

    assert files_in(repository) == {
        "a": b"1",
        "d/b": b"22",
        "d/c": b"main",
        "y": b"5",
    }
    assert files_in(repository, "dev") == {"a": b"dev", "d/c": b"333", "new/x": b"4"}
    assert tree_in(repository, "dev") == {"": (3, 7), "d": (1, 3), "new": (1, 1)}
    repository.refresh_from_db()
    assert (repository.file_count, repository.size_bytes) == (4, 8)


def test_a_commit_on_a_branch_writes_what_it_changes_and_no_more(repository):
    branch(repository, "dev")
    rows = TreeEntry.objects.count()

    commit(repository, {"d/b": "x"}, ref="dev")

    assert TreeEntry.objects.count() == rows + len(["d/b", "d", "root"])
    assert Shadow.objects.count() == len(["d/b", "d", "root"])


def test_equal_trees_have_equal_oids_on_any_line(repository):
    branch(repository, "dev")
    there = commit(repository, {"a": "2", "d/b": None}, ref="dev")
    here = commit(repository, {"a": "2", "d/b": None})

    assert there.tree_oid == here.tree_oid
    assert there.oid != here.oid


def test_a_branch_may_leave_a_branch_and_its_history_goes_on_below(repository):
    (first,) = history(repository, "main")
    branch(repository, "dev")
    second = commit(repository, {"a": "2"}, ref="dev")
    branch(repository, "deep", "dev")
    third = commit(repository, {"d/b": None, "a": "3"}, ref="deep")
    commit(repository, {"a": "other"}, ref="dev")

    assert files_in(repository, "deep") == {"a": b"3", "d/c": b"333"}
    assert history(repository, "deep") == [third, second, first]
    assert history(repository, "deep", "d/b") == [third, first]
    assert third.parents == [second.oid]
    assert {one.path for one in queries.changes_of(third)} == {"d/b", "a"}
    entries = queries.files_of(repository, revision="deep")
    made = queries.last_changes(repository, entries)
    assert {one.path: made[one.pk] for one in entries} == {"a": third, "d/c": first}


def test_branches_deeper_than_a_read_looks_through_hold_their_tree_themselves(
    repository,
):
    expected = files_in(repository)
    for depth in range(MOST_LAYERS + 2):
        branch(repository, f"b{depth}", f"b{depth - 1}" if depth else "main")
        made = commit(repository, {f"f{depth}": f"{depth}"}, ref=f"b{depth}")
        expected[f"f{depth}"] = f"{depth}".encode()
        assert len(made.under) < MOST_LAYERS

    assert files_in(repository, made.oid) == expected
    count, size = len(expected), sum(map(len, expected.values()))
    assert tree_in(repository, made.oid)[""] == (count, size)
    assert made.parents == [queries.commit_at(repository, f"b{depth - 1}").oid]


def test_a_branch_reads_in_as_many_queries_as_main(
    repository, django_assert_num_queries
):
    branch(repository, "dev")
    commit(repository, {"a": "2"}, ref="dev")
    for revision in ("main", "dev"):
        with django_assert_num_queries(2):
            assert len(queries.files_of(repository, revision=revision)) == 3


@pytest.mark.parametrize(
    ("rest", "revision", "path"),
    [
        ("main/d/b", "main", "d/b"),
        ("main", "main", ""),
        ("main/", "main", ""),
        ("team/x/d/b", "team/x", "d/b"),
        ("refs/heads/team/x/d/b", "refs/heads/team/x", "d/b"),
        ("refs/heads/main", "refs/heads/main", ""),
        ("refs/tags/v1/d", "refs/tags/v1", "d"),
        ("v1/d/b", "v1", "d/b"),
        ("refs/pr/7/d/b", "refs/pr/7", "d/b"),
        ("OID/d/b", "OID", "d/b"),
    ],
)
def test_what_follows_a_name_is_split_in_one_query(
    repository, django_assert_num_queries, rest, revision, path
):
    branch(repository, "team/x")
    tag(repository, "v1")
    propose(repository, 7)
    oid = queries.head_of(repository).oid

    with django_assert_num_queries(1):
        found, said, under = queries.split_revision(
            repository, rest.replace("OID", oid)
        )

    assert (found.oid, said, under) == (oid, revision.replace("OID", oid), path)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "/",
        "mai",
        "mainx/a",
        "team",
        "refs/heads/v1/a",
        "refs/tags/main/a",
        "refs/pr/8/a",
        "refs/heads/refs/pr/7",
        "f" * 40,
        "a\0b/c",
        "\ud800/c",
        "x/" * 5000,
        "y" * 5000,
    ],
)
def test_what_begins_with_no_known_name_is_not_found(repository, rest):
    branch(repository, "team/x")
    tag(repository, "v1")
    propose(repository, 7)
    for ask in (queries.split_revision, queries.commit_at):
        with pytest.raises(RevisionNotFound) as refusal:
            ask(repository, rest)
        str(refusal.value).encode()


def test_no_name_begins_another_up_to_a_slash(repository):
    branch(repository, "team/x")
    tag(repository, "rel/1")
    for name in ("team", "team/x", "team/x/y", "main/x", "rel", "rel/1"):
        with pytest.raises(BranchTaken):
            branch(repository, name)
        with pytest.raises(TagTaken):
            tag(repository, name)
    branch(repository, "team/xy")
    branch(repository, "teams")


GOOD_NAMES = ["a", "v1.0", "feature/x-1", "Δοκιμή", "a_b", "0", "a.b/c", "x" * 100]
BAD_NAMES = [
    "",
    "a b",
    "a..b",
    "a/",
    "/a",
    "a//b",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a.",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[b",
    "a\\b",
    "a@{1}",
    "-a",
    "a\0b",
    "a\nb",
    "a\x7fb",
]
OURS = ["@", "HEAD", "refs/heads/x", "refs/pr/1", "f" * 40, f"{'a' * 40}/x", "x" * 101]


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_git_would_have_the_names_that_we_have(name):
    assert checked_name(name) == name
    assert _is_gits(name)


@pytest.mark.parametrize("name", [*BAD_NAMES, *OURS, "\ud800", "a\u202eb"])
def test_names_that_git_or_a_url_could_not_have_are_refused(name):
    with pytest.raises(BadRefName) as refusal:
        checked_name(name)
    assert str(refusal.value).isprintable()
    if name in BAD_NAMES and "\0" not in name:
        assert not _is_gits(name)


def _is_gits(name: str) -> bool:
    asked = ["git", "check-ref-format", f"refs/heads/{name}"]
    if name == "-a":  # Git has it as a ref, and not as a branch
        asked = ["git", "check-ref-format", "--branch", name]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


def test_a_deleted_branch_is_forgotten_unless_something_else_has_its_commits(
    repository,
):
    branch(repository, "dev")
    kept = commit(repository, {"a": "2"}, ref="dev")
    lost = commit(repository, {"a": "3"}, ref="dev")
    tag(repository, "v1", kept.oid)

    drop(repository, "dev")

    with pytest.raises(RevisionNotFound):
        queries.commit_at(repository, lost.oid)
    assert queries.commit_at(repository, kept.oid) == kept
    assert files_in(repository, "v1")["a"] == b"2"
    delete_tag(repository.created_by, repository=repository, name="v1", deleted_at=NOON)
    with pytest.raises(RevisionNotFound):
        queries.commit_at(repository, kept.oid)


def test_the_audit_keeps_what_a_ref_that_is_gone_pointed_at(repository):
    branch(repository, "dev")
    tagged = commit(repository, {"a": "2"}, ref="dev")
    tag(repository, "v1", tagged.oid)
    last = commit(repository, {"a": "3"}, ref="dev")

    drop(repository, "dev")
    delete_tag(repository.created_by, repository=repository, name="v1", deleted_at=NOON)

    acts = AuditRecord.objects.filter(act__in=["delete_branch", "delete_tag"])
    assert [one.details for one in acts.order_by("act")] == [
        {"branch": "dev", "commit": last.oid},
        {"tag": "v1", "commit": tagged.oid},
    ]


def test_what_left_a_deleted_branch_keeps_its_history(repository):
    branch(repository, "dev")
    below = commit(repository, {"a": "2"}, ref="dev")
    branch(repository, "deep", "dev")
    above = commit(repository, {"a": "3"}, ref="deep")

    drop(repository, "dev")

    assert history(repository, "deep")[:2] == [above, below]
    assert queries.commit_at(repository, below.oid) == below
    drop(repository, "deep")
    with pytest.raises(RevisionNotFound):
        queries.commit_at(repository, below.oid)


def test_a_name_may_be_used_again_and_its_line_may_not(repository):
    branch(repository, "dev")
    old = commit(repository, {"a": "2"}, ref="dev")
    drop(repository, "dev")

    branch(repository, "dev")
    new = commit(repository, {"b": "2"}, ref="dev")

    assert new.line > old.line
    assert files_in(repository, "dev")["a"] == b"1"


def test_main_stays_and_what_is_not_there_is_not_deleted(repository):
    tag(repository, "v1")
    propose(repository, 1)
    with pytest.raises(DefaultBranchStays):
        drop(repository, "main")
    for name in ("dev", "v1", "refs/pr/1", "a\0b", "\ud800"):
        with pytest.raises(NoSuchBranch):
            drop(repository, name)
    assert Ref.objects.filter(repository=repository).count() == 3


def test_nothing_is_committed_to_a_tag_or_to_no_branch(repository):
    tag(repository, "v1")
    for name in (
        "v1",
        "dev",
        "refs/pr/1",
        "a\0b",
        "\ud800",
        queries.head_of(repository).oid,
    ):
        with pytest.raises(NoSuchBranch):
            commit(repository, {"a": "2"}, ref=name)
    assert Commit.objects.count() == 1


def test_branches_tags_and_proposals_are_listed_apart(repository):
    branch(repository, "dev")
    tag(repository, "v1")
    propose(repository, 1)

    assert [ref.name for ref in queries.branches_of(repository).order_by("name")] == [
        "dev",
        "main",
    ]
    assert [ref.name for ref in queries.tags_of(repository)] == ["v1"]
    assert [ref.name for ref in queries.proposals_of(repository)] == ["refs/pr/1"]
