import pytest
from django.db import IntegrityError, transaction

from marketplace.catalog import queries
from marketplace.catalog.models import Commit, TreeEntry
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


def test_a_commit_puts_files_and_keeps_the_versions_before():
    repository = RepositoryFactory()
    first = commit(repository, {"data/a.csv": "1", "data/b.csv": "2"})
    second = commit(repository, {"data/a.csv": "3", "data/b.csv": None})

    assert read(repository, first) == {"data/a.csv": "1", "data/b.csv": "2"}
    assert read(repository, second) == {"data/a.csv": "3"}
    assert second.parents == [first.oid]
    assert queries.head_of(repository) == second


def read(repository, revision):
    from marketplace.storage.queries import open_blob

    return {
        entry.path: open_blob(entry.blob_id).read().decode()
        for entry in queries.files_of(repository, revision=revision)
    }
