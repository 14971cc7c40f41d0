"""Fixtures that every room's tests share."""

from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient

from marketplace.kit.limits import reserve
from tests import world as worlds

settings.register_profile(  # how long an example takes is the machine's affair
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


ALONE = ("faults", "demo", "storage/test_slow_readers.py", "config/test_embedded.py")


def pytest_collection_modifyitems(items):
    """Mark what measures or kills: it runs when nothing else does."""
    folders = tuple(str(Path(__file__).parent / each) for each in ALONE)
    for item in items:
        if str(item.path).startswith(folders):
            item.add_marker("alone")


@pytest.fixture(autouse=True)
def uncounted():
    """Let no test have what an earlier one took of somebody's request limit."""
    reserve.forget()


@pytest.fixture
def api():
    """Return a client of the API, signed in as the given user or as nobody."""

    def client(user=None) -> APIClient:
        made = APIClient()
        if user is not None:
            made.force_authenticate(user)
        return made

    return client


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Return one whole small world, built once a module and gone with it.

    A test that changes it asks for `db`, which undoes what it did.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build(timezone.now())
        transaction.set_rollback(True)
