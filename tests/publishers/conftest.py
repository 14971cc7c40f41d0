"""An issuer, a repository, and a publisher that it trusts."""

import pytest

from marketplace.catalog.models import Kind
from marketplace.publishers.services import exchange_identity, trust_publisher
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.publishers.issuer import HUB, SUBJECT, Issuer
from tests.webhooks.receiver import OURSELVES


@pytest.fixture(scope="session")
def running():
    started = Issuer()
    yield started
    started.stop()


@pytest.fixture
def issuer(running):
    running.begin_anew()
    return running


@pytest.fixture
def ada(db):
    return UserFactory(username="ada")


@pytest.fixture
def repository(ada):
    """A private dataset of ada's."""
    return RepositoryFactory(owner=ada, name="birds", kind=Kind.DATASET)


@pytest.fixture
def trust(repository, issuer):
    def trusted(actor=None, **said):
        whole = {
            "repository": repository,
            "issuer": issuer.address,
            "audience": HUB,
            "subject": SUBJECT,
            "claims": {},
            "networks": OURSELVES,
            "trusted_at": NOON,
            **said,
        }
        return trust_publisher(actor or repository.created_by, **whole)

    return trusted


@pytest.fixture
def exchange():
    def exchanged(token, **said):
        whole = {
            "kind": Kind.DATASET,
            "namespace": "ada",
            "name": "birds",
            "networks": OURSELVES,
            "exchanged_at": NOON,
            **said,
        }
        return exchange_identity(token, **whole)

    return exchanged
