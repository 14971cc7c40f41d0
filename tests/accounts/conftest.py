"""Who and what the tests of accounts are about."""

import pytest

from marketplace.accounts.models import Role
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)


@pytest.fixture
def acme():
    return OrganisationFactory(name="acme", title="Acme")


@pytest.fixture
def people(acme):
    """Everyone who may stand before the organisation, named by what they are in it."""
    return {
        "nobody": None,
        "stranger": UserFactory(username="stranger"),
        "reader": MembershipFactory(
            organisation=acme, user__username="reader", role=Role.READER
        ).user,
        "writer": MembershipFactory(
            organisation=acme, user__username="writer", role=Role.WRITER
        ).user,
        "owner": acme.memberships.get(role=Role.OWNER).user,
    }
