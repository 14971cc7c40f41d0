"""What may be named by its digest: the same as may be downloaded, asked of many."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone

from marketplace.catalog.downloads import AccessRefused, require_access
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    Gating,
    Repository,
    TreeEntry,
    Visibility,
)
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.queries import readable_blobs, takeable_by
from marketplace.catalog.queries.repositories import TakenDown
from marketplace.catalog.services import delete_repository, share
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.world import EVERYONE

SECRET = "what only some may read"


def may_take(user, repository) -> bool:
    try:
        require_access(user, repository=repository, at=timezone.now())
    except (AccessRefused, TakenDown, Http404):
        return False
    return True


@pytest.mark.parametrize("gating", Gating.values)
def test_what_may_be_taken_is_the_same_asked_of_one_and_of_many(db, world, gating):
    Repository.objects.update(gating=gating)
    let_in = world["stranger"]
    AccessRequest.objects.bulk_create(
        AccessRequest(
            repository=repository,
            user=let_in,
            state=AccessState.ACCEPTED,
            asked_at=NOON,
            decided_at=NOON,
        )
        for repository in Repository.objects.all()
    )
    differing = []
    for name in EVERYONE:
        user = AnonymousUser() if name == "anonymous" else world[name]
        many = set(takeable_by(user).values_list("pk", flat=True))
        differing += [
            (name, str(repository))
            for repository in Repository.objects.select_related("namespace", "work")
            if may_take(user, repository) != (repository.pk in many)
        ]
    assert not differing


@pytest.fixture
def held(db):
    """A private repository with one file, and the digest of that."""
    repository = RepositoryFactory()
    commit(repository, {"data/secret.txt": SECRET})
    entry = TreeEntry.objects.get(repository=repository, name="secret.txt")
    return repository, entry.blob_id


def test_a_digest_opens_nothing_to_those_who_may_not_read_it(held):
    repository, digest = held
    stranger = UserFactory()
    assert readable_blobs(repository.created_by, [digest]) == {digest}
    assert readable_blobs(stranger, [digest]) == set()
    assert readable_blobs(AnonymousUser(), [digest]) == set()
    share(
        repository.created_by,
        repository=repository,
        user=stranger,
        role=ShareRole.VIEWER,
        shared_at=NOON,
    )
    assert readable_blobs(stranger, [digest, "0" * 64]) == {digest}


def test_a_gate_shuts_digests_in_as_well(held):
    _, digest = held
    Repository.objects.update(visibility=Visibility.PUBLIC, gating=Gating.MANUAL)
    stranger = UserFactory()
    assert readable_blobs(stranger, [digest]) == set()
    Repository.objects.update(gating=Gating.OPEN)
    assert readable_blobs(stranger, [digest]) == {digest}


def test_what_is_deleted_or_in_quarantine_is_read_by_nobody(held):
    repository, digest = held
    owner = repository.created_by
    blob = TreeEntry.objects.get(blob=digest).blob
    blob.quarantined_at = NOON
    blob.save(update_fields=["quarantined_at"])
    assert readable_blobs(owner, [digest]) == set()
    blob.quarantined_at = None
    blob.save(update_fields=["quarantined_at"])
    assert readable_blobs(owner, [digest]) == {digest}
    delete_repository(owner, repository=repository, deleted_at=NOON)
    assert readable_blobs(owner, [digest]) == set()


def test_earlier_versions_are_read_too(held):
    repository, digest = held
    commit(repository, {"data/secret.txt": None})
    assert readable_blobs(repository.created_by, [digest]) == {digest}


def test_asking_costs_one_query_however_many_are_asked(held, django_assert_num_queries):
    repository, digest = held
    owner = repository.created_by
    with django_assert_num_queries(1):
        readable_blobs(owner, [digest])
    many = [f"{number:064x}" for number in range(500)]
    with django_assert_num_queries(1):
        assert readable_blobs(owner, [digest, *many]) == {digest}
