"""What clients are told of files before they send them."""

from base64 import b64encode

import pytest

from marketplace.catalog.models import Visibility
from marketplace.hub.patterns import ATTRIBUTES
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.hub.sending import api_path, client_of, inline, send, sha256

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository():
    repository = RepositoryFactory(visibility=Visibility.PUBLIC)
    commit(repository, {".gitattributes": ATTRIBUTES, ".gitignore": "*.log\n/tmp/\n"})
    return repository


@pytest.fixture
def owner(repository):
    return client_of(repository.created_by)


def ask(client, repository, *files, revision="main", query="", **rest):
    return client.post(
        api_path(repository, "preupload", revision) + query,
        {"files": [*files], **rest},
        format="json",
    )


def file(path, content=b"text\n", size=None):
    sample = b64encode(content[:512]).decode()
    return {
        "path": path,
        "size": len(content) if size is None else size,
        "sample": sample,
    }


def told(answer):
    assert answer.status_code == 200, answer.content
    return {each.pop("path"): each for each in answer.json()["files"]}


@pytest.mark.parametrize(
    ("sent", "mode"),
    [
        (file("a.txt"), "regular"),
        (file("a.txt", size=10 * 2**20), "regular"),
        (file("a.txt", size=10 * 2**20 + 1), "lfs"),
        (file("a.dat", b"\0\1"), "lfs"),
        (file("model.safetensors"), "lfs"),
        (file("deep/er/rows.parquet"), "lfs"),
        (file("empty.parquet", b""), "regular"),
        (file("README.md"), "regular"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_how_a_file_is_to_be_sent(repository, owner, sent, mode):
    answer = told(ask(owner, repository, sent))

    assert answer == {sent["path"]: {"uploadMode": mode, "shouldIgnore": False}}


def test_what_is_there_is_told_by_the_id_that_the_client_reckons(repository, owner):
    send(owner, repository, inline("a.txt", "hello\n"))
    commit(repository, {"b.bin": b"\0\1\2"})
    answer = told(
        ask(
            owner,
            repository,
            file("a.txt", b"other"),
            file("b.bin", b"\0"),
            file("new"),
        )
    )

    assert answer["a.txt"]["oid"] == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert answer["b.bin"]["oid"] == sha256(b"\0\1\2")
    assert "oid" not in answer["new"]


def test_what_is_ignored_is_said_by_the_callers_rules_or_the_repositorys(
    repository, owner
):
    files = [file("a.log"), file("tmp/x"), file("b.txt")]
    kept = told(ask(owner, repository, *files))
    own = told(ask(owner, repository, *files, gitIgnore="*.txt\n"))
    none = told(ask(owner, repository, *files, gitIgnore=""))

    def ignored(answer):
        return {path for path, said in answer.items() if said["shouldIgnore"]}

    assert ignored(kept) == {"a.log", "tmp/x"}
    assert ignored(own) == {"b.txt"}
    assert ignored(none) == set()


def test_a_repository_without_a_commit_is_asked_too():
    repository = RepositoryFactory()
    owner = client_of(repository.created_by)
    answer = told(ask(owner, repository, file("a.parquet")))
    assert answer == {"a.parquet": {"uploadMode": "regular", "shouldIgnore": False}}


def test_strangers_ask_of_proposals_alone(repository):
    client = client_of(UserFactory())
    assert ask(client, repository, file("a.txt")).status_code == 403
    proposed = ask(client, repository, file("a.txt"), query="?create_pr=1")
    assert proposed.status_code == 200
    assert ask(client_of(), repository, file("a.txt")).status_code == 401


def test_a_branch_that_is_not_there_is_said(repository, owner):
    answer = ask(owner, repository, file("a.txt"), revision="nowhere")
    assert answer.status_code == 404
    assert answer["X-Error-Code"] == "RevisionNotFound"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"files": None}, 400),
        ({"files": {}}, 400),
        ({"files": ["a"]}, 400),
        ({"files": [{"path": "a"}]}, 400),
        ({"files": [{"path": "a", "size": -1}]}, 400),
        ({"files": [{"path": "a", "size": 1, "sample": "*"}]}, 400),
        ({"files": [{"path": "a", "size": 1, "sample": 5}]}, 400),
        ({"files": [{"path": "../a", "size": 1}]}, 400),
        ({"files": [{"path": "a\0", "size": 1}]}, 400),
        ({"files": [{"path": ".git/x", "size": 1}]}, 400),
        ({"files": [{"path": "a", "size": 1}] * 257}, 400),
        ({"files": [{"path": "a", "size": 10**15}]}, 413),
        ({"files": [], "gitIgnore": "a\n" * 501}, 400),
        ({"files": [], "gitIgnore": [7]}, 400),
        ([], 400),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_question_that_means_nothing_is_refused(repository, owner, body, status):
    path = api_path(repository, "preupload", "main")
    answer = owner.post(path, body, format="json")

    assert answer.status_code == status, answer.content
    assert answer.json()["error"]


def test_asking_of_many_files_costs_no_more_queries(
    repository, owner, django_assert_max_num_queries
):
    for count in (1, 256):
        files = [file(f"{number}.txt") for number in range(count)]
        with django_assert_max_num_queries(8):
            assert len(told(ask(owner, repository, *files))) == count
