"""Commits over the hub: what they do, and what they are refused for."""

import json
import subprocess

import pytest

from marketplace.catalog.models import Commit, Visibility
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import share
from marketplace.community.models import Discussion
from marketplace.storage.models import Blob
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.hub.sending import (
    HEADER,
    api_path,
    client_of,
    emptied,
    gone,
    header,
    inline,
    large,
    lines_of,
    send,
    sent_by,
    sha256,
    tree,
)

pytestmark = pytest.mark.django_db
STALE = (
    "The branch was updated since you opened this page. Please refresh and try again."
)


@pytest.fixture
def repository():
    return RepositoryFactory(visibility=Visibility.PUBLIC)


@pytest.fixture
def owner(repository):
    return client_of(repository.created_by)


def error(answer):
    return json.loads(answer.content)["error"]


def test_a_commit_puts_small_and_large_files_and_says_where_it_is(repository, owner):
    content = b"many bytes" * 1000
    digest = sent_by(repository.created_by, content)
    answer = send(
        owner,
        repository,
        header("First", description="All of it."),
        inline("data/a.txt", "hello\n"),
        large("data/b.bin", content),
        large("copy.bin", content, size=None),
    )

    assert answer.status_code == 200
    told = answer.json()
    made = Commit.objects.get(oid=told["commitOid"])
    assert made.message == "First\n\nAll of it."
    assert told["commitUrl"] == (
        f"http://testserver/datasets/{repository}/commit/{made.oid}"
    )
    assert "pullRequestUrl" not in told
    assert tree(repository) == {
        "data/a.txt": (sha256("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a"),
        "data/b.bin": (digest, ""),
        "copy.bin": (digest, ""),
    }


def test_small_files_have_the_id_that_git_gives_them(repository, owner, tmp_path):
    for content in (b"", b"hello\n", bytes(range(256)) * 50, "γειά".encode()):
        file = tmp_path / "file"
        file.write_bytes(content)
        told = subprocess.run(
            ["git", "hash-object", file], capture_output=True, check=True, text=True
        )
        assert send(owner, repository, inline("file", content)).status_code == 200
        assert tree(repository)["file"] == (sha256(content), told.stdout.strip())


def test_files_and_folders_are_taken_away(repository, owner):
    commit(repository, {"a.txt": "1", "d/b.txt": "2", "d/e/c.txt": "3", "f.txt": "4"})
    answer = send(owner, repository, gone("a.txt"), emptied("d/"))

    assert answer.status_code == 200
    assert set(tree(repository)) == {"f.txt"}


def test_of_several_words_on_one_path_the_last_counts(repository, owner):
    commit(repository, {"a.txt": "1", "d/b.txt": "2", "d/c.txt": "3"})
    answer = send(
        owner,
        repository,
        gone("a.txt"),
        inline("a.txt", "again"),
        inline("d/lost.txt", "lost"),
        emptied("d"),
        inline("d/b.txt", "kept"),
        inline("twice.txt", "first"),
        inline("twice.txt", "second"),
    )

    assert answer.status_code == 200
    assert {path: digest for path, (digest, _) in tree(repository).items()} == {
        "a.txt": sha256("again"),
        "d/b.txt": sha256("kept"),
        "twice.txt": sha256("second"),
    }


def test_what_is_not_there_cannot_be_taken_away(repository, owner):
    commit(repository, {"a.txt": "1"})
    for lines in ([gone("b.txt")], [emptied("d")], [inline("c"), gone("a")]):
        answer = send(owner, repository, *lines)
        assert answer.status_code == 404
        assert answer["X-Error-Code"] == "EntryNotFound"
        assert "A file with this name doesn't exist" in error(answer)
    assert set(tree(repository)) == {"a.txt"}


def test_knowing_a_digest_is_not_having_the_content(repository, owner):
    secret = b"somebody else's" * 100
    hidden = RepositoryFactory()
    commit(hidden, {"s.bin": secret})
    answers = [
        send(owner, repository, large("s.bin", content))
        for content in (secret, b"nobody's" * 100)
    ]

    said = [
        error(answer).replace(sha256(content), "…")
        for answer, content in zip(answers, (secret, b"nobody's" * 100), strict=True)
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert said[0] == said[1]
    assert said[0].startswith('line 2: "s.bin": you have sent no content …')
    assert not repository.commits.exists()


def test_what_one_may_read_one_may_copy(repository, owner):
    shared = RepositoryFactory()
    content = b"shared with me" * 10
    commit(shared, {"s.bin": content})
    assert send(owner, repository, large("s.bin", content)).status_code == 400
    share(
        shared.created_by,
        repository=shared,
        user=repository.created_by,
        role=ShareRole.VIEWER,
        shared_at=NOON,
    )

    assert send(owner, repository, large("s.bin", content)).status_code == 200
    assert tree(repository)["s.bin"] == (sha256(content), "")


def test_a_size_that_is_not_the_contents_own_is_refused(repository, owner):
    content = b"many bytes"
    sent_by(repository.created_by, content)
    answer = send(owner, repository, large("a.bin", content, size=3))

    assert answer.status_code == 400
    assert "has 10 bytes, not 3" in error(answer)


def test_a_stale_parent_is_refused_in_the_words_that_clients_know(repository, owner):
    first = commit(repository, {"a.txt": "1"})
    second = commit(repository, {"a.txt": "2"})
    stale = send(owner, repository, header(parentCommit=first.oid), inline("b.txt"))
    assert stale.status_code == 412
    assert stale["X-Error-Message"] == STALE
    assert set(tree(repository)) == {"a.txt"}

    fresh = send(owner, repository, header(parentCommit=second.oid), inline("b.txt"))
    assert fresh.status_code == 200


def test_the_same_commit_sent_again_is_the_same_commit(repository, owner):
    base = commit(repository, {"a.txt": "1", "old.txt": "2"})
    lines = [header(parentCommit=base.oid), inline("b.txt", "3"), gone("old.txt")]
    answers = [send(owner, repository, *lines).json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert repository.commits.count() == 2


def test_of_two_who_commit_on_one_parent_one_is_told(repository, owner):
    base = commit(repository, {"a.txt": "1"})
    parent = header(parentCommit=base.oid)
    answers = [
        send(owner, repository, parent, inline(f"{name}.txt")) for name in ("b", "c")
    ]

    assert [answer.status_code for answer in answers] == [200, 412]
    assert set(tree(repository)) == {"a.txt", "b.txt"}


def test_without_a_parent_both_are_in(repository, owner):
    for name in ("b", "c"):
        assert send(owner, repository, inline(f"{name}.txt")).status_code == 200
    assert set(tree(repository)) == {"b.txt", "c.txt"}


def test_a_stranger_proposes_and_changes_nothing_else(repository, owner):
    commit(repository, {"a.txt": "1"})
    stranger = UserFactory()
    client = client_of(stranger)
    refused = send(client, repository, inline("b.txt"))
    assert refused.status_code == 403
    content = b"a large one" * 100
    sent_by(stranger, content)
    answer = send(
        client,
        repository,
        header("Add b", description="Because."),
        inline("b.txt"),
        large("c.bin", content),
        query="?create_pr=1",
    )

    assert answer.status_code == 200
    told = answer.json()
    proposed = Discussion.objects.get(repository=repository)
    assert (proposed.title, proposed.is_pull_request) == ("Add b", True)
    assert told["pullRequestUrl"] == (
        f"http://testserver/datasets/{repository}/discussions/{proposed.number}"
    )
    ref = f"refs/pr/{proposed.number}"
    assert set(tree(repository)) == {"a.txt"}
    assert set(tree(repository, ref)) == {"a.txt", "b.txt", "c.bin"}

    more = send(client, repository, inline("d.txt"), revision=ref.replace("/", "%2F"))
    assert more.status_code == 200
    assert set(tree(repository, ref)) == {"a.txt", "b.txt", "c.bin", "d.txt"}
    other = send(client_of(UserFactory()), repository, inline("e.txt"), revision=ref)
    assert other.status_code == 403


def test_a_proposal_that_is_refused_leaves_no_pull_request(repository, owner):
    commit(repository, {"a.txt": "1"})
    answer = send(owner, repository, gone("nothing"), query="?create_pr=1")

    assert answer.status_code == 404
    assert not Discussion.objects.exists()


def test_commits_go_to_other_branches_by_any_name(repository, owner):
    commit(repository, {"a.txt": "1"})
    made = owner.post(api_path(repository, "branch", "dev%2Fone"), {}, format="json")
    assert made.status_code == 200
    for revision in ("dev%2Fone", "refs%2Fheads%2Fdev%2Fone"):
        answer = send(owner, repository, inline(revision), revision=revision)
        assert answer.status_code == 200
    assert set(tree(repository)) == {"a.txt"}
    assert set(tree(repository, "dev/one")) == {
        "a.txt",
        "dev%2Fone",
        "refs%2Fheads%2Fdev%2Fone",
    }


@pytest.mark.parametrize("revision", ["nowhere", "0" * 40, "refs%2Fpr%2F9"])
def test_a_branch_that_is_not_there_takes_nothing(repository, owner, revision):
    commit(repository, {"a.txt": "1"})
    answer = send(owner, repository, inline("b.txt"), revision=revision)

    assert answer.status_code == 404
    assert answer["X-Error-Code"] == "RevisionNotFound"


@pytest.mark.parametrize(
    ("lines", "status", "says"),
    [
        ([b" "], 400, "line 1: the first line"),
        ([b"{"], 400, "line 1: this is not JSON"),
        ([HEADER], 400, "changes: name at least one file"),
        ([HEADER, b"\xff"], 400, "line 2: this is not JSON"),
        ([HEADER, inline("ok"), b'{"key": "file", "val'], 400, "line 3: this is not"),
        ([HEADER, inline("ok"), inline("../up")], 400, 'line 3: path: "../up"'),
        (
            [HEADER, inline("ok"), inline(".git/hooks")],
            400,
            'line 3: path: ".git/hooks"',
        ),
        ([HEADER, inline("a"), inline("a/b")], 400, 'path: "a" is a file'),
        ([HEADER, inline("ok"), b"x" * 15_000_000], 413, "line 3: files of more than"),
        ([header("x" * 20_000), inline("ok")], 400, "message: write at most"),
        ([header("a\0b"), inline("ok")], 400, "message: write at most"),
        ([HEADER, inline("README.md", "---\n- [\n---\n")], 400, "README.md line"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_cannot_be_is_refused_whole(repository, owner, lines, status, says):
    answer = send(owner, repository, *lines)

    assert answer.status_code == status, answer.content
    assert error(answer).startswith(says)
    assert not repository.commits.exists()


@pytest.mark.parametrize("length", ["", "abc", "-1"])
def test_a_body_must_say_how_long_it_is(repository, owner, length):
    answer = owner.generic(
        "POST",
        api_path(repository, "commit", "main"),
        lines_of(HEADER, inline("a")),
        content_type="application/x-ndjson",
        CONTENT_LENGTH=length,
    )
    assert answer.status_code == 411


def test_more_than_there_is_room_for_is_refused_before_it_is_kept(
    repository, owner, settings
):
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 10})
    answer = send(owner, repository, inline("a.txt", "just one byte too many"))

    assert answer.status_code == 413
    assert "of 10 bytes" in error(answer)
    assert not Blob.objects.filter(pk=sha256("just one byte too many")).exists()


def test_a_thousand_small_files_cost_no_more_queries_than_a_hundred(
    repository, owner, django_assert_max_num_queries
):
    for count, base in ((100, "a"), (1000, "b")):
        lines = [inline(f"{base}/{at}.txt", "same") for at in range(count)]
        with django_assert_max_num_queries(45):
            assert send(owner, repository, *lines).status_code == 200


def test_nobody_commits_and_what_is_hidden_is_not_there(repository):
    hidden = RepositoryFactory()
    assert send(client_of(), repository, inline("a")).status_code == 401
    absent = send(client_of(UserFactory()), hidden, inline("a"))
    assert absent.status_code == 404
    assert absent["X-Error-Code"] == "RepoNotFound"
