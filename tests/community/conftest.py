"""The people of the catalog's tests, before discussions of their repository."""

from tests.catalog.conftest import browser, people, repository, url

__all__ = ["browser", "people", "repository", "url"]
