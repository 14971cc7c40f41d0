"""What Prometheus reads is what the site is, and what watches it names nothing else."""

import json
import re
from datetime import timedelta

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from licensing.tasks import check_books
from marketplace.accounts.models import Scope
from marketplace.accounts.services import issue_token
from marketplace.config.env import ROOT
from marketplace.config.watching.api import told
from marketplace.config.watching.processes import REQUESTS, TASKS
from marketplace.config.watching.site import Site
from marketplace.kit.inspections import note_inspection
from tests.factories.accounts import UserFactory
from tests.factories.training import ContestFactory, enter, predictions
from training.runs import leases
from training.runs.dispatch import sweep
from training.runs.models import Run

WATCHED = ROOT / "deploy"
RUNBOOKS = WATCHED / "runbooks"
RULES = yaml.safe_load((WATCHED / "prometheus" / "alerts.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
BOARDS = sorted((WATCHED / "grafana").glob("*.json"))
HEADINGS = [
    "## What it means",
    "## How to look",
    "## What to do",
    "## How to know that it is over",
]
OURS = re.compile(r"\b(stoa_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"(?:by|on) \(([^)]*)\)")


def figures(text):
    """Return every sample by its name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def scrape(client):
    """Return a function that asks as Prometheus does, with a token of staff."""
    _, secret = issue_token(
        UserFactory(is_staff=True),
        label="prometheus",
        scopes=[Scope.READ, Scope.STAFF],
        expires_at=None,
        issued_at=timezone.now(),
    )
    headers = {"Authorization": f"Bearer {secret}", "Accept": "text/plain;q=0.5,*/*"}

    def ask(of=""):
        answer = client.get("/api/v1/operator/metrics", {"of": of}, headers=headers)
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
        return figures(answer.content.decode())

    return ask


@pytest.mark.django_db
def test_the_numbers_move_with_what_happens(api, scrape):
    contest = ContestFactory()
    entrant = enter(contest)
    before = scrape()
    waiting = ("stoa_runs", ("queue", "runs"), ("state", "QUEUED"))
    lost = ("stoa_leases_lost_total", ("outcome", "requeued"), ("queue", "runs"))
    file = SimpleUploadedFile("answers.csv", predictions())

    posted = api(entrant.user).post(
        f"/api/v1/contests/{contest.slug}/submissions",
        {"format": "PREDICTIONS", "file": file},
        format="multipart",
    )
    handed_in = scrape()

    assert posted.status_code == 201
    assert waiting not in before
    assert handed_in[waiting] == 1
    counted = [
        handed_in[key] - before.get(key, 0)
        for key in handed_in
        if key[0] == "stoa_request_seconds_count"
        and dict(key[1:])["method"] == "POST"
        and dict(key[1:])["status"] == "201"
    ]
    assert sum(counted) >= 1  # tests beside this one count into the same folder
    run = Run.objects.get()
    assert re.fullmatch("[0-9a-f]{32}", run.trace_id)

    now = timezone.now()
    leases.claim(run.pk, worker="one", now=now, term=timedelta(seconds=60))
    assert scrape("site")[(waiting[0], waiting[1], ("state", "RUNNING"))] == 1
    assert sweep(now + timedelta(seconds=61)).requeued == 1

    after = scrape("site")
    assert (after[lost], after[waiting]) == (1, 1)
    assert after["stoa_run_oldest_seconds", ("queue", "runs")] >= 0
    assert after[("stoa_broker_up",)] == 1
    assert not any(name == "stoa_request_seconds_count" for name, *_ in after)
    assert scrape("host").keys().isdisjoint(after)


@pytest.mark.django_db
def test_what_the_looks_found_is_told_in_few_queries(scrape, django_assert_num_queries):
    ledger = ("stoa_inspection_faults", ("inspection", "ledger"))
    assert ledger not in scrape("site")
    check_books()
    assert scrape("site")[ledger] == 0

    note_inspection("ledger", faults=3, at=timezone.now())

    assert scrape("site")[ledger] == 3
    with django_assert_num_queries(9):
        told("site")


def labels_exported():
    """Return the labels of each sample that is exported, by its name."""
    labels = {}
    for each in (REQUESTS, TASKS):
        for end in ("bucket", "sum", "count"):
            labels[f"{each._name}_{end}"] = {*each._labelnames}
    for family in Site(now=timezone.now()).collect():
        end = "_total" if family.type == "counter" else ""
        labels[f"{family.name}{end}"] = {*family._labelnames}
    return labels


def expressions():
    for alert in ALERTS:
        yield alert["alert"], alert["expr"]
    for board in BOARDS:
        for panel in json.loads(board.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{board.stem}: {panel['title']}", target["expr"]


@pytest.mark.django_db
def test_alerts_and_dashboards_name_only_what_is_exported():
    exported = labels_exported()
    unknown, named = [], set()
    for where, expression in expressions():
        labels = set()
        for name, matchers in OURS.findall(expression):
            named.add(name)
            if name not in exported:
                unknown.append((where, name))
            wanted = set(re.findall(r"(\w+)\s*[=!]~?", matchers))
            labels |= exported.get(name, set())
            if wanted - exported.get(name, set()):
                unknown.append((where, name, wanted))
        grouped = {
            label
            for group in GROUPED.findall(expression)
            for label in re.split(r",\s*", group)
        }
        unknown.extend((where, label) for label in grouped - labels - {"le"})

    assert unknown == []
    assert len(BOARDS) == 2
    assert named == set(exported)  # nothing is exported that nobody looks at


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    named = {alert["alert"] for alert in ALERTS}

    assert len(named) == len(ALERTS)
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == named
    for alert in ALERTS:
        page = ROOT / alert["annotations"]["runbook"]
        assert page == RUNBOOKS / f"{alert['alert']}.md"
        lines = page.read_text().splitlines()
        assert [line for line in lines if line.startswith("## ")] == HEADINGS
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"]["summary"]
