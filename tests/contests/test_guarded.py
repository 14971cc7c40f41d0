"""A guarded board: what it tells of a score, to whom, and why it does not move."""

import io

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.storage.queries import open_blob
from tests.contests.asking import url
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    lease_of,
    outcome_of,
    scored,
)
from training.contests import boards
from training.contests.models import (
    BoardRow,
    Contest,
    Format,
    Submission,
    Task,
    Verdict,
)
from training.contests.pairing import pair_board
from training.contests.queries import why_untold, with_results
from training.contests.results import record_outcome
from training.contests.rounding import told_coarsely
from training.contests.services import withdraw

pytestmark = pytest.mark.django_db
ROWS = 2_000


def losses_of(wrong):
    out = io.BytesIO()
    np.save(out, (np.arange(ROWS) < wrong).astype("<f4"), allow_pickle=False)
    return out.getvalue()


def judged(submission, wrong, *, attempt=None):
    """Have a worker score a submission with so many of 2,000 hidden rows wrong."""
    attempt = attempt or submission.attempts.get()
    value = 1 - wrong / ROWS
    half = 1.96 * (value * (1 - value) / ROWS) ** 0.5
    outcome = outcome_of(value, low=value - half, high=value + half)
    outcome = type(outcome)(
        **{
            **{name: getattr(outcome, name) for name in outcome.__slots__},
            "losses": losses_of(wrong),
        }
    )
    assert record_outcome(
        lease_of(attempt),
        attempt=attempt,
        outcome=outcome,
        log_tail=[],
        now=timezone.now(),
    )
    return submission


@pytest.fixture
def contest():
    return ContestFactory(is_guarded=True)


@pytest.fixture
def baseline(contest):
    return judged(Submission.objects.get(contest=contest), 1000)


def shown(contest):
    rows = BoardRow.objects.filter(contest=contest, is_baseline=False)
    return list(rows.order_by("place").values_list("entrant__name", "score"))


def page_of(submission, who):
    client = Client()
    client.force_login(who)
    page = reverse("training:submission-detail", args=[submission.pk])
    return client.get(page).content.decode()


def test_a_guarded_contest_begins_with_a_baseline_that_says_always_the_same(contest):
    submission = Submission.objects.get(contest=contest)

    assert contest.is_guarded
    assert submission.entrant.is_baseline
    with open_blob(submission.blob_id) as file:
        lines = file.read().decode().splitlines()
    assert lines[:2] == ["id,0,1", "r0,0.5,0.5"]
    assert len(lines) == contest.row_count + 1


def test_a_regression_begins_with_the_mean_and_by_absolute_error_with_the_median():
    truth = "id,label\n" + "".join(f"r{n},{n**2}\n" for n in range(5))
    for metric, answer in [("rmse", "6.0"), ("mae", "4.0")]:
        contest = ContestFactory(
            task=Task.REGRESSION,
            metric=metric,
            truth=truth,
            inputs=None,
            formats=(Format.PREDICTIONS,),
            is_guarded=True,
        )
        with open_blob(Submission.objects.get(contest=contest).blob_id) as file:
            assert file.read().decode().splitlines()[:2] == [
                "id,label",
                f"r0,{answer}",
            ]


def test_a_clear_gain_over_the_baseline_is_shown_coarsely(contest, baseline):
    submission = judged(hand_in(enter(contest)), 403)

    ((name, score),) = shown(contest)
    assert (name, score) == (submission.entrant.name, 0.798)
    row = BoardRow.objects.get(is_baseline=False)
    assert (row.low, row.high) == (0.778, 0.818)
    assert BoardRow.objects.get(is_baseline=True).score == 0.5


def test_what_is_told_coarsely_of_a_perfect_model_stays_within_its_metric(
    contest, baseline
):
    judged(hand_in(enter(contest)), 1)

    row = BoardRow.objects.get(is_baseline=False)
    assert row.low < row.score < row.high == 1.0
    assert told_coarsely("accuracy", 0.999, 0.997, 1.001).high == 1.0
    assert told_coarsely("a column of the host", 0.999, 0.997, 1.001).high > 1.001


def test_a_gain_that_luck_explains_does_not_move_the_board(contest, baseline):
    entrant = enter(contest)
    judged(hand_in(entrant), 400)
    before = shown(contest)
    later = judged(hand_in(entrant), 395)

    assert shown(contest) == before
    verdict = Verdict.objects.get(attempt__submission=later)
    assert (verdict.is_accepted, verdict.question) == (False, 2)
    assert verdict.against.submission.entrant == entrant


def test_everyone_spends_from_one_budget(contest, baseline):
    for _ in range(3):
        judged(hand_in(enter(contest)), 990)

    questions = Verdict.objects.values_list("question", "is_accepted")
    assert sorted(questions) == [(1, False), (2, False), (3, False)]
    assert shown(contest) == []


def test_before_the_baseline_is_scored_nothing_is_told(contest):
    first = judged(hand_in(enter(contest)), 400)
    second = judged(hand_in(enter(contest)), 300)
    assert shown(contest) == []
    assert "waits for the contest" in page_of(first, first.entrant.user)

    judged(Submission.objects.get(contest=contest, entrant__is_baseline=True), 1000)

    assert [name for name, _ in shown(contest)] == [
        second.entrant.name,
        first.entrant.name,
    ]
    assert list(
        Verdict.objects.order_by("question").values_list("attempt__submission")
    ) == [(first.pk,), (second.pk,)]


@pytest.mark.parametrize("is_accepted", [True, False])
def test_the_exact_score_is_for_the_host_alone(contest, baseline, is_accepted, api):
    wrong = 403 if is_accepted else 997
    submission = judged(hand_in(enter(contest)), wrong)
    exact, own = 1 - wrong / ROWS, submission.entrant.user
    path = f"/api/v1/submissions/{submission.pk}"

    hosts = api(contest.host).get(path).json()
    told = api(own).get(path).json()
    listed = api(own).get(url(contest, "submissions")).json()["results"][0]

    assert hosts["scores"][0]["value"] == exact
    if is_accepted:
        assert told["scores"][0]["value"] == listed["scores"][0]["value"] == 0.798
        assert (told["verdict"]["is_accepted"], told["why_untold"]) == (True, "")
    else:
        assert told["scores"] == listed["scores"] == told["calibration"] == []
        assert told["verdict"] == {"question": 1, "is_accepted": False}
        assert "told apart from the baseline" in told["why_untold"]
        assert "told apart from the baseline" in page_of(submission, own)
    assert f"{exact:.4g}" not in page_of(submission, own)
    assert f"{exact:.4g}" in page_of(submission, contest.host)


def test_what_is_said_of_a_refusal_depends_on_nothing_that_was_refused(
    contest, baseline
):
    entrants = [enter(contest), enter(contest)]
    told = set()
    for entrant, wrong in zip(entrants, [999, 980], strict=True):
        submission = judged(hand_in(entrant), wrong)
        Verdict.objects.filter(attempt__submission=submission).update(
            question=7 + wrong
        )
        found = with_results(Submission.objects.filter(pk=submission.pk)).get()
        told.add(why_untold(found).replace(f"{7 + wrong:,}", "k"))
    assert len(told) == 1


def test_a_withdrawn_best_gives_way_to_the_one_before(contest, baseline):
    entrant = enter(contest)
    judged(hand_in(entrant), 400)
    best = judged(hand_in(entrant), 200)
    assert shown(contest)[0][1] == pytest.approx(0.9, abs=0.01)

    withdraw(entrant.user, submission=best, at=timezone.now())

    assert shown(contest)[0][1] == pytest.approx(0.8, abs=0.01)
    assert boards.audit(contest.pk, at=timezone.now()) == 0


@pytest.mark.parametrize("count", [1, 6])
def test_a_verdict_takes_as_many_queries_however_many_were_asked(
    contest, baseline, count, django_assert_num_queries
):
    for wrong in range(count):
        judged(hand_in(enter(contest)), 400 - wrong)
    attempt = hand_in(enter(contest)).attempts.get()

    with django_assert_num_queries(12):
        judged(attempt.submission, 200, attempt=attempt)


def test_the_first_of_a_board_are_compared_on_the_same_rows(contest, baseline):
    for wrong in (400, 401, 700):
        judged(hand_in(enter(contest)), wrong)

    assert pair_board(contest.pk) == 4

    rows = BoardRow.objects.order_by("place")
    assert [(row.tie_low, row.tie_high) for row in rows] == [
        (1, 2),
        (1, 2),
        (3, 3),
        (None, None),
    ]
    assert rows[0].p_above is None
    assert rows[1].p_above == pytest.approx(0.1587, abs=0.001)  # one row in 2,000
    assert rows[2].p_above < 1e-9
    assert boards.audit(contest.pk, at=timezone.now()) == 0
    judged(hand_in(enter(contest)), 300)
    assert not BoardRow.objects.exclude(tie_low=None).exists()


def test_boards_without_losses_keep_the_bounds_of_their_intervals():
    contest = ContestFactory()
    scored(contest, 0.9)
    scored(contest, 0.8)

    assert pair_board(contest.pk) == 0
    assert not BoardRow.objects.exclude(tie_low=None).exists()


def test_plain_boards_are_still_to_be_had():
    contest = ContestFactory()

    assert not contest.is_guarded
    assert not Submission.objects.filter(contest=contest).exists()
    assert not Contest.objects.get().is_guarded
