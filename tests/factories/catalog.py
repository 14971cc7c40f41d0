"""Repositories as people make them, through services: datasets, models, files in them."""

import hashlib

import factory
from factory.django import DjangoModelFactory

from marketplace.accounts.models import Namespace
from marketplace.catalog import services
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.services import AddFile, DeleteFile
from marketplace.storage.models import Blob
from marketplace.storage.services import store_bytes
from tests.factories.accounts import NOON, UserFactory


class RepositoryFactory(DjangoModelFactory[Repository]):
    """A private, empty dataset of a new person; `owner=` or `namespace=` says whose."""

    class Meta:
        model = Repository

    class Params:
        public = factory.Trait(visibility=Visibility.PUBLIC)
        model = factory.Trait(kind=Kind.MODEL)

    owner = factory.SubFactory(UserFactory)
    namespace = factory.LazyAttribute(lambda made: made.owner.namespace)
    name = factory.Sequence("repository-{}".format)
    kind = Kind.DATASET
    visibility = Visibility.PRIVATE
    licence_id = "CC-BY-4.0"
    title = factory.LazyAttribute(lambda made: made.name.replace("-", " ").title())
    summary = ""
    created_at = NOON

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return services.create_repository(kwargs.pop("owner"), **kwargs)


def commit(repository, files, *, actor=None, message="", at=NOON, **rest):
    """Commit texts, bytes or blobs by path; None takes the file away."""
    changes = [
        DeleteFile(path) if content is None else AddFile(path, blob_of(content))
        for path, content in files.items()
    ]
    return services.commit_files(
        actor or repository.created_by,
        repository=repository,
        changes=changes,
        message=message,
        committed_at=at,
        **rest,
    )


def blob_of(content) -> Blob:
    """Return a blob whose bytes are in the store."""
    if isinstance(content, Blob):
        return content
    data = content.encode() if isinstance(content, str) else content
    return store_bytes(data, stored_at=NOON)


def unstored_blob(text: str, *, size_bytes: int = 1) -> Blob:
    """Return the row of a blob whose bytes nobody will ask for; quick to make many of."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Blob(sha256=sha256, size_bytes=size_bytes, stored_at=NOON)


def namespace_of(organisation) -> Namespace:
    return organisation.namespace
