"""One installation through everything that goes wrong, while people go on.

`make faults` runs it. Web, two workers and beat, RabbitMQ, S3 and PostgreSQL with a standby
are real; the second worker reaches all of them over lines that can be cut. After each
fault it prints how long a new submission then took to be scored; at the end it looks for
what was lost, what was done twice, and what a stranger got to read. `ORDEAL_SECONDS` is how
long each fault lasts, and `KILL_SECONDS` how long processes are killed at random.
"""

import os
import time
import uuid
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import kombu
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from licensing.models import Order, Payment
from licensing.models.orders import SETTLED_STATES
from licensing.queries.checking import faults_of_books
from marketplace.config.env import Environment
from marketplace.storage.services import inspect_storage
from tests.factories.accounts import UserFactory
from tests.faults.fleet import fleet, killers
from tests.faults.load import People
from tests.faults.test_kill import Client, opened, wait_until_scored
from tests.servers.brokers import rabbitmq
from tests.servers.celeries import worker
from tests.servers.databases import database_url
from tests.servers.faulty import Faulty, Line, faulty
from tests.servers.processes import Server
from tests.servers.standbys import Pair, standby
from tests.servers.swift import s3
from tests.storage.disks import disk_of
from training.contests import boards
from training.contests.models import Attempt, Score, Submission
from training.runs.models import Run, RunStatus

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1500),
]
FOR_SECONDS = float(os.environ.get("ORDEAL_SECONDS", "6"))
KILL_SECONDS = float(os.environ.get("KILL_SECONDS", "600"))
LEASE_SECONDS = 5
QUEUES = ("runs", "predictions", "default")
DISK_MIB = 64
BUSY_WITHIN_SECONDS = 60
SOCKET = ".s.PGSQL.5432"
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


class Places(NamedTuple):
    """The environments of both hosts, the lines between them, and what they reach."""

    environment: dict[str, str]
    second: dict[str, str]
    store: Faulty
    far: dict[str, Faulty]
    broker: Server
    disk: Path
    pair: Pair


@pytest.fixture
def places(transactional_db, tmp_path):
    """Run what the hosts reach."""
    with ExitStack() as stack:
        pair = stack.enter_context(standby())
        broker = stack.enter_context(rabbitmq())
        bucket = stack.enter_context(s3())
        disk = stack.enter_context(disk_of(DISK_MIB, tmp_path / "disk"))
        store = stack.enter_context(faulty(int(bucket.endpoint.rpartition(":")[2])))
        far = {
            "primary": stack.enter_context(faulty(pair.primary.socket_dir / SOCKET)),
            "standby": stack.enter_context(faulty(pair.second.socket_dir / SOCKET)),
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
            "DATABASE_URL": database_url(
                f"127.0.0.1:{far['primary'].port},127.0.0.1:{far['standby'].port}"
            ),
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
            yield Places(environment, second, store, far, broker, disk, pair)
        finally:
            settings.STOA = was


def _through(bucket, line):
    return replace(bucket, endpoint=f"http://127.0.0.1:{line.port}").url


def empty(broker):
    """Have the broker forget all that it holds."""
    with kombu.Connection(broker.url) as link:
        for queue in QUEUES:
            link.default_channel.queue_purge(queue)


def crash(server):
    """Stop the database as a crash would, and start it again."""
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
def clock_jumping(environment, told):
    """Run one more worker, whose clock jumps an hour ahead, then an hour behind.

    It is killed with what it then has in hand.
    """
    told.write_text("+0")
    wrong = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(told)}
    wrong |= {"FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}
    with worker({**environment, **wrong}, name="astray") as astray:
        told.write_text("+1h")
        give_up_at = time.monotonic() + BUSY_WITHIN_SECONDS
        while not Run.objects.filter(worker__startswith="astray@").exists():
            assert time.monotonic() < give_up_at, astray.tail()
            time.sleep(0.02)
        yield
        told.write_text("-1h")
        time.sleep(FOR_SECONDS)
        astray.kill()


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


def test_whatever_goes_wrong_nothing_is_lost_and_nothing_done_twice(places, tmp_path):
    environment, store, broker = places.environment, places.store, places.broker
    pair, clock, began_at = places.pair, tmp_path / "clock", time.monotonic()
    with fleet(environment, broker=broker, second=places.second) as running:
        address = running.web.url
        contest, clients = opened(address)
        staff = Client(address, UserFactory(is_staff=True))
        people = People(clients, staff=staff, address=address)
        ordeals = {
            "nothing": (0, nullcontext()),
            "broker emptied": (0, at_once(lambda: empty(broker))),
            "PostgreSQL crashed": (0, at_once(lambda: crash(pair.primary))),
            "PostgreSQL lost, its standby promoted": (0, at_once(pair.fail_over)),
            "S3 slow": (FOR_SECONDS, store.being(Line.SLOW)),
            "S3 answers 503": (FOR_SECONDS, store.being(Line.BUSY)),
            "S3 breaks halfway": (FOR_SECONDS, store.being(Line.HALF)),
            "disk full": (FOR_SECONDS, full(places.disk)),
            "a clock jumping by hours": (
                FOR_SECONDS,
                clock_jumping(environment, clock),
            ),
            "a host cut off": (FOR_SECONDS, parted(places.far)),
            "kill -9 at random": (KILL_SECONDS, killers(running, seed=9)),
        }
        with people.going_on():
            for name, (seconds, ordeal) in ordeals.items():
                with ordeal:
                    time.sleep(seconds)
                took = people.recovered(clients[-1])
                print(f"  {name}: a submission is scored in {took:.1f} s after it")
        statuses = wait_until_scored()

    kills = ", ".join(f"{name} {count}" for name, count in running.kills.items())
    print(f"  killed: {kills}")
    print(f"  {len(people.posted)} submissions scored, {len(people.paid)} orders paid")
    assert store.met > 0
    assert all(running.kills[victim] for victim in running.kill)
    _nothing_is_lost(people, contest, statuses)
    took = (time.monotonic() - began_at) / 60
    print(f"  nothing is lost, nothing was done twice; all of it took {took:.1f} min")
    print(f"  a stranger asked {people.asked} times and got nothing to read")


def _nothing_is_lost(people, contest, statuses):
    count = len(people.posted)
    assert statuses.keys() == {RunStatus.SUCCEEDED}
    assert Run.objects.filter(attempt__isnull=False).count() == count
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
