"""Labels that stay with their owners: sites score, and only scores come back."""

import io
from dataclasses import asdict
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.asking import BASE, signed_in, text_of, url
from tests.contests.test_sites import ask, bring, client_of, losses
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import ContestFactory, enter, hand_in
from training.contests import boards, services
from training.contests.manifests import SitePlan
from training.contests.models import (
    Attempt,
    BoardRow,
    Contest,
    Format,
    Score,
    SiteResult,
    Split,
    Task,
)
from training.contests.queries import submissions_of
from training.contests.receipts import signed_result, verified_result
from training.contests.services import ContestPlan
from training.contests.tables import Columns
from training.contests.visits import board_at_sites
from training.runs.dispatch import sweep
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db
DIGEST = "{:064x}".format
NORTH = SitePlan("North", DIGEST(1), 30, 10, DIGEST(11), gives_losses=True)
SOUTH = SitePlan("South", DIGEST(2), 100, 20, DIGEST(12))


def plan(**changes):
    now = timezone.now()
    told = {
        "slug": "hospitals",
        "title": "Hospitals",
        "task": Task.BINARY,
        "metric": "accuracy",
        "starts_at": now - timedelta(days=1),
        "ends_at": now + timedelta(days=30),
        "formats": [Format.CODE],
        "classes": ["0", "1"],
        "columns": Columns(split="split"),
        "is_guarded": False,
    }
    return ContestPlan(**told | changes)


def federated(*sites, host=None, **changes):
    host = host or UserFactory()
    return services.open_federated(
        host,
        namespace=host.namespace,
        dataset=RepositoryFactory(owner=host, public=True),
        plan=plan(**changes),
        sites=sites or (NORTH, SOUTH),
        opened_at=timezone.now() - timedelta(days=1),
    )


@pytest.fixture
def contest():
    return federated()


def worker_at(contest, number):
    _, secret = services.bring_site_worker(
        contest.host,
        contest=contest,
        name=f"machine {number}",
        site=number,
        at=timezone.now(),
    )
    return client_of(secret)


@pytest.fixture
def north(contest):
    return worker_at(contest, 1)


@pytest.fixture
def south(contest):
    return worker_at(contest, 2)


def metric(name, value, half):
    return {"name": name, "value": value, "low": value - half, "high": value + half}


def brought(site, value, *, half=0.03, private=0.5, **more):
    usage = {
        "wall_seconds": 2,
        "cpu_seconds": 1,
        "peak_memory_bytes": site.row_count,
        "device": "cpu",
        "sandbox": "bwrap",
    }
    return {
        "metrics": [metric("accuracy", value, half)],
        "private_metrics": [metric("accuracy", private, half)],
        "usage": usage,
        "predictions_sha256": DIGEST(site.row_count),
        "row_count": site.row_count,
        **more,
    }


def visit(worker, outcome):
    job = ask(worker, "claim").json()
    held = {"run": job["run"], "lease": job["lease"]}
    return job, ask(worker, "complete", {**held, "outcome": outcome})


def handed_in(contest, **given):
    return hand_in(enter(contest), b"PK", format=Format.CODE, filename="c.zip", **given)


def losses_of(site):
    public = losses(site.row_count - site.private_count, value=0.25)
    return {"losses": public, "private_losses": losses(site.private_count)}


def test_a_submission_visits_each_site_and_its_score_is_the_mean_by_rows(
    contest, north, south, monkeypatch
):
    submission = handed_in(contest)
    run = Run.objects.get()
    assert (run.queue, ask(client_of("stoaw_x"), "claim").status_code) == ("sites", 401)

    job, first = visit(north, brought(NORTH, 0.9, private=0.8, **losses_of(NORTH)))
    after_one = Run.objects.get()
    nothing_more = ask(north, "claim").status_code
    shown = (Score.objects.count(), BoardRow.objects.count())
    _, last = visit(south, brought(SOUTH, 0.6, half=0.02, private=0.5))

    assert set(job["files"]) == {"submission"}
    assert job["site"] == {
        "name": "North",
        "truth_sha256": NORTH.truth_sha256,
        "inputs_sha256": NORTH.inputs_sha256,
        "gives_losses": True,
    }
    assert first.json() == last.json() == {"recorded": True}
    assert (after_one.status, after_one.attempts) == (RunStatus.QUEUED, 0)
    assert (nothing_more, shown) == (204, (0, 0))
    public = Score.objects.get(split=Split.PUBLIC)
    private = Score.objects.get(split=Split.PRIVATE)
    assert public.value == pytest.approx((20 * 0.9 + 80 * 0.6) / 100)
    half = np.hypot(0.2 * 0.03, 0.8 * 0.02)
    assert (public.low, public.high) == pytest.approx((0.66 - half, 0.66 + half))
    assert private.value == pytest.approx((10 * 0.8 + 20 * 0.5) / 30)
    attempt = Attempt.objects.get()
    assert (attempt.row_count, attempt.losses) == (130, None)
    assert attempt.run.usage["wall_seconds"] == 4
    row = BoardRow.objects.get()
    assert (row.rank, row.submission_id) == (1, submission.pk)
    assert boards.audit(contest.pk, at=timezone.now()) == 0


def test_losses_of_all_sites_stand_one_after_the_other():
    sites = [
        SitePlan(name, DIGEST(n), 4 + n, 0, DIGEST(9), gives_losses=True)
        for n, name in enumerate(("A", "B"))
    ]
    contest = federated(*sites, columns=Columns())
    handed_in(contest)
    for number, site in enumerate(sites):
        kept = losses(site.row_count, value=number + 0.5)
        told = brought(site, 0.5, private_metrics=[], losses=kept)
        assert visit(worker_at(contest, number + 1), told)[1].status_code == 200

    with open_blob(Attempt.objects.get().losses_id) as kept:
        joined = np.load(io.BytesIO(kept.read()), allow_pickle=False)

    assert joined.dtype == np.float32
    assert joined.tolist() == [0.5] * 4 + [1.5] * 5


@pytest.mark.parametrize(
    "changes",
    [
        {"row_count": 130},
        {"losses": losses(20)},
        {"private_metrics": []},
        {"metrics": [metric("f1_macro", 2.0, 0.1)] * 2},
    ],
)
def test_what_a_site_may_not_send_is_refused(contest, south, changes):
    handed_in(contest)

    _, answer = visit(south, brought(SOUTH, 0.6) | changes)

    assert (answer.status_code, answer.json()["code"]) == (400, "result_refused")
    assert not SiteResult.objects.exists()


def test_a_lost_visit_is_made_again_and_what_others_brought_is_kept(
    contest, north, south
):
    handed_in(contest)
    visit(north, brought(NORTH, 0.9))
    lost = ask(south, "claim").json()
    sweep(timezone.now() + timedelta(hours=1))

    held = {"run": lost["run"], "lease": lost["lease"]}
    late = ask(south, "complete", {**held, "outcome": brought(SOUTH, 0.1)})
    _, again = visit(south, brought(SOUTH, 0.6))

    assert (late.status_code, again.status_code) == (409, 200)
    assert SiteResult.objects.count() == 2
    assert Score.objects.get(split="PUBLIC").value == pytest.approx(0.66)


def test_a_cancelled_submission_goes_to_no_further_site(contest, north, south):
    submission = handed_in(contest)
    job = ask(north, "claim").json()
    services.cancel_submission(contest.host, submission=submission, at=timezone.now())
    held = {"run": job["run"], "lease": job["lease"]}

    answer = ask(north, "complete", {**held, "outcome": brought(NORTH, 0.9)})

    assert answer.json() == {"recorded": True}
    assert Run.objects.get().status == RunStatus.CANCELLED
    assert not SiteResult.objects.exists()
    assert ask(south, "claim").status_code == 204


def test_only_workers_at_the_sites_take_its_runs(contest, north):
    handed_in(contest)
    sister = federated(NORTH, slug="sister", host=contest.host)
    _, secret = bring(ContestFactory(host=contest.host), for_namespace=True)

    assert ask(client_of(secret), "claim").status_code == 204
    assert ask(worker_at(sister, 1), "claim").status_code == 204
    assert ask(north, "claim").status_code == 200
    with pytest.raises(Malformed, match="at which of the contest's sites"):
        bring(contest)


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


def test_a_site_that_corrects_its_labels_has_everyone_scored_anew(
    contest, north, south
):
    handed_in(contest)
    visit(north, brought(NORTH, 0.9))
    visit(south, brought(SOUTH, 0.6))
    mended = SitePlan("", DIGEST(77), 100, 20, DIGEST(12))
    now = timezone.now()
    services.restate_site(contest.host, contest=contest, number=2, told=mended, at=now)

    visit(north, brought(NORTH, 0.9))
    job, _ = visit(south, brought(SOUTH, 0.7))
    services.publish_rescore(contest.host, contest=contest, at=now)

    assert job["site"]["truth_sha256"] == DIGEST(77)
    assert BoardRow.objects.get().score == pytest.approx(0.74)
    told = verified_result(
        signed_result(submissions_of(contest).get(), site="https://stoa", at=now)
    )
    assert [each["truth_sha256"] for each in told["computed_at"]] == [
        NORTH.truth_sha256,
        DIGEST(77),
    ]
    assert {each["by_this_platform"] for each in told["computed_at"]} == {False}


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


def test_of_a_guarded_board_no_site_tells_more_than_the_board():
    contest = federated(NORTH, is_guarded=True)
    baseline = services.add_baseline(
        contest.host,
        contest=contest,
        name="Prior",
        format=Format.CODE,
        blob=handed_in(contest).blob,
        filename="prior.zip",
        submitted_at=timezone.now() - timedelta(hours=1),
    )
    better = handed_in(contest)
    worker = worker_at(contest, 1)
    for _ in range(3):
        job = ask(worker, "claim").json()
        attempt = Attempt.objects.get(run=job["run"])
        value = {baseline.pk: 0.5, better.pk: 0.98765}.get(attempt.submission_id, 0.51)
        held = {"run": job["run"], "lease": job["lease"]}
        half = 0.001 if attempt.submission_id == better.pk else 0.05
        answer = ask(
            worker, "complete", {**held, "outcome": brought(NORTH, value, half=half)}
        )
        assert answer.status_code == 200

    rows = {row.submission_id: row for row in BoardRow.objects.filter(contest=contest)}
    told = dict(board_at_sites(contest, list(rows.values())))

    assert set(rows) == {baseline.pk, better.pk}
    assert told[rows[baseline.pk]][0].value == 0.5
    assert told[rows[better.pk]][0].value == rows[better.pk].score != 0.98765
