"""Submissions while workers, web, beat and broker are killed: all are scored.

Everything is real: the site under granian, two workers, beat, the broker, PostgreSQL. The
client does what a client must: it repeats a request that got no answer, with its key.
There are 120 submissions on the broker in files and 160 on RabbitMQ, so that they last
while each is killed; with `KILLS=all` in the environment 200 and 240.
"""

import itertools
import os
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta

import pytest
import urllib3
from django.db import connection
from django.utils import timezone

from tests.factories.accounts import ApiTokenFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import INPUTS, ROWS, TRUTH, predictions
from tests.faults.fleet import fleet, killers
from tests.servers.brokers import rabbitmq
from tests.servers.databases import database_url
from training.contests import boards
from training.contests.models import Attempt, BoardRow, Contest, Score, Submission
from training.runs.models import Run, RunStatus

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
]
FEWEST = 200 if os.environ.get("KILLS") == "all" else 40
MOST = 1000
ENTRANTS = 20
CLIENTS = 8
LEASE_SECONDS = 5
ANSWERED_WITHIN = timedelta(minutes=3)
SCORED_WITHIN = timedelta(minutes=5)
RETRIED = frozenset({500, 502, 503, 504, 507})
BROKERS = {"files": nullcontext, "rabbitmq": rabbitmq}


class Client:
    """One entrant's program: every request has a key and is repeated until answered."""

    def __init__(self, address, user):
        self.address, self.user, self.repeats = address, user, 0
        secret = f"stoa_{user.username}"
        ApiTokenFactory(user=user, secret=secret)
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.pool = urllib3.PoolManager(timeout=10, retries=False)

    def post(self, path, *, fields=None, json=None):
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        body = {"fields": fields} if fields else {"json": json}
        give_up_at = timezone.now() + ANSWERED_WITHIN
        while True:
            try:
                answer = self.pool.request(
                    "POST", f"{self.address}/api/v1/{path}", headers=headers, **body
                )
            except urllib3.exceptions.HTTPError:
                answer = None
            if answer is not None and not _is_to_repeat(answer):
                return answer
            assert timezone.now() < give_up_at, answer and answer.data
            self.repeats += 1
            time.sleep(0.1)


def _is_to_repeat(answer):
    if answer.status == 409:
        return answer.json()["code"] == "idempotency_key_in_use"
    return answer.status in RETRIED


@pytest.fixture
def environment(tmp_path):
    return {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "LOG_LEVEL": "WARNING",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "MEMBER_REQUESTS_PER_MINUTE": "1000000",
    }


def opened(address):
    """Open a contest over HTTP, and have everyone join it."""
    host = UserFactory()
    dataset = RepositoryFactory(owner=host, public=True)
    now = timezone.now()
    answer = Client(address, host).post(
        "contests",
        fields={
            "namespace": host.username,
            "dataset": f"{dataset.namespace.name}/{dataset.name}",
            "slug": "under-fire",
            "title": "Under fire",
            "task": "BINARY",
            "metric": "accuracy",
            "is_guarded": "false",  # so that every score counts, and no baseline runs
            "daily_limit": str(MOST),
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(days=1)).isoformat(),
            "truth": ("truth.csv", TRUTH),
            "inputs": ("inputs.csv", INPUTS),
        },
    )
    assert answer.status == 201, answer.data
    clients = [Client(address, user) for user in UserFactory.create_batch(ENTRANTS)]
    for client in clients:
        rules = {"rules_sha256": answer.json()["rules_sha256"]}
        assert client.post("contests/under-fire/join", json=rules).status == 201
    return Contest.objects.get(), clients


def hand_in(client, number):
    """Hand in predictions with as many wrong as the number says; the id."""
    content = predictions(wrong=number % ROWS, noise=number / 1000)
    answer = client.post(
        "contests/under-fire/submissions",
        fields={"format": "PREDICTIONS", "file": (f"{number}.csv", content)},
    )
    assert answer.status == 201, answer.data
    time.sleep(1)  # so that the posts last while others are killed
    return answer.json()["id"]


def under_fire(running, clients):
    """Hand in from several programs at once until the kills met work; number → id."""
    numbers, posted = itertools.count(), {}

    def is_enough():
        return (
            len(posted) >= FEWEST
            and all(running.kills[victim] for victim in running.kill)
            and any(client.repeats for client in clients)
            and Run.objects.filter(attempts__gt=1).exists()
        )

    def go_on():
        try:
            while len(posted) < MOST and not is_enough():
                number = next(numbers)
                posted[number] = hand_in(clients[number % ENTRANTS], number)
        finally:
            connection.close()

    with killers(running, seed=FEWEST), ThreadPoolExecutor(CLIENTS) as pool:
        for ended in [pool.submit(go_on) for _ in range(CLIENTS)]:
            ended.result()
    return posted


def wait_until_scored():
    give_up_at = timezone.now() + SCORED_WITHIN
    live = Run.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])
    while live.exists() and timezone.now() < give_up_at:
        time.sleep(0.2)
    return Counter(Run.objects.values_list("status", flat=True))


@pytest.mark.parametrize("kind", BROKERS)
def test_kills_lose_no_submission_and_score_none_twice(kind, environment):
    with BROKERS[kind]() as broker:
        if broker is not None:
            environment["BROKER_URL"] = broker.url
        with fleet(environment, broker=broker) as running:
            contest, clients = opened(running.web.url)
            posted = under_fire(running, clients)
            statuses = wait_until_scored()

    count = len(posted)
    assert statuses == {RunStatus.SUCCEEDED: count}
    assert min(running.kills[victim] for victim in running.kill) > 0
    assert Run.objects.filter(attempts__gt=1).exists()
    assert sum(client.repeats for client in clients) > 0
    kept = dict(Submission.objects.values_list("pk", "filename"))
    assert kept == {uuid.UUID(pk): f"{number}.csv" for number, pk in posted.items()}
    assert Attempt.objects.count() == Run.objects.count() == count
    scores = Score.objects.filter(metric="accuracy").values_list(
        "attempt__submission", "value"
    )
    assert len(scores) == count
    assert dict(scores) == {
        uuid.UUID(pk): pytest.approx(1 - number % ROWS / ROWS)
        for number, pk in posted.items()
    }
    assert BoardRow.objects.count() == ENTRANTS
    assert boards.audit(contest.pk, at=timezone.now()) == 0
