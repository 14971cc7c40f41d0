"""The large files of a repository over the hub: listed, erased, lent."""

import pytest

from marketplace.catalog.models import Gating, Repository, Visibility
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.hub.sending import api_path, client_of, inline, send, sha256, tree

pytestmark = pytest.mark.django_db
FIRST, SECOND = b"\0first", b"\0second"


@pytest.fixture
def repository():
    repository = RepositoryFactory(visibility=Visibility.PUBLIC)
    owner = client_of(repository.created_by)
    send(owner, repository, inline("small.txt"))
    commit(repository, {"data/w.bin": FIRST, "copy.bin": FIRST})
    commit(repository, {"data/w.bin": SECOND})
    return repository


@pytest.fixture
def owner(repository):
    return client_of(repository.created_by)


def listed(client, repository):
    answer = client.get(api_path(repository, "lfs-files"))
    assert answer.status_code == 200
    return {each["fileOid"]: each for each in answer.json()}


def erase(client, repository, *digests, **rest):
    said = {"deletions": {"sha": [*digests], "rewriteHistory": True, **rest}}
    return client.post(api_path(repository, "lfs-files", "batch"), said, format="json")


def lend(client, repository, *digests, **target):
    files = [{"sha256": digest, "filename": "x", "xetHash": "y"} for digest in digests]
    said = {"target": {"type": "model", "name": "a/b", **target}, "files": files}
    path = api_path(repository, "lfs-files", "duplicate")
    return client.post(path, said, format="json")


def test_each_large_content_is_listed_once(repository, owner):
    found = listed(owner, repository)

    assert set(found) == {sha256(FIRST), sha256(SECOND)}
    assert found[sha256(SECOND)] == {
        "fileOid": sha256(SECOND),
        "oid": found[sha256(SECOND)]["oid"],
        "filename": "data/w.bin",
        "pushedAt": "2026-01-01T12:00:00.000Z",
        "size": len(SECOND),
        "ref": None,
    }
    assert len(found[sha256(SECOND)]["oid"]) == 40


def test_only_those_who_may_erase_see_the_list(repository):
    stranger = client_of(UserFactory())
    assert stranger.get(api_path(repository, "lfs-files")).status_code == 403
    assert client_of().get(api_path(repository, "lfs-files")).status_code == 401
    assert erase(stranger, repository, sha256(FIRST)).status_code == 403


def test_what_is_erased_is_in_no_version(repository, owner):
    assert erase(owner, repository, sha256(FIRST), "0" * 64).json()["deleted"] == 1

    assert set(listed(owner, repository)) == {sha256(SECOND)}
    assert set(tree(repository)) == {"small.txt", "data/w.bin"}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"sha": ["x"]}, 400),
        ({"sha": None}, 400),
        ({"sha": ["0" * 64] * 1001}, 400),
        ({"rewriteHistory": "what"}, 400),
        ({"rewriteHistory": False}, 501),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_erasure_that_means_nothing_erases_nothing(repository, owner, said, status):
    assert erase(owner, repository, sha256(FIRST), **said).status_code == status
    assert set(listed(owner, repository)) == {sha256(FIRST), sha256(SECOND)}


def test_a_content_is_lent_to_those_who_may_take_it(repository):
    client = client_of(UserFactory())
    answer = lend(client, repository, sha256(FIRST), sha256(b"none"))

    assert answer.status_code == 200
    assert [each["sha256"] for each in answer.json()["failed"]] == [sha256(b"none")]
    assert lend(client, repository, sha256(FIRST)).json()["failed"] == []
    assert lend(client, repository, type="space").status_code == 501
    Repository.objects.update(gating=Gating.MANUAL)
    refused = lend(client, repository, sha256(FIRST))
    assert (refused.status_code, refused["X-Error-Code"]) == (403, "GatedRepo")


def test_the_list_costs_the_same_for_one_and_for_many(
    repository, owner, django_assert_num_queries
):
    with django_assert_num_queries(4):
        listed(owner, repository)
    commit(repository, {f"{number}.bin": b"\0%d" % number for number in range(20)})
    with django_assert_num_queries(4):
        assert len(listed(owner, repository)) == 22
