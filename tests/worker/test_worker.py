"""The one command of a host's worker against a real site: killed, it loses none."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.contests.importers import bundles
from tests.contests.test_programs import HANDED_IN, imported, opened_now
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import (
    ROWS,
    TRUTH,
    ContestFactory,
    enter,
    hand_in,
    predictions,
)
from tests.servers.databases import database_url
from tests.servers.granians import file_process, site
from training.contests import boards, services
from training.contests.manifests import SitePlan
from training.contests.models import ProgramOutput, Score, Task
from training.contests.services import ContestPlan
from training.runs.dispatch import sweep
from training.runs.models import Run, RunStatus

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
]
SUBMISSIONS = 200 if os.environ.get("KILLS") == "all" else 24
LEASE_SECONDS = 5
DONE_WITHIN_SECONDS = 600


@pytest.fixture
def environment(settings):
    """What the tests' own installation is, for processes that serve it."""
    told = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.STOA.data_dir),
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "LOG_LEVEL": "WARNING",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "MEMBER_REQUESTS_PER_MINUTE": "1000000",
        "ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
    }
    with file_process(told) as files:
        yield {**told, "FILES_URL": files.url}


def started(url, token, *options):
    """Start a worker as its host does: no database, no broker, a token."""
    return subprocess.Popen(
        [sys.executable, "-m", "training.worker", "--url", url, *options],
        env={"PATH": os.environ["PATH"], "STOA_WORKER_TOKEN": token},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def brought(contest):
    return services.bring_worker(
        contest.host,
        contest=contest,
        name="lab",
        for_namespace=False,
        at=timezone.now(),
    )


def test_killing_a_host_s_worker_loses_none_and_counts_none_twice(environment):
    contest = ContestFactory(daily_limit=1000)
    _, token = brought(contest)
    entrants = [enter(contest) for _ in range(8)]
    wanted = {}
    for number in range(SUBMISSIONS):
        content = predictions(wrong=number % ROWS, noise=number / 1000)
        made = hand_in(entrants[number % len(entrants)], content)
        wanted[made.pk] = 1 - number % ROWS / ROWS
    chance, kills = random.Random(SUBMISSIONS), 0
    give_up_at = time.monotonic() + DONE_WITHIN_SECONDS
    live = Run.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])

    with site(environment) as server:
        workers = [started(server.url, token) for _ in range(2)]
        try:
            while live.exists() and time.monotonic() < give_up_at:
                time.sleep(chance.uniform(2.0, 5.0))
                sweep(timezone.now())
                victim = chance.randrange(len(workers))
                if not Run.objects.filter(
                    status=RunStatus.RUNNING, attempts__gte=2
                ).exists():
                    os.killpg(workers[victim].pid, signal.SIGKILL)
                    workers[victim].wait()
                    workers[victim] = started(server.url, token)
                    kills += 1
        finally:
            for worker in workers:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()

    statuses = Counter(Run.objects.values_list("status", flat=True))
    again = Run.objects.filter(attempts__gt=1).count()
    print(f"\n{SUBMISSIONS} submissions, {kills} kills, {again} runs taken again")  # noqa: T201  a figure
    assert statuses == {RunStatus.SUCCEEDED: SUBMISSIONS}
    scores = Score.objects.filter(metric="accuracy").values_list(
        "attempt__submission", "value"
    )
    assert len(scores) == SUBMISSIONS
    assert dict(scores) == {pk: pytest.approx(value) for pk, value in wanted.items()}
    assert kills > 0
    assert boards.audit(contest.pk, at=timezone.now()) == 0


def stays_at(truth):
    """Open a contest of predictions whose labels stay with another; with its worker."""
    host = UserFactory()
    now = timezone.now()
    contest = services.open_federated(
        host,
        namespace=host.namespace,
        dataset=RepositoryFactory(owner=host, public=True),
        plan=ContestPlan(
            slug="stays",
            title="Stays",
            task=Task.BINARY,
            metric="accuracy",
            classes=["0", "1"],
            starts_at=now - timedelta(days=1),
            ends_at=None,
            is_guarded=False,
        ),
        sites=[SitePlan("North", hashlib.sha256(truth.encode()).hexdigest(), ROWS)],
        opened_at=now,
    )
    _, token = services.bring_site_worker(
        host, contest=contest, name="lab", site=1, at=now
    )
    return contest, token


def test_workers_end_when_revoked_or_done_or_without_the_labels_they_are_for(
    environment, tmp_path
):
    contest = ContestFactory()
    worker, token = brought(contest)
    hand_in(enter(contest))

    federated, at_site = stays_at(TRUTH)
    handed_in = hand_in(enter(federated))
    programmed = opened_now(imported(bundles.codabench())[0][0])
    _, for_program = brought(programmed)
    by_program = hand_in(enter(programmed), HANDED_IN, filename="s.zip")

    with site(environment) as server:
        once = started(server.url, token, "--once")
        assert once.wait(timeout=120) == 0
        assert started(server.url, for_program, "--once").wait(timeout=120) == 0
        (tmp_path / "labels.csv").write_text(TRUTH.replace("r1,1", "r1,0"))
        folder = "--truth", str(tmp_path), "--once"
        assert started(server.url, at_site, "--once").wait(timeout=60) == 1
        assert started(server.url, at_site, *folder).wait(timeout=60) == 1
        waits = Run.objects.get(attempt__submission=handed_in).status
        (tmp_path / "labels.csv").write_text(TRUTH)
        assert started(server.url, at_site, *folder).wait(timeout=120) == 0
        services.dismiss_worker(
            contest.host, contest=contest, worker_id=worker.pk, at=timezone.now()
        )
        assert started(server.url, token).wait(timeout=60) == 1

    given = Score.objects.filter(attempt__submission=by_program)
    assert dict(given.values_list("metric", "value")) == {
        "accuracy": 0.75,
        "errors": 0.25,
    }
    assert ProgramOutput.objects.get().log
    assert waits == RunStatus.QUEUED
    score = Score.objects.get(attempt__submission=handed_in, metric="accuracy")
    assert score.value == 1.0
    run = Run.objects.get(attempt__submission__contest=contest)
    assert (run.status, run.worker) == (RunStatus.SUCCEEDED, worker.label)
