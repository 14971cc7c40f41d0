"""The rows that the load runs on are what the site reads, and the same each time."""

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from licensing.queries.checking import faults_of_books
from tests.factories.accounts import UserFactory
from tests.load.rows import fill_listings, fill_submissions
from training.contests import boards
from training.contests.models import BoardRow, Contest, Submission

pytestmark = pytest.mark.django_db
MANY, PEOPLE = 60, 8


def test_lists_searches_and_boards_read_what_was_copied():
    people = UserFactory.create_batch(PEOPLE)
    with transaction.atomic():
        fill_listings(people, MANY)
        fill_submissions(people, MANY, among=2)

    browser = Client()
    found = browser.get("/api/v1/search", {"q": "measured region 7"}).json()
    listed = browser.get("/api/v1/datasets").json()
    filled = Contest.objects.get(slug="filled-0")
    page = browser.get(f"/api/v1/contests/{filled.slug}/leaderboard").json()

    assert found["results"][0]["title"].endswith("of region 7")
    assert len(listed["results"]) == 20
    assert Submission.objects.count() == MANY
    assert len(page["results"]) > 0
    assert BoardRow.objects.filter(contest=filled).count() == PEOPLE
    assert boards.audit(filled.pk, at=timezone.now()) == 0
    assert list(faults_of_books()) == []
