"""The people of the catalog's tests, before discussions of their repository."""

import pytest

from tests.catalog.conftest import browser, people, repository, url
from tests.factories.catalog import RepositoryFactory, commit

__all__ = ["browser", "people", "repository", "url"]


@pytest.fixture
def public():
    made = RepositoryFactory(public=True)
    commit(made, {"a.txt": "one\n"})
    return made


@pytest.fixture
def at(public):
    """Return the address of the repository's page, or of something below it."""

    def address(*below):
        return "/".join(["/datasets", str(public), *map(str, below)])

    return address
