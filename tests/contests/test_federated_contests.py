"""Opening a federated contest, by a service, the API and a form."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.kit.errors import Malformed
from tests.contests.asking import BASE, signed_in, text_of, url
from tests.contests.federated import (
    DIGEST,
    NORTH,
    SOUTH,
    brought,
    handed_in,
    plan,
    visit,
    worker_at,
)
from tests.contests.test_sites import client_of
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from training.contests import services
from training.contests.manifests import SitePlan
from training.contests.models import (
    Contest,
    Format,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sites", "changes", "told"),
    [
        ([], {}, "between one and 20"),
        ([NORTH, NORTH], {}, "a name of its own"),
        ([NORTH, SOUTH], {"formats": [Format.PREDICTIONS]}, "cannot be divided"),
        ([SitePlan("A", "x", 5, 1, DIGEST(1))], {}, "SHA-256 of its labels"),
        ([SitePlan("A", DIGEST(1), 5, 5, DIGEST(1))], {}, "leave some rows public"),
        ([SitePlan("A", DIGEST(1), 5, 0, DIGEST(1))], {}, "how many of its rows"),
        ([SitePlan("A", DIGEST(1), 5, 1)], {}, "SHA-256 of its inputs"),
        ([NORTH], {"classes": ["0"]}, "two classes"),
        ([NORTH], {"metric": "mae"}, "metric: choose"),
    ],
)
def test_what_does_not_hold_together_is_not_opened(sites, changes, told):
    host = UserFactory()
    with pytest.raises(Malformed, match=told):
        services.open_federated(
            host,
            namespace=host.namespace,
            dataset=RepositoryFactory(owner=host, public=True),
            plan=plan(**changes),
            sites=sites,
            opened_at=timezone.now(),
        )
    assert not Contest.objects.exists()


def test_a_contest_is_opened_and_read_by_site_over_the_api(
    api, django_assert_num_queries
):
    host = UserFactory()
    dataset = RepositoryFactory(owner=host, public=True)
    told = {
        "namespace": host.username,
        "dataset": f"{host.username}/{dataset.name}",
        "slug": "hospitals",
        "title": "Hospitals",
        "task": "BINARY",
        "metric": "accuracy",
        "classes": ["0", "1"],
        "formats": ["CODE"],
        "split_column": "split",
        "starts_at": (timezone.now() - timedelta(days=1)).isoformat(),
        "sites": [asdict(NORTH), asdict(SOUTH)],
    }

    made = api(host).post(f"{BASE}/federated-contests", told, format="json")

    assert (made.status_code, made.json()["is_federated"]) == (201, True)
    assert made.json()["row_count"] == 130
    contest = Contest.objects.get()
    tokens = [
        api(host)
        .post(url(contest, "workers"), {"name": "lab", "site": number}, format="json")
        .json()["token"]
        for number in (1, 2)
    ]
    handed_in(contest)
    visit(client_of(tokens[0]), brought(NORTH, 0.9))
    visit(client_of(tokens[1]), brought(SOUTH, 0.6))
    seen = api().get(url(contest, "sites")).json()
    assert seen["by_this_platform"] is False
    assert seen["sites"] == [asdict(NORTH), asdict(SOUTH)]
    [row] = seen["results"]
    assert row["score"] == pytest.approx(0.66)
    assert [(at["site"], at["value"]) for at in row["at_sites"]] == [
        ("North", 0.9),
        ("South", 0.6),
    ]
    assert [at["worker"] for at in row["at_sites"]] == [each[:12] for each in tokens]
    assert "private_metrics" not in str(seen)
    with CaptureQueriesContext(connection) as for_one:
        api().get(url(contest, "sites"))
    count = len(for_one)  # requests after this one begin the log anew
    handed_in(contest)
    visit(client_of(tokens[0]), brought(NORTH, 0.8))
    visit(client_of(tokens[1]), brought(SOUTH, 0.7))
    with django_assert_num_queries(count):
        assert len(api().get(url(contest, "sites")).json()["results"]) == 2


def test_a_host_opens_one_by_a_form_and_entrants_read_where_it_is_computed():
    host = UserFactory()
    dataset = RepositoryFactory(owner=host, public=True)
    path = f"/contests/new/{host.username}/{dataset.name}/federated"
    browser, stranger = signed_in(host), signed_in()
    starts = timezone.now() - timedelta(days=1)
    told = {
        "namespace": host.namespace.pk,
        "slug": "hospitals",
        "title": "Hospitals",
        "daily_limit": 5,
        "visibility": "PUBLIC",
        "task": "BINARY",
        "metric": "accuracy",
        "classes": "0, 1",
        "formats": ["CODE"],
        "id_column": "id",
        "target_column": "label",
        "split_column": "split",
        "starts_at": f"{starts:%Y-%m-%dT%H:%M}",
        "sites": f"North | {DIGEST(1)}",
    }

    wrong = text_of(browser.post(path, told))
    told["sites"] = (
        f"North | {DIGEST(1)} | 30 | 10 | {DIGEST(11)} | yes\n"
        f"South | {DIGEST(2)} | 100 | 20 | {DIGEST(12)}\n"
    )
    opened = browser.post(path, told)
    contest = Contest.objects.get()
    made = text_of(browser.post(opened.url, {"name": "lab", "site": 2}))
    handed_in(contest)
    visit(worker_at(contest, 1), brought(NORTH, 0.9))
    visit(worker_at(contest, 2), brought(SOUTH, 0.6))

    assert "Line 1: give a name, the SHA-256" in wrong
    assert services.sites_told(contest) == (NORTH, SOUTH)
    assert "stoa-worker --url" in made
    assert "--truth FOLDER" in made
    about = text_of(stranger.get("/contests/hospitals"))
    assert "not by this platform. Who runs those sees what you hand in" in about
    for page in ("leaderboard", "sites"):
        shown = text_of(stranger.get(f"/contests/hospitals/{page}"))
        assert "South</th>" in shown
        assert "not this platform" in shown
    submission = contest.submissions.get()
    own = text_of(
        signed_in(submission.submitted_by).get(f"/submissions/{submission.pk}")
    )
    assert "Computed by workers at the sites, not by this platform." in own
