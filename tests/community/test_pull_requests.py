"""Pull requests: who may open and merge them, what they change, and what stops them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from licensing.services import accept_offer, draft_offer
from marketplace.catalog.downloads import AccessRefused
from marketplace.catalog.queries import commit_at
from marketplace.catalog.services import set_archived
from marketplace.catalog.services.proposals import MergeConflict, NothingToMerge
from marketplace.community import changes as limits
from marketplace.community.changes import changes_of, conflicts_in, diff_of
from marketplace.community.models import Discussion, Event, Status
from marketplace.community.queries import find_discussion, timeline_of
from marketplace.community.services import (
    NotMergeable,
    change_status,
    merge_pull_request,
    open_discussion,
    open_pull_request,
)
from marketplace.kit.errors import DomainError, Malformed
from tests.catalog.conftest import EVERYONE
from tests.catalog.reading import files_in
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=1)
NOBODY = AnonymousUser()


@pytest.fixture
def public():
    made = RepositoryFactory(public=True)
    commit(made, {"a.txt": "one\ntwo\nthree\n", "b.txt": "b\n", "c.bin": b"\0\1"})
    return made


def proposed(repository, files=None, *, author=None, **rest):
    author = author or repository.created_by
    made = open_pull_request(
        author,
        repository=repository,
        title="Say it in Greek",
        opened_at=NOON,
        **{"description": "Since it is.", **rest},
    )
    if files:
        commit(repository, files, actor=author, at=LATER, ref=made.ref)
    return made


def merged(discussion, *, actor=None, **rest):
    return merge_pull_request(
        actor or discussion.repository.created_by,
        discussion=discussion,
        merged_at=LATER + timedelta(minutes=1),
        **rest,
    )


def test_a_pull_request_is_numbered_with_the_discussions(public):
    stranger = UserFactory()
    talk = open_discussion(
        stranger, repository=public, title="Why?", text="Why?", opened_at=NOON
    )
    made = proposed(public, {"a.txt": "ένα\n"}, author=stranger)

    assert (talk.number, made.number, made.ref) == (1, 2, "refs/pr/2")
    assert made.status == Status.OPEN
    assert files_in(public, "refs/pr/2")["a.txt"] == "ένα\n".encode()
    assert files_in(public)["a.txt"] == b"one\ntwo\nthree\n"


def test_its_commits_are_told_among_what_was_said(public):
    made = proposed(public, {"a.txt": "ένα\n"})
    commit(public, {"b.txt": "β\n"}, at=LATER + timedelta(minutes=2), ref=made.ref)
    merged(made, comment="Thanks.")

    told = timeline_of(made)

    kinds = [getattr(each, "kind", "COMMIT") for each in told]
    assert kinds == ["COMMENT", "COMMIT", "COMMENT", "STATUS", "COMMIT"]
    assert told[1].title == "Add a.txt"


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_propose_to_what_is_private(repository, people, who):
    commit(repository, {"a.txt": "one\n"}, actor=people["owner"])
    user, may = people[who] or NOBODY, who not in {"nobody", "stranger", "staff"}

    if may:
        proposed(repository, {"a.txt": "two\n"}, author=user)
        assert files_in(repository, "refs/pr/1") == {"a.txt": b"two\n"}
    else:
        with pytest.raises((Http404, PermissionDenied)):
            proposed(repository, author=user)
    assert Discussion.objects.exists() is may
    assert repository.refs.count() == 1 + may


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_merge_what_another_proposed(repository, people, who):
    commit(repository, {"a.txt": "one\n"}, actor=people["owner"])
    made = proposed(repository, {"a.txt": "two\n"}, author=people["reader"])
    user, may = people[who] or NOBODY, who in {"editor", "writer", "owner"}

    if may:
        merged(made, actor=user)
    else:
        with pytest.raises((Http404, PermissionDenied)):
            merged(made, actor=user)

    assert files_in(repository) == {"a.txt": b"two\n" if may else b"one\n"}
    assert Discussion.objects.get().status == ("MERGED" if may else "OPEN")


def test_a_merge_is_a_commit_that_names_the_pull_request(public):
    made = proposed(public, {"a.txt": "ένα\n", "d.txt": "new\n"})

    event = merged(made, comment="Thanks.")

    kept, head = Discussion.objects.get(), commit_at(public)
    assert (kept.status, kept.merge_oid) == ("MERGED", head.oid)
    assert head.title == "Say it in Greek (#1)"
    assert event.status == "MERGED"
    assert Event.objects.filter(text="Thanks.").exists()
    assert files_in(public)["a.txt"] == "ένα\n".encode()
    assert files_in(public)["b.txt"] == b"b\n"


def test_a_conflict_merges_nothing_and_names_the_files(public):
    made = proposed(public, {"a.txt": "ένα\n", "b.txt": "β\n"})
    commit(public, {"a.txt": "eins\n"}, at=LATER)

    assert conflicts_in(made) == ["a.txt"]
    with pytest.raises(MergeConflict, match=r"a\.txt"):
        merged(made, comment="Thanks.")

    assert Discussion.objects.get().status == "OPEN"
    assert not Event.objects.filter(text="Thanks.").exists()
    assert files_in(public)["a.txt"] == b"eins\n"


def test_what_the_branch_did_alike_is_no_conflict(public):
    made = proposed(public, {"a.txt": "ένα\n", "d.txt": "d\n"})
    commit(public, {"a.txt": "ένα\n", "b.txt": "other\n"}, at=LATER)

    assert conflicts_in(made) == []
    merged(made)

    assert files_in(public)["d.txt"] == b"d\n"
    assert conflicts_in(made) == []


def test_what_is_a_draft_closed_merged_or_empty_is_not_merged(public):
    draft = proposed(public, {"d.txt": "d\n"}, is_draft=True)
    empty = proposed(public)
    talk = open_discussion(
        public.created_by, repository=public, title="Why?", text="Why?", opened_at=NOON
    )

    with pytest.raises(NotMergeable, match="draft"):
        merged(draft)
    with pytest.raises(NothingToMerge):
        merged(empty)
    with pytest.raises(Malformed):
        merged(talk)
    for status in (Status.OPEN, Status.CLOSED):
        change_status(
            public.created_by, discussion=draft, status=status, changed_at=LATER
        )
    with pytest.raises(NotMergeable, match="closed"):
        merged(draft)
    change_status(
        public.created_by, discussion=draft, status=Status.OPEN, changed_at=LATER
    )
    merged(draft)
    with pytest.raises(NotMergeable, match="merged already"):
        merged(draft)
    with pytest.raises(DomainError) as refusal:
        change_status(
            public.created_by, discussion=draft, status=Status.CLOSED, changed_at=LATER
        )
    assert refusal.value.code == "status_impossible"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_at_once_one_does():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a.txt": "one\n"})
    proposed(repository, {"a.txt": "two\n"})

    answers = run_at_once(*[lambda: merged(find_discussion(repository, 1))] * 3)

    assert sorted(type(each).__name__ for each in answers) == [
        "Event",
        "NotMergeable",
        "NotMergeable",
    ]
    assert repository.commits.filter(line=0).count() == 2


def test_nothing_is_proposed_to_what_is_archived_or_to_no_branch(public):
    with pytest.raises(DomainError) as refusal:
        proposed(public, base="nowhere")
    assert refusal.value.code == "branch_not_found"
    set_archived(public.created_by, repository=public, archived=True, at=NOON)
    with pytest.raises(DomainError) as refusal:
        proposed(public)
    assert refusal.value.code == "repository_archived"

    assert not Discussion.objects.exists()


def test_a_pull_request_without_a_description_has_no_first_comment(public):
    made = proposed(public, {"d.txt": "d\n"}, description=" ")

    assert [type(each).__name__ for each in timeline_of(made)] == ["Commit"]


def test_the_lines_that_change_are_told_as_git_tells_them(public):
    files = {"a.txt": "one\n2\nthree\n", "b.txt": None, "d/e.txt": "new"}
    made = proposed(public, {**files, "c.bin": b"\0\2"})

    told = {change.path: change for change in changes_of(NOBODY, made, at=NOON)}

    assert {path: change.act for path, change in told.items()} == {
        "a.txt": "Changed",
        "b.txt": "Removed",
        "c.bin": "Changed",
        "d/e.txt": "Added",
    }
    assert list(told["a.txt"].rows) == [
        ("@", "@@ -1,3 +1,3 @@"),
        (" ", "one"),
        ("-", "two"),
        ("+", "2"),
        (" ", "three"),
    ]
    assert told["c.bin"].hunks is None
    assert "Not text" in told["c.bin"].why_not
    assert diff_of(NOBODY, made, at=NOON) == (
        "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n"
        "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
        "diff --git a/b.txt b/b.txt\ndeleted file mode 100644\n--- a/b.txt\n+++ /dev/null\n"
        "@@ -1,1 +0,0 @@\n-b\n"
        "diff --git a/c.bin b/c.bin\nBinary files a/c.bin and b/c.bin differ\n"
        "diff --git a/d/e.txt b/d/e.txt\nnew file mode 100644\n--- /dev/null\n"
        "+++ b/d/e.txt\n@@ -0,0 +1,1 @@\n+new\n\\ No newline at end of file\n"
    )


def test_what_was_put_back_is_no_change(public):
    made = proposed(public, {"a.txt": "other\n", "d.txt": "d\n"})
    commit(
        public, {"a.txt": "one\ntwo\nthree\n", "d.txt": None}, at=LATER, ref=made.ref
    )

    assert changes_of(NOBODY, made, at=NOON) == []


def test_what_the_branch_did_meanwhile_is_not_among_the_changes(public):
    made = proposed(public, {"d.txt": "d\n"})
    commit(public, {"b.txt": "other\n"}, at=LATER)

    assert [change.path for change in changes_of(NOBODY, made, at=NOON)] == ["d.txt"]


def test_whoever_may_not_take_the_files_reads_no_lines(public):
    owner = public.created_by
    made = proposed(public, {"a.txt": "ένα\n"})
    offer = draft_offer(
        owner,
        work=public.work,
        code="sale",
        title="Licence",
        audience="EVERYONE",
        licence_id="CC-BY-4.0",
        price_minor=1999,
        currency="EUR",
        drafted_at=NOON,
        decision="It is a test.",
    )
    accept_offer(owner, offer=offer, accepted_at=NOON)

    for user in (NOBODY, UserFactory()):
        with pytest.raises(AccessRefused):
            changes_of(user, made, at=NOON)
    assert len(changes_of(owner, made, at=NOON)) == 1


def test_no_more_files_are_read_than_there_is_room_for(public, monkeypatch):
    monkeypatch.setattr(limits, "MOST_READ_BYTES", 10)
    monkeypatch.setattr(limits, "MOST_FILES", 2)
    files = {f"{name}.new": "12345678" for name in "pqrs"}
    made = proposed(public, files)

    told = changes_of(NOBODY, made, at=NOON)

    assert [change.path for change in told] == ["p.new", "q.new", "r.new"]
    assert [change.hunks is None for change in told] == [False, True, True]
    assert diff_of(NOBODY, made, at=NOON).count("diff --git") == 2


def test_a_page_shows_the_beginning_of_a_long_change(public):
    made = proposed(public, {"long.csv": "1\n" * 3000})

    (change,) = changes_of(NOBODY, made, at=NOON)

    assert (len(list(change.rows)), change.is_cut) == (1000, True)
    assert diff_of(NOBODY, made, at=NOON).count("\n+1") == 3000


@pytest.mark.parametrize("many", [1, 20])
def test_a_timeline_costs_the_same_for_one_commit_and_for_many(
    public, django_assert_num_queries, many
):
    made = proposed(public)
    for number in range(many):
        commit(
            public,
            {"d.txt": str(number)},
            at=LATER + timedelta(seconds=number),
            ref=made.ref,
        )

    with django_assert_num_queries(3):
        told = timeline_of(made)

    assert len([each.author.username for each in told]) == 1 + many


@pytest.mark.parametrize("many", [1, 20])
def test_changes_and_conflicts_cost_the_same_for_one_and_for_many(
    public, django_assert_num_queries, many
):
    made = proposed(public, {f"{n}.txt": "x" for n in range(many)})

    with django_assert_num_queries(5):
        assert conflicts_in(made) == []
