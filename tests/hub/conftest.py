"""A shelf of repositories, and clients that ask for them over the protocol."""

import hashlib

import pytest
from django.db import transaction

from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.services import AddFile, commit_files, create_tag
from marketplace.kit.limits import ProcessRate
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, blob_of
from tests.storage.conftest import installed, small_disk

__all__ = ["installed", "small_disk"]

README = """---
license: mit
language: [en, el]
tags: [birds]
task_categories: [image-classification]
size_categories: n<1K
pretty_name: Birds
---
# Birds
"""
ROWS = b"id,name\n1,eider\n2,smew\n"
LARGE = bytes(range(256)) * 8


def git_oid_of(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def pointer_of(data: bytes) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
        digest.encode(),
        len(data),
    )


def put(repository, files, *, at=NOON, large=(), **rest):
    """Commit bytes by path: small files with Git's id, `large` ones without."""
    return commit_files(
        repository.created_by,
        repository=repository,
        changes=[
            AddFile(
                path,
                blob_of(data),
                *([] if path in large else [git_oid_of(data)]),
            )
            for path, data in files.items()
        ],
        message="Put files\n\nAnd say why.",
        committed_at=at,
        **rest,
    )


FILES = {
    "README.md": README.encode(),
    "data/rows.csv": ROWS,
    "data/deep/more.csv": b"id\n3\n",
    "weights.bin": LARGE,
}


@pytest.fixture(autouse=True)
def unlimited():
    ProcessRate.asked.clear()


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker):
    """Keep what is made inside for the module, then undo it; tests ask for `db`."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def dataset(kept):
    """A public dataset with small files, one large, and a tag `v1`."""
    repository = RepositoryFactory(
        public=True, name="birds", kind=Kind.DATASET, licence_id="MIT"
    )
    put(repository, FILES, large={"weights.bin"})
    create_tag(repository.created_by, repository=repository, name="v1", created_at=NOON)
    return repository


@pytest.fixture(scope="module")
def model(kept):
    """The same files as a private model."""
    repository = RepositoryFactory(
        name="net", kind=Kind.MODEL, visibility=Visibility.PRIVATE
    )
    put(repository, FILES, large={"weights.bin"})
    return repository
