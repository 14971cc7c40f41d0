import html
import re

import pytest
from django.utils import timezone

from marketplace.catalog.models import Ground
from marketplace.catalog.services import file_report
from marketplace.storage.models import Blob
from marketplace.storage.services import store_bytes
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order
from tests.factories.training import ContestFactory, enter, hand_in
from training.jobs import SandboxLevel
from training.runs.models import Run, RunStatus
from training.runs.workers import report_worker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "status"), [("nobody", 302), ("member", 403), ("staff", 200)]
)
def test_the_operator_page_is_for_staff(client, who, status):
    if who != "nobody":
        client.force_login(UserFactory(is_staff=who == "staff"))

    answer = client.get("/operator")

    assert answer.status_code == status
    assert (b"Transfers to confirm" in answer.content) is (who == "staff")


@pytest.mark.parametrize(
    ("who", "status"), [("nobody", 302), ("member", 403), ("staff", 200)]
)
def test_the_doctor_speaks_to_staff(client, who, status):
    if who != "nobody":
        client.force_login(UserFactory(is_staff=who == "staff"))

    answer = client.get("/operator/doctor")

    assert answer.status_code == status
    assert (b"PostgreSQL" in answer.content) is (who == "staff")


@pytest.mark.parametrize(("is_part", "queries"), [(False, 11), (True, 9)])
@pytest.mark.parametrize("size", [1, 6])
def test_the_operator_page_takes_eleven_queries_and_its_refreshed_part_nine(
    client, django_assert_num_queries, size, is_part, queries
):
    client.force_login(UserFactory(is_staff=True))
    for number in range(size):
        make_order(make_offer(), placed_at=timezone.now())
        hand_in(enter(ContestFactory()))
        work_of(f"worker-{number}")
    headers = {"HX-Request": "true"} if is_part else {}

    # session, user; how many orders, and the first; queues; failures; reports; workers;
    # acts; what is stored, and who stores most
    with django_assert_num_queries(queries):
        page = client.get("/operator", headers=headers).content.decode()

    assert f"All {size}<" in page
    assert page.count("bwrap") == size
    assert ("<h1>" in page) is not is_part


def test_each_number_leads_to_where_one_acts(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    run = hand_in(enter(ContestFactory())).attempts.get().run
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.FAILED,
        attempts=1,
        started_at=now,
        finished_at=now,
        failure_code="out_of_memory",
        failure_message="It took all.",
    )
    blob = store_bytes(b"needed by nothing", stored_at=now)
    Blob.objects.filter(pk=blob.pk).update(condemned_at=now, quarantined_at=now)
    repository = commit(
        RepositoryFactory(public=True), {"a.csv": b"id\n1\n"}
    ).repository
    file_report(
        UserFactory(),
        repository=repository,
        ground=Ground.OTHER,
        statement="It is odd.",
        filed_at=now,
    )

    page = client.get("/operator").content.decode()

    told = dict(re.findall(r'<dt>([^<]+)</dt><dd><a href="([^"]+)">[^<]+</a>', page))
    assert "<code>out_of_memory</code>" in page
    assert "The oldest report waits" in page
    assert f">{repository.namespace.name}</a>" in page
    assert len(told) == 8
    for path in told.values():
        assert client.get(html.unescape(path)).status_code == 200, path


def work_of(hostname, *, is_safe=True):
    report_worker(
        hostname,
        queues=["runs"],
        concurrency=2,
        sandbox=SandboxLevel("bwrap", is_safe=is_safe, reasons=()),
        started_at=timezone.now(),
        now=timezone.now(),
    )


def test_a_worker_that_holds_nothing_back_is_named(client):
    client.force_login(UserFactory(is_staff=True))
    work_of("weak", is_safe=False)

    assert "Must not run strangers’ models" in client.get("/operator").content.decode()


def test_no_worker_is_news_with_a_remedy(client):
    client.force_login(UserFactory(is_staff=True))

    page = client.get("/operator").content.decode()

    assert "No worker has been seen" in page
    assert "make serve" in page
