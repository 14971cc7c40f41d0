"""A contest, and everyone who may stand before it."""

import pytest

from tests.factories.accounts import UserFactory
from tests.factories.training import ContestFactory, enter


@pytest.fixture
def contest():
    return ContestFactory(description="# Why\n\nTo *learn*.", prizes="A **medal**.")


@pytest.fixture
def people(contest):
    """Everyone who may stand before a contest."""
    return {
        "nobody": None,
        "stranger": UserFactory(),
        "entrant": enter(contest).user,
        "host": contest.host,
        "staff": UserFactory(is_staff=True),
    }
