"""What the pages that people open first ask of the database, and bring along as script."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.training import ContestFactory, scored
from tests.factories.viewer import converted, made
from tests.front.weight import MOST_SCRIPT_BYTES, script_bytes_of

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
QUERIES = {
    "/": 5,
    "/search?q=birds": 5,
    "/datasets": 2,
    "/contests": 1,
    "/datasets/{birds}": 12,
    "/datasets/{birds}/data": 9,
    "/contests/{slug}/leaderboard": 1,
    "/learn/splits-and-why": 1,
}
OF_MEMBERS = ("/studio", "/datasets/{birds}/upload", "/new")


@pytest.fixture
def birds():
    """A public dataset with a card, rows, and a contest on it that somebody entered."""
    repository = RepositoryFactory(public=True, title="Birds")
    commit(repository, {"README.md": "# Birds\n", "birds.csv": "id\n1\n"})
    converted(repository, {"default/train": made("SELECT range AS id FROM range(99)")})
    return repository


def test_pages_ask_little_and_bring_little_script(client, birds):
    contest = ContestFactory(dataset=birds)
    scored(contest, 0.9)
    named = {"birds": birds, "slug": contest.slug}
    told, scripts = {}, {}
    for page in QUERIES:
        client.get(page.format(**named))  # so that what is kept by processes is there
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(page.format(**named))
        assert answer.status_code == 200, page
        told[page], scripts[page] = len(asked), script_bytes_of(client, answer.content)
    member = Client()
    member.force_login(birds.created_by)
    for page in OF_MEMBERS:
        answer = member.get(page.format(**named))
        assert answer.status_code == 200, page
        scripts[page] = script_bytes_of(client, answer.content)

    assert told == QUERIES
    assert max(told.values()) <= MOST_QUERIES
    assert min(scripts.values()) > 50_000  # of htmx: that none was passed over
    assert max(scripts.values()) < MOST_SCRIPT_BYTES, scripts
