import pytest
from django.utils import timezone

from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, make_order
from tests.factories.training import ContestFactory, enter, hand_in
from training.jobs import SandboxLevel
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


@pytest.mark.parametrize("size", [1, 6])
def test_the_operator_page_takes_nine_queries(client, django_assert_num_queries, size):
    client.force_login(UserFactory(is_staff=True))
    for number in range(size):
        make_order(make_offer(), placed_at=timezone.now())
        hand_in(enter(ContestFactory()))
        work_of(f"worker-{number}")

    # session, user; listings, contests, submissions; how many orders, and the first;
    # queues; workers
    with django_assert_num_queries(9):
        page = client.get("/operator").content.decode()

    assert f"All {size}<" in page
    assert page.count("sandbox bwrap") == size


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

    assert "must not run strangers’ models" in client.get("/operator").content.decode()


def test_no_worker_is_news_with_a_remedy(client):
    client.force_login(UserFactory(is_staff=True))

    page = client.get("/operator").content.decode()

    assert "No worker has been seen" in page
    assert "make serve" in page
