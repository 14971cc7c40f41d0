"""One installation through everything that goes wrong, while people go on.

`make faults` runs it. Web, two workers and beat, RabbitMQ, S3 and PostgreSQL are real; the
second worker reaches all of them over lines that can be cut. After each fault it prints
how long a new submission then took to be scored; at the end it looks for what was lost,
what was done twice, and what a stranger got to read. `ORDEAL_SECONDS` is how long each
fault lasts, and `KILL_SECONDS` how long processes are killed at random.
"""

import os
import time
import uuid
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace

import kombu
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from licensing.models import Order, Payment
from licensing.models.orders import SETTLED_STATES
from licensing.queries.checking import faults_of_books
from marketplace.config import boot
from marketplace.config.env import Environment
from marketplace.storage.services import inspect_storage
from tests.factories.accounts import UserFactory
from tests.faults.fleet import fleet, killers
from tests.faults.load import People
from tests.faults.test_kill import Client, opened, wait_until_scored
from tests.servers.brokers import rabbitmq
from tests.servers.celeries import worker
from tests.servers.databases import database_url
from tests.servers.faulty import Line, faulty
from tests.servers.swift import s3
from tests.storage.disks import disk_of
from training.contests import boards
from training.contests.models import Attempt, Score, Submission
from training.runs.models import RunStatus

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1500),
]
FOR_SECONDS = float(os.environ.get("ORDEAL_SECONDS", "12"))
KILL_SECONDS = float(os.environ.get("KILL_SECONDS", "60"))
LEASE_SECONDS = 5
QUEUES = ("runs", "predictions", "default")
DISK_MIB = 64
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


@pytest.fixture
def places(tmp_path):
    """Give the environments of both hosts, the lines between them, broker and disk."""
    with ExitStack() as stack:
        broker = stack.enter_context(rabbitmq())
        bucket = stack.enter_context(s3())
        disk = stack.enter_context(disk_of(DISK_MIB, tmp_path / "disk"))
        store = stack.enter_context(faulty(int(bucket.endpoint.rpartition(":")[2])))
        told = connection.settings_dict
        socket = f"{told['HOST']}/.s.PGSQL.{told['PORT'] or 5432}"
        far = {
            "database": stack.enter_context(faulty(socket)),
            "broker": stack.enter_context(faulty(broker.port)),
            "store": stack.enter_context(
                faulty(int(bucket.endpoint.rpartition(":")[2]))
            ),
        }
        environment = {
            "DATABASE_URL": database_url(),
            "BROKER_URL": broker.url,
            "STORAGE_URL": _through(bucket, store),
            "DATA_DIR": str(disk),
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "LOG_LEVEL": "WARNING",
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "MEMBER_REQUESTS_PER_MINUTE": "1000000",
            "ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
        }
        second = {
            "DATABASE_URL": f"postgresql://{told['USER']}@127.0.0.1:"
            f"{far['database'].port}/{told['NAME']}",
            "BROKER_URL": broker.url.replace(
                f":{broker.port}", f":{far['broker'].port}"
            ),
            "STORAGE_URL": _through(bucket, far["store"]),
        }
        own = Environment(
            storage_url=bucket.url, data_dir=tmp_path, secret_key=settings.SECRET_KEY
        )
        was, settings.STOA = settings.STOA, own
        try:
            yield environment, second, store, far, broker, disk
        finally:
            settings.STOA = was


def _through(bucket, line):
    return replace(bucket, endpoint=f"http://127.0.0.1:{line.port}").url


@contextmanager
def keeping_promises():
    """Have the tests' own database lose no commit in a crash, for a while."""
    names = ("fsync", "full_page_writes", "synchronous_commit")
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"ALTER SYSTEM SET {name} = on")
        cursor.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"ALTER SYSTEM SET {name} = off")
            cursor.execute("SELECT pg_reload_conf()")


def empty(broker):
    """Have the broker forget all that it holds."""
    with kombu.Connection(broker.url) as link:
        for queue in QUEUES:
            link.default_channel.queue_purge(queue)


def crash_postgres():
    """Stop the database as a crash would, and start it again."""
    server = boot.embedded_postgres()
    connection.close()
    server.run(
        "pg_ctl", "restart", f"--pgdata={server.data}", "--mode=immediate", "--wait"
    )


@contextmanager
def full(disk):
    """Leave no byte on a disk."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(2**20))
                file.flush()
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def clock_ahead(environment):
    """Run one more worker, whose clock is ahead: what it leaves waits as much longer."""
    wrong = {"LD_PRELOAD": FAKETIME, "FAKETIME": "+30s", "DONT_FAKE_MONOTONIC": "1"}
    with worker({**environment, **wrong}, name="ahead"):
        yield


@contextmanager
def parted(far):
    """Have the second host reach nothing, for longer than its leases last."""
    with ExitStack() as stack:
        for line in far.values():
            stack.enter_context(line.being(Line.CUT))
        yield


@contextmanager
def at_once(act):
    act()
    yield


def test_whatever_goes_wrong_nothing_is_lost_and_nothing_done_twice(places):
    environment, second, store, far, broker, disk = places
    with (
        keeping_promises(),
        fleet(environment, broker=broker, second=second) as running,
    ):
        address = running.web.url
        contest, clients = opened(address)
        staff = Client(address, UserFactory(is_staff=True))
        people = People(clients, staff=staff, address=address)
        ordeals = {
            "nothing": nullcontext(),
            "broker emptied": at_once(lambda: empty(broker)),
            "PostgreSQL crashed": at_once(crash_postgres),
            "S3 slow": store.being(Line.SLOW),
            "S3 answers 503": store.being(Line.BUSY),
            "S3 breaks halfway": store.being(Line.HALF),
            "disk full": full(disk),
            "a clock half a minute ahead": clock_ahead(environment),
            "a host cut off": parted(far),
            "kill -9 at random": killers(running, seed=9),
        }
        took = {}
        with people.going_on():
            for name, ordeal in ordeals.items():
                with ordeal:
                    time.sleep(KILL_SECONDS if "kill" in name else FOR_SECONDS)
                took[name] = people.recovered(clients[-1])
                print(
                    f"  {name}: a submission is scored in {took[name]:.1f} s after it"
                )
        statuses = wait_until_scored()

    print(
        f"  {len(people.posted)} submissions, {len(people.paid)} orders paid, ", end=""
    )
    print(f"{sum(running.kills.values())} kills; a stranger asked {people.asked} times")
    assert store.met > 0
    assert all(running.kills[victim] for victim in running.kill)
    _nothing_is_lost(people, contest, statuses)


def _nothing_is_lost(people, contest, statuses):
    count = len(people.posted)
    assert statuses == {RunStatus.SUCCEEDED: count}
    kept = dict(Submission.objects.values_list("pk", "filename"))
    assert kept == {
        uuid.UUID(pk): f"{number}.csv" for pk, number in people.posted.items()
    }
    assert Attempt.objects.count() == count
    assert Score.objects.filter(metric="accuracy").count() == count
    assert boards.audit(contest.pk, at=timezone.now()) == 0
    states = dict(Order.objects.values_list("number", "state"))
    assert states.keys() == {*people.paid}
    assert set(states.values()) <= set(SETTLED_STATES)
    assert Payment.objects.count() == len(people.paid) > 0
    assert list(faults_of_books()) == []
    found = inspect_storage(now=timezone.now())
    assert (found.missing, found.corrupt) == ([], [])
    assert people.asked > 0
    assert people.seen == []
