"""What clients ask most, `resolve`, in queries and in time; and what is not there."""

import logging
import statistics
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import put

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
TIMES = 100
MOST = {"there.csv": 3, "absent.csv": 1}  # queries


@pytest.fixture(autouse=True)
def silence():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", MOST)
def test_a_head_of_a_public_file(name, settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    repository = RepositoryFactory(public=True)
    commit = put(repository, {"data/there.csv": b"id\n1\n"})
    client, path = Client(), f"/datasets/{repository}/resolve/{commit.oid}/data/{name}"
    status = client.head(path).status_code
    with CaptureQueriesContext(connection) as asked:
        client.head(path)
    queries, taken = len(asked), []  # before the next request forgets them
    for _ in range(TIMES):
        start = time.perf_counter()
        client.head(path)
        taken.append(time.perf_counter() - start)
    median = statistics.median(taken) * 1e3
    print(f"\nHEAD answered {status}: {queries} queries, {median:.1f} ms")

    assert 1 <= queries <= MOST[name]
