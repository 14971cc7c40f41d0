"""Fixtures that every room's tests share."""

import fcntl
import gc
import os
from pathlib import Path

import pytest
from django import conf
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import timezone
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient
from xdist.scheduler import LoadScopeScheduling

from marketplace.accounts.models import ApiToken, Scope
from marketplace.kit.limits import reserve
from marketplace.kit.migrating import migrate_if_needed
from tests import world as worlds
from tests.installation import folder
from tests.tables import contents, empty_all

settings.register_profile(  # how long an example takes is the machine's affair
    "house",
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,  # so that who broke it sees it
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


HERE = Path(__file__).parent
STOPPING = "faults/test_failover.py"  # the server of all databases
MEASURING = "storage/test_slow_readers.py"  # what others beside it would falsify
EXCLUSIVE = (STOPPING, MEASURING)
ALONE = ("deploy/test_several_hosts.py", "faults", "worker/test_worker.py", *EXCLUSIVE)
TOGETHER = ("conformance", "journeys", "runs")  # share a long start, or the one broker
APART = ("faults",)  # each of its tests has a whole installation of its own
LONG = ("conformance", "demo", "journeys", "fuzz", "architecture", "attacks")
YOUNG = 50_000  # objects made between two looks for garbage


class ByFile(LoadScopeScheduling):
    """Give each worker whole files, or whole rooms that share something.

    Not `--dist loadgroup`: pytest-xdist 3.8 writes groups where pytest 9.2 reads no name.
    """

    def _split_scope(self, nodeid: str) -> str:
        _, room, *_ = path = nodeid.partition("::")[0].split("/")
        if room in APART:
            return nodeid
        return room if room in TOGETHER else "/".join(path)


def pytest_configure():
    """Have each of the many test clients not read every static file when it starts."""
    conf.settings.WHITENOISE_AUTOREFRESH = True


def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)


def pytest_ignore_collect(collection_path, config):
    """Import nothing but what is asked for: what runs alone, or all but the benchmarks."""
    asked = config.option.markexpr
    if not collection_path.is_file():
        return None
    if asked.startswith("alone "):
        return True if not _is_of(collection_path, ALONE) else None
    if asked.endswith("not benchmark") and _is_of(collection_path, ("benchmarks",)):
        return True
    return None


def _is_of(path, places):
    return path.relative_to(HERE).as_posix().startswith(places)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Say what runs alone, and let begin early what takes longest."""
    for item in items:
        if _is_of(item.path, ALONE):
            item.add_marker("alone")
        elif item.get_closest_marker("alone"):
            raise pytest.UsageError(f"Name {item.path} in ALONE, or it is never run.")
    yield
    items.sort(key=_begins)  # the rest stays in the order that Django's plugin gave it


def _begins(item):
    room = item.path.relative_to(HERE).parts[0]
    return LONG.index(room) if room in LONG else len(LONG)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Let what kills run beside what kills, and nothing beside what is exclusive.

    From before its database is made until after that is dropped.
    """
    if item.get_closest_marker("alone") is None:
        return (yield)
    with (folder / "room").open("w") as held:
        is_exclusive = _is_of(item.path, EXCLUSIVE)
        fcntl.flock(held, fcntl.LOCK_EX if is_exclusive else fcntl.LOCK_SH)
        return (yield)


def pytest_collection_finish():
    """Look for garbage less often, and never among what the imports made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


@pytest.fixture(scope="session")
def migrated(django_db_blocker):
    """Return the name of the database to copy, which the first worker migrates."""
    name, done = connection.settings_dict["NAME"], folder / "migrated"
    with (folder / "migrating").open("w") as turn, django_db_blocker.unblock():
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not done.exists():
            migrate_if_needed()
            connection.close()  # nobody may be connected to what is copied
            done.touch()
    return name


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    migrated, django_db_modify_db_settings_parallel_suffix
):
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated


@pytest.fixture(scope="session", autouse=True)
def emptied():
    """Have what a test committed deleted, instead of all tables made anew."""
    flush = TransactionTestCase._fixture_teardown

    def emptied(self):
        if not empty_all():
            flush(self)

    TransactionTestCase._fixture_teardown = emptied
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(autouse=True)
def uncounted():
    """Let no test have what an earlier one took of somebody's request limit."""
    reserve.forget()


@pytest.fixture
def api():
    """Return a client of the API, signed in as the given user or as nobody.

    Staff come with a token of all scopes, since no session moves money.
    """

    def client(user=None) -> APIClient:
        made = APIClient()
        if user is not None:
            whole = ApiToken(user=user, scopes=Scope.values) if user.is_staff else None
            made.force_authenticate(user, token=whole)
        return made

    return client


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Return one whole small world, built once a module and gone with it.

    A test that changes it asks for `db`, which undoes what it did.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        built = worlds.build(timezone.now())
        contents()  # so that each test looks again only at what was written to
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def own_store(settings, tmp_path):
    """Keep bytes apart from those that other processes of this run keep beside ours."""
    settings.STOA = settings.STOA.model_copy(update={"data_dir": tmp_path})
