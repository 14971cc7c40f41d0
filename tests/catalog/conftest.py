"""Everyone who may stand before a repository, and the ways to reach one."""

import pytest
from django.test import Client

from marketplace.accounts.models import Role
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import share
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory

EVERYONE = [
    "nobody",
    "stranger",
    "viewer",
    "editor",
    "reader",
    "writer",
    "owner",
    "staff",
]


@pytest.fixture
def repository():
    """A private dataset of an organisation."""
    owner = UserFactory()
    organisation = OrganisationFactory(owner=owner)
    return RepositoryFactory(owner=owner, namespace=organisation.namespace)


@pytest.fixture
def people(repository):
    """Those people by what they hold."""
    viewer, editor, reader, writer = UserFactory.create_batch(4)
    owner = repository.created_by
    for user, role in [(viewer, ShareRole.VIEWER), (editor, ShareRole.EDITOR)]:
        share(owner, repository=repository, user=user, role=role, shared_at=NOON)
    organisation = repository.namespace.organisation
    MembershipFactory(organisation=organisation, user=reader, role=Role.READER)
    MembershipFactory(organisation=organisation, user=writer, role=Role.WRITER)
    return {
        "nobody": None,
        "stranger": UserFactory(),
        "viewer": viewer,
        "editor": editor,
        "reader": reader,
        "writer": writer,
        "owner": owner,
        "staff": UserFactory(is_staff=True),
    }


@pytest.fixture
def url(repository):
    """Return the API's address of the repository, or of something below it."""

    def at(*below: str) -> str:
        return "/".join(["/api/v1/datasets", str(repository), *below])

    return at


@pytest.fixture
def browser():
    """Return a browser, signed in as the given user or as nobody."""

    def opened(user=None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(
                user, backend="django.contrib.auth.backends.ModelBackend"
            )
        return client

    return opened
