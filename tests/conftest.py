"""Fixtures that every room's tests share."""

import gc
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


HERE = Path(__file__).parent
ALONE = ("faults", "storage/test_slow_readers.py")
TOGETHER = ("conformance", "journeys")  # share what takes long to start
LONG = ("conformance", "demo", "journeys", "fuzz", "architecture")
YOUNG = 50_000  # objects made between two looks for garbage


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Say what runs alone, what on one worker, and what begins since it takes longest."""
    for item in items:
        place = item.path.relative_to(HERE)
        if place.as_posix().startswith(ALONE):
            item.add_marker("alone")
        group = place.parts[0] if place.parts[0] in TOGETHER else place
        item.add_marker(pytest.mark.xdist_group(str(group)))
    yield
    items.sort(key=_begins)  # the rest stays in the order that Django's plugin gave it


def _begins(item):
    room = item.path.relative_to(HERE).parts[0]
    return LONG.index(room) if room in LONG else len(LONG)


def pytest_collection_finish():
    """Look for garbage less often, and never among what the imports made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


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
