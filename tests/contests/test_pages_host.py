"""What hosts and operators see and do by pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.contests.asking import csv, signed_in, text_of
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import (
    INPUTS,
    TRUTH,
    enter,
    fail,
    hand_in,
    lease_of,
    predictions,
    score,
    scored,
)
from training.contests.models import BoardRow, Contest, Submission
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db


def test_a_host_opens_a_contest_by_the_page():
    host = UserFactory()
    dataset = RepositoryFactory(owner=host)
    address = f"/contests/new/{dataset.namespace.name}/{dataset.name}"
    client = signed_in(host)
    now = timezone.now()
    form = {
        "namespace": host.namespace.pk,
        "slug": "from-a-page",
        "title": "From a page",
        "task": "BINARY",
        "metric": "auc",
        "formats": ["PREDICTIONS"],
        "daily_limit": 3,
        "visibility": "PUBLIC",
        "starts_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(days=9):%Y-%m-%dT%H:%M}",
        "id_column": "id",
        "target_column": "label",
        "truth": csv(TRUTH),
        "inputs": csv(INPUTS),
    }

    assert address in text_of(client.get("/contests/new"))
    assert 'type="datetime-local"' in text_of(client.get(address))
    assert "is empty" not in text_of(client.get(address))
    answer = client.post(address, form)

    assert answer.headers["Location"] == "/contests/from-a-page"
    assert Contest.objects.get().daily_limit == 3


def test_a_table_that_does_not_fit_is_told_on_the_form():
    host = UserFactory()
    dataset = RepositoryFactory(owner=host)
    now = timezone.now()

    answer = signed_in(host).post(
        f"/contests/new/{dataset.namespace.name}/{dataset.name}",
        {
            "namespace": host.namespace.pk,
            "slug": "x",
            "title": "X",
            "task": "BINARY",
            "metric": "auc",
            "formats": ["PREDICTIONS"],
            "daily_limit": 3,
            "visibility": "PUBLIC",
            "starts_at": f"{now:%Y-%m-%dT%H:%M}",
            "ends_at": f"{now + timedelta(days=9):%Y-%m-%dT%H:%M}",
            "id_column": "id",
            "target_column": "nowhere",
            "truth": csv(TRUTH),
        },
    )

    assert "Wanted one column “nowhere”" in text_of(answer)
    assert not Contest.objects.exists()


def test_naming_a_dataset_leads_to_its_form():
    answer = signed_in(UserFactory()).get("/contests/new?dataset=ada/flowers")

    assert answer.headers["Location"] == "/contests/new/ada/flowers"


HOST_PAGES = ("host", "edit", "extend", "baselines", "rescore")


@pytest.mark.parametrize("page", HOST_PAGES)
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("nobody", 302),
        ("stranger", 403),
        ("entrant", 403),
        ("host", 200),
        ("staff", 200),
    ],
)
def test_a_hosts_pages_are_for_hosts(contest, page, who, status):
    people = {
        "nobody": None,
        "stranger": UserFactory(),
        "entrant": enter(contest).user,
        "host": contest.host,
        "staff": UserFactory(is_staff=True),
    }

    answer = signed_in(people[who]).get(f"/contests/{contest.slug}/{page}")

    assert answer.status_code == status


def test_a_host_runs_a_contest_by_its_pages(contest):
    client = signed_in(contest.host)
    base = f"/contests/{contest.slug}"
    submission = scored(contest, 0.7)
    words = {
        "title": "Better title",
        "daily_limit": 7,
        "visibility": "PUBLIC",
        "rules": contest.rules,
    }
    later = contest.ends_at + timedelta(days=2)

    client.post(f"{base}/edit", words)
    client.post(f"{base}/extend", {"ends_at": f"{later:%Y-%m-%dT%H:%M}"})
    client.post(
        f"{base}/baselines",
        {"name": "Majority", "format": "PREDICTIONS", "file": csv(predictions())},
    )
    client.post(f"{base}/rescore", {"truth": csv(TRUTH)})
    htmx = {"HX-Request": "true"}
    begun = client.get(f"{base}/host", headers=htmx)
    score(submission, 0.6)
    for attempt in Submission.objects.get(entrant__is_baseline=True).attempts.all():
        score(attempt.submission, 0.5, attempt=attempt)
    page = text_of(client.get(f"{base}/host"))
    over = client.get(f"{base}/host", headers=htmx)
    client.post(f"{base}/publish")
    client.post(f"{base}/close")

    kept = Contest.objects.get()
    assert (kept.title, kept.daily_limit, kept.scorer_version) == ("Better title", 7, 2)
    assert kept.ends_at <= timezone.now()
    assert "Publish the new scores" in page
    assert '<li class="is-done" aria-current="step">Opened' in page
    assert "1 team has entered; nothing waits to be scored." in page
    assert "0 of 2 submissions scored; 2 to go" in text_of(begun)
    assert "HX-Refresh" not in begun.headers
    assert over.headers["HX-Refresh"] == "true"
    scores = BoardRow.objects.order_by("place").values_list("score", flat=True)
    assert list(scores) == [0.6, 0.5]


# runs and workers


def test_a_run_is_cancelled_by_its_page(contest):
    submission = hand_in(enter(contest))
    run = Run.objects.get()
    client = signed_in(submission.entrant.user)

    assert "Cancel" in text_of(client.get(f"/runs/{run.pk}"))
    page = client.post(f"/runs/{run.pk}/cancel", follow=True)

    assert "The run is being stopped" in text_of(page)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


@pytest.mark.parametrize(
    ("who", "status"), [("nobody", 302), ("stranger", 403), ("staff", 200)]
)
def test_workers_are_shown_to_staff_alone(who, status):
    people = {
        "nobody": None,
        "stranger": UserFactory(),
        "staff": UserFactory(is_staff=True),
    }

    assert signed_in(people[who]).get("/operator/workers").status_code == status


def test_operators_see_queues_runs_and_failures(contest):
    hand_in(enter(contest))
    fail(hand_in(enter(contest)))
    lease_of(hand_in(enter(contest)).attempts.get())
    client = signed_in(UserFactory(is_staff=True))

    page = text_of(client.get("/operator/workers"))
    failed = text_of(client.get("/operator/workers?status=FAILED"))

    assert "No worker has reported" in page
    assert page.count('href="/runs/') == 3
    assert failed.count('href="/runs/') == 1
    assert "unknown_ids" in failed
