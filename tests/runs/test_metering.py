"""What runs took is added once to the month of whoever they were for."""

from datetime import date, timedelta

import pytest

from marketplace.catalog.models import NamespaceUsage
from tests.factories.accounts import NOON, UserFactory
from tests.factories.training import RunFactory
from training.runs import leases
from training.runs.leases import Failure
from training.runs.metering import meter
from training.runs.models import Lane, MonthOfUse
from training.runs.services import requeue

pytestmark = pytest.mark.django_db
MONTH = date(NOON.year, NOON.month, 1)
TERM = timedelta(minutes=10)


def used(run, *, seconds=60, usage=None, worker="worker@one", fails=False):
    """Have a worker hold a run for so long, and end it."""
    lease = leases.claim(run.pk, worker=worker, now=NOON, term=TERM)
    at = NOON + timedelta(seconds=seconds)
    if fails:
        leases.fail(lease, now=at, failure=Failure("broken", "It broke."))
    else:
        assert leases.complete(lease, now=at, usage=usage or {})
    return run


def month(user):
    return MonthOfUse.objects.get(namespace=user.namespace, month=MONTH)


def test_a_run_counts_once_for_the_lane_s_keeper_or_else_for_its_owner(api):
    host, asker = UserFactory(), UserFactory()
    Lane.objects.create(name="contest:theirs", namespace=host.namespace)
    used(
        RunFactory(owner=asker, lane="contest:theirs"),
        usage={"cpu_seconds": 12.5, "device": "cpu"},
    )
    used(RunFactory(owner=asker, lane="jobs"), usage={"device": "cuda:0"}, seconds=90)
    used(RunFactory(owner=asker, lane="jobs"), fails=True, seconds=30)
    used(RunFactory(owner=asker, lane="jobs"), worker="site:of-their-own")
    RunFactory(owner=asker, lane="jobs")  # waits

    assert meter(NOON) == 4
    assert meter(NOON) == 0

    theirs, own = month(host), month(asker)
    assert (theirs.run_count, theirs.cpu_ms, theirs.gpu_ms) == (1, 12_500, 0)
    assert (own.run_count, own.cpu_ms, own.gpu_ms) == (2, 120_000, 90_000)
    assert own.wall_ms == 120_000
    told = api(asker).get("/api/v1/machine-usage").json()["results"]
    assert told == [
        {
            "namespace": asker.namespace.name,
            "month": MONTH.isoformat(),
            "run_count": 2,
            "cpu_seconds": 120.0,
            "gpu_seconds": 90.0,
            "worker_seconds": 120.0,
            "stored_bytes": 0,
        }
    ]


def test_a_run_that_is_queued_anew_counts_for_each_time_it_ended():
    run = used(RunFactory(), fails=True)
    meter(NOON)

    assert requeue(run, codes=["broken"], at=NOON + TERM)
    used(run, seconds=5)
    meter(NOON)

    assert month(run.owner).run_count == 2
    assert month(run.owner).wall_ms == 65_000


def test_the_most_that_was_stored_in_a_month_stays(client):
    user = UserFactory()
    held = NamespaceUsage.objects.create(namespace=user.namespace, size_bytes=5_000_000)
    meter(NOON)
    held.size_bytes = 10
    held.save()
    meter(NOON)
    meter(NOON + timedelta(days=31))

    months = MonthOfUse.objects.filter(namespace=user.namespace).order_by("month")
    assert [each.stored_bytes for each in months] == [5_000_000, 10]
    client.force_login(user)
    page = client.get("/settings/usage").content.decode()
    assert "4.8" in page
    assert "All months as CSV" in page
    rows = b"".join(client.get("/settings/usage.csv")).decode().splitlines()
    assert rows[-1].startswith(f"{user.namespace.name},{MONTH:%Y-%m},0,")
    assert len(rows) == 3
    client.force_login(UserFactory())
    assert "Nothing was used yet" in client.get("/settings/usage").content.decode()


def test_a_page_of_months_takes_the_same_queries_for_one_and_for_many(
    client, django_assert_num_queries
):
    user = UserFactory()
    client.force_login(user)
    for number in range(1, 8):
        MonthOfUse.objects.create(
            namespace=user.namespace, month=MONTH.replace(month=number)
        )
        if number in {1, 7}:
            client.get("/settings/usage")
            with django_assert_num_queries(3):
                client.get("/settings/usage")
