"""What leaves, comes in and runs is counted on account of somebody, and may be refused."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from licensing.models import Prepaid
from marketplace.catalog.models import NamespaceUsage
from marketplace.metering import services
from marketplace.metering.calendar import month_of, next_month
from marketplace.metering.models import DayOfUse, Reservation, Tariff, Transfer
from marketplace.metering.services import BudgetUsedUp, Most, TariffTerms
from marketplace.metering.tasks import charge_use, count_use
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order, pay
from tests.metering.charging import TERMS, charges, paid_in, set_aside
from tests.signing_in import signed_in
from training.contests.services.entering import MOST_OF_PROGRAM, MOST_OF_SCORING
from training.jobs import Limits
from training.notebooks.models import Job
from training.notebooks.plans import Bounds
from training.notebooks.services.executions import most_of
from training.reports.services.asking import MOST as MOST_OF_REPORT
from training.runner.own_jobs import OwnJob
from training.runner.programs import PROGRAM_LIMITS
from training.runner.reports.checking import LIMITS as REPORT_LIMITS
from training.runner.serving.answering import LIMITS as ANSWER_LIMITS
from training.runner.serving.calibrating import OF_PICTURES
from training.runs import leases
from training.runs.metering import meter
from training.runs.models import Run
from training.runs.services import queue_run, request_cancel
from training.serving.services.asking import MOST as MOST_OF_ANSWER
from training.serving.services.drafting import MOST_OF_CALIBRATING
from training.studio.services.projects import STEP_SECONDS

pytestmark = pytest.mark.django_db
WORK = {"task": "notebooks.work", "queue": "runs", "lane": "notebooks"}
COSTLY = replace(TERMS, gigabyte_sent_minor=Decimal(10**9))  # ten million a byte
BYTES = b"0123456789"


@pytest.fixture
def repository():
    made = RepositoryFactory(public=True)
    commit(made, {"a": BYTES.decode()})
    return made


def take(client, repository, **headers):
    url = f"/api/v1/{repository.plural}/{repository}/files/a"
    return client.get(url, headers=headers)


def sent():
    return sum(Transfer.objects.values_list("size_bytes", flat=True))


def test_bytes_count_as_they_are_asked_for(api, repository):
    assert take(api(), repository).status_code == 302
    assert sent() == 10
    assert take(api(), repository, Range="bytes=2-4").status_code == 302
    assert sent() == 13
    url = f"/api/v1/{repository.plural}/{repository}/files/a"
    assert api().head(url).status_code == 302
    assert sent() == 13
    raw = reverse(
        "catalog:dataset-raw",
        args=[repository.namespace.name, repository.name, "main", "a"],
    )
    assert Client().get(raw).status_code == 302
    resolve = f"/datasets/{repository}/resolve/main/a"
    assert Client().get(resolve).status_code == 302
    assert sent() == 33

    count_use()

    [day] = DayOfUse.objects.filter(meter="TRANSFER")
    assert (day.namespace, day.amount, day.charged_at) == (
        repository.namespace,
        33,
        None,
    )


def test_what_others_take_stops_at_the_budget_but_not_what_is_theirs(
    api, repository, settings
):
    charges(settings, COSTLY)
    owner = repository.namespace.user
    refused = take(api(UserFactory()), repository)
    assert (refused.status_code, refused.json()["code"]) == (402, "budget_used_up")
    assert refused.json()["budget_url"] == f"/settings/usage/{owner.username}"
    assert sent() == 0
    assert take(api(owner), repository).status_code == 302
    assert sent() == 10


def test_who_paid_for_a_work_gets_it_whatever_its_budget(api, repository, settings):
    sold = make_offer(repository.work, price_minor=4_900, decision="It is a test.")
    order = make_order(sold)
    pay(order)
    charges(settings, COSTLY)
    assert take(api(order.buyer), repository).status_code == 302
    assert sent() == 10


def test_an_upload_beyond_the_budget_is_refused(api, settings):
    charges(settings, replace(TERMS, gigabyte_month_minor=Decimal(10**9)))
    repository = RepositoryFactory()
    owner = repository.namespace.user
    url = f"/api/v1/{repository.plural}/{repository}/files/a"
    answer = api(owner).generic("PUT", url, BYTES, content_type="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (402, "budget_used_up")
    assert not NamespaceUsage.objects.filter(size_bytes__gt=0).exists()
    paid_in(owner.namespace, 1_000, at=timezone.now())
    answer = api(owner).generic("PUT", url, BYTES, content_type="text/csv")
    assert answer.status_code == 201, answer.content


def test_a_run_sets_aside_what_it_may_take_until_it_was_counted(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 100)
    most = Most(cpu_seconds=7200)
    run = queue_run(owner, **WORK, queued_at=NOON, most=most)
    with pytest.raises(BudgetUsedUp), transaction.atomic():
        queue_run(owner, **WORK, queued_at=NOON, most=Most(cpu_seconds=60))
    lease = leases.claim(run.pk, worker="w", now=NOON, term=timedelta(hours=3))
    took = {"cpu_seconds": 5400.0}
    assert leases.complete(lease, now=NOON + timedelta(hours=2), usage=took)

    meter(NOON + timedelta(hours=2))

    assert not Reservation.objects.exists()
    [day] = DayOfUse.objects.all()
    assert (day.amount, day.priced) == (5_400_000, 5_400_000)


def test_a_run_that_is_cancelled_lets_go_of_all_of_it(settings):
    charges(settings)
    owner = UserFactory()
    run = queue_run(owner, **WORK, queued_at=NOON, most=Most(cpu_seconds=3600))
    request_cancel(owner, run=run, at=NOON)
    meter(NOON)
    assert not Reservation.objects.exists()
    queue_run(owner, **WORK, queued_at=NOON, most=Most(cpu_seconds=3600))


def test_a_refused_run_is_not_queued(settings):
    charges(settings)
    with pytest.raises(BudgetUsedUp), transaction.atomic():
        queue_run(UserFactory(), **WORK, queued_at=NOON, most=Most(cpu_seconds=9999))
    assert not Run.objects.exists()


def test_what_is_set_aside_is_what_the_runner_lets_each_take():
    assert MOST_OF_ANSWER.cpu_seconds == ANSWER_LIMITS.cpu_seconds
    assert MOST_OF_CALIBRATING.cpu_seconds == OF_PICTURES.cpu_seconds
    assert MOST_OF_REPORT.cpu_seconds == STEP_SECONDS == REPORT_LIMITS.cpu_seconds
    assert MOST_OF_PROGRAM.cpu_seconds == 2 * PROGRAM_LIMITS.cpu_seconds
    assert MOST_OF_SCORING.cpu_seconds >= Limits().cpu_seconds
    job = Job(minutes=30, memory_mib=512, uses_gpu=True)
    most = most_of(job, bounds=Bounds(minutes=10, memory_mib=512, has_gpu=True))
    limits = OwnJob(None, is_notebook=False, seconds=600, memory_bytes=1).limits
    assert most.cpu_seconds == limits.cpu_seconds
    assert most.gpu_seconds >= limits.wall_seconds


def test_an_operator_states_prices_that_everyone_reads(settings, api):
    settings.STOA = settings.STOA.model_copy(update={"charge_for_use": True})
    staff, now = UserFactory(is_staff=True), timezone.now()
    browser = signed_in(staff)
    url = reverse("metering:state-prices")
    form = {
        "from_month": month_of(now).isoformat(),
        **dict.fromkeys(TariffTerms.__dataclass_fields__, "0"),
        "cpu_hour": "0.0125",
        "gpu_hour": "2",
        "gigabyte_month": "0.02",
        "gigabyte_sent": "0",
        "free_cpu_hours": "10",
    }
    late = browser.post(url, form)
    assert "a price that they could not know" in late.content.decode()
    coming = next_month(month_of(now))
    answer = browser.post(url, {**form, "from_month": coming.isoformat()})
    assert answer.status_code == 302, answer.content.decode()

    tariff = Tariff.objects.get()
    assert (tariff.cpu_hour_minor, tariff.free_cpu_hours) == (Decimal("1.25"), 10)
    shown = Client().get(reverse("metering:prices")).content.decode()
    assert "0.0125 EUR" in shown
    told = api().get("/api/v1/use-prices").json()
    assert told["now"] is None
    assert told["to_come"][0]["cpu_hour_minor"] == "1.2500"
    assert "State prices" in browser.get(reverse("metering:operator")).content.decode()


def test_an_owner_sets_a_budget_pays_in_and_reads_the_statement(settings, api):
    charges(settings)
    owner, staff, now = UserFactory(), UserFactory(is_staff=True), timezone.now()
    browser, page = signed_in(owner), f"/settings/usage/{owner.username}"
    assert "Get a reference" in browser.get(page).content.decode()
    browser.post(f"{page}/begin")
    prepaid = Prepaid.objects.get()
    assert prepaid.reference in browser.get(page).content.decode()
    answer = signed_in(staff).post(
        reverse("metering:confirm", args=[prepaid.reference]),
        {"bank_reference": "RF1", "amount": "5.00", "received_on": now.date()},
    )
    assert answer.status_code == 302, answer.content.decode()
    assert browser.post(page, {"limit": "3"}).status_code == 302
    yesterday = now - timedelta(days=1)
    set_aside(owner.namespace, hours=1, at=now)
    url = f"/api/v1/budgets/{owner.username}"
    told = api(owner).get(url).json()
    assert (told["ceiling_minor"], told["left_minor"]) == (300, 500)
    assert api(owner).put(url, {"limit_minor": None}, format="json").json() == {
        **told,
        "limit_minor": None,
        "ceiling_minor": 500,
    }
    assert api(UserFactory()).get(url).status_code == 404
    DayOfUse.objects.create(
        namespace=owner.namespace,
        day=yesterday.date(),
        meter="CPU",
        amount=7_200_000,
        priced=7_200_000,
    )
    services.charge_days(now + timedelta(hours=3))
    [row] = csv.DictReader(
        io.StringIO(browser.get(f"{page}/statement.csv").getvalue().decode())
    )
    assert (row["meter"], row["used"], row["charged_minor"]) == ("CPU", "2", "100")
    [day] = api(owner).get(f"{url}/days").json()["results"]
    assert (day["used"], day["charged_minor"]) == (2.0, 100)
    Reservation.objects.all().delete()
    assert browser.post(f"{page}/return").status_code == 302
    assert Prepaid.objects.get().left_minor == 0
    charge_use()
    call_command("ledger_check")


def test_where_nothing_is_charged_pages_say_so(api):
    owner = UserFactory()
    page = signed_in(owner).get(f"/settings/usage/{owner.username}").content.decode()
    assert "Nothing is charged for it." in page
    assert "are free here" in Client().get(reverse("metering:prices")).content.decode()
    assert api(owner).get(f"/api/v1/budgets/{owner.username}").status_code == 409
    assert not Run.objects.exists()
