"""Contents erased from every version, and what that costs the versions."""

import pytest
from django.core.exceptions import PermissionDenied

from marketplace.catalog.models import HeldBlob, NamespaceUsage, Visibility
from marketplace.catalog.queries import commit_at, readable_blobs
from marketplace.catalog.queries.contents import large_files_of
from marketplace.catalog.services import create_branch, create_tag, open_proposal
from marketplace.catalog.services.erasing import StillShown, erase_contents
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, blob_of, commit

pytestmark = pytest.mark.django_db
SECRET = b"names and addresses"


@pytest.fixture
def repository():
    """Three versions; the second has a file that should never have been there."""
    repository = RepositoryFactory(visibility=Visibility.PUBLIC)
    commit(repository, {"a.txt": "1"})
    commit(repository, {"secret.bin": SECRET})
    commit(repository, {"b.txt": "2"})
    return repository


@pytest.fixture
def digest(repository):
    return blob_of(SECRET).pk


def erase(repository, digest, actor=None):
    return erase_contents(
        actor or repository.created_by,
        repository=repository,
        digests=[digest],
        erased_at=NOON,
    )


def paths(repository, revision="main"):
    entries = repository.entries.at(commit_at(repository, revision))
    return {entry.path for entry in entries if entry.is_file}


def listed(repository):
    return {entry.blob_id for entry in large_files_of(repository)}


def test_it_is_in_no_version_any_more_and_its_room_is_given_back(repository, digest):
    usage = NamespaceUsage.objects.get(namespace=repository.namespace)
    before = usage.size_bytes
    assert digest in listed(repository)
    assert erase(repository, digest) == 1

    assert paths(repository) == {"a.txt", "b.txt"}
    assert digest not in listed(repository)
    assert readable_blobs(repository.created_by, [digest]) == set()
    assert not HeldBlob.objects.filter(blob=digest).exists()
    usage.refresh_from_db()
    assert usage.size_bytes == before - len(SECRET)


def test_what_was_taken_away_before_is_erased_as_well(repository, digest):
    commit(repository, {"secret.bin": None})
    assert digest in listed(repository)
    assert erase(repository, digest) == 1

    assert digest not in listed(repository)
    assert erase(repository, digest) == 0


def test_branches_that_never_had_it_keep_their_history(repository, digest):
    owner = repository.created_by
    first = repository.commits.order_by("pk").first()
    create_branch(
        owner,
        repository=repository,
        name="clean",
        starting_point=first.oid,
        created_at=NOON,
    )
    commit(repository, {"c.txt": "3"}, ref="clean")
    create_branch(owner, repository=repository, name="other", created_at=NOON)
    commit(repository, {"d.txt": "4"}, ref="other")
    erase(repository, digest)

    assert paths(repository, "clean") == {"a.txt", "c.txt"}
    assert paths(repository, "other") == {"a.txt", "b.txt", "d.txt"}
    assert digest not in listed(repository)


def test_a_tag_that_shows_it_stands_in_the_way(repository, digest):
    create_tag(repository.created_by, repository=repository, name="v1", created_at=NOON)
    before = commit_at(repository)
    with pytest.raises(StillShown, match="“v1”"):
        erase(repository, digest)

    assert commit_at(repository) == before
    assert "secret.bin" in paths(repository)


def test_proposals_begin_anew_with_what_they_changed(repository, digest):
    stranger = UserFactory()
    for number in (1, 2):
        open_proposal(stranger, repository=repository, number=number, opened_at=NOON)
    files = {"new.txt": "5", "b.txt": None, "copy.bin": SECRET}
    commit(repository, files, actor=stranger, ref="refs/pr/1", message="Better")
    assert "copy.bin" in paths(repository, "refs/pr/1")
    erase(repository, digest)

    assert paths(repository) == {"a.txt", "b.txt"}
    assert paths(repository, "refs/pr/1") == {"a.txt", "new.txt"}
    assert commit_at(repository, "refs/pr/1").message == "Better"
    assert paths(repository, "refs/pr/2") == {"a.txt", "b.txt"}
    assert digest not in listed(repository)


def test_strangers_erase_nothing(repository, digest):
    with pytest.raises(PermissionDenied):
        erase(repository, digest, actor=UserFactory())
    assert "secret.bin" in paths(repository)
