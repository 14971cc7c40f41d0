"""Labels that stay with their owners: sites score, and only scores come back."""

import io
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.federated import (
    DIGEST,
    NORTH,
    SOUTH,
    brought,
    federated,
    handed_in,
    losses_of,
    metric,
    visit,
    worker_at,
)
from tests.contests.test_sites import ask, bring, client_of, losses
from tests.factories.training import ContestFactory
from training.contests import boards, services
from training.contests.manifests import SitePlan
from training.contests.models import (
    Attempt,
    BoardRow,
    Format,
    Score,
    SiteResult,
    Split,
)
from training.contests.queries import submissions_of
from training.contests.receipts import signed_result, verified_result
from training.contests.tables import Columns
from training.contests.visits import board_at_sites
from training.runs.dispatch import sweep
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    return federated()


@pytest.fixture
def north(contest):
    return worker_at(contest, 1)


@pytest.fixture
def south(contest):
    return worker_at(contest, 2)


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
