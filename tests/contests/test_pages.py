"""What entrants and visitors see of a contest, and do by forms."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.contests.asking import csv, signed_in, text_of
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    fail,
    hand_in,
    predictions,
    score,
    scored,
)
from training.contests.models import BoardRow, Contest, Entrant, Submission, Visibility
from training.jobs import BadRow, CalibrationBin
from training.web.charts import reliability_points

pytestmark = pytest.mark.django_db


def test_the_list_shows_contests_with_their_phase(contest):
    ContestFactory(visibility=Visibility.PRIVATE, title="Hidden one")

    page = text_of(signed_in().get("/contests"))

    assert contest.title in page
    assert "Hidden one" not in page
    assert ">Open<" in page


@pytest.mark.parametrize(
    "query", ["phase=CLOSED", "task=REGRESSION", "dataset=no/such"]
)
def test_a_filter_that_nothing_fits_says_so(contest, query):
    assert "No contests here" in text_of(signed_in().get(f"/contests?{query}"))


def test_a_datasets_page_may_fetch_its_contests_as_a_part(contest):
    address = f"{contest.dataset.namespace.name}/{contest.dataset.name}"

    answer = signed_in().get(f"/contests?dataset={address}", HTTP_HX_REQUEST="true")

    assert contest.title in text_of(answer)
    assert "<html" not in text_of(answer)


def test_a_contest_tells_its_words_data_and_times(contest):
    page = text_of(signed_in().get(f"/contests/{contest.slug}"))

    assert page.count("<h1") == 1
    assert "<h3>Why</h3>" in page
    assert "<strong>medal</strong>" in page
    assert "40 rows are held back" in page
    assert "Sign in to join" in page


def test_joining_by_the_page_leads_to_the_form(contest):
    user = UserFactory()
    client = signed_in(user)

    answer = client.post(
        f"/contests/{contest.slug}/join", {"rules_sha256": contest.rules_sha256}
    )

    assert answer.headers["Location"] == f"/contests/{contest.slug}/submit"
    assert Entrant.objects.get().user == user


def test_rules_that_changed_meanwhile_are_shown_again(contest):
    client = signed_in(UserFactory())

    answer = client.post(
        f"/contests/{contest.slug}/join", {"rules_sha256": "0" * 64}, follow=True
    )

    assert "The rules have changed" in text_of(answer)
    assert not Entrant.objects.exists()


def test_whoever_has_not_joined_is_sent_to_the_rules(contest):
    answer = signed_in(UserFactory()).get(f"/contests/{contest.slug}/submit")

    assert answer.headers["Location"] == f"/contests/{contest.slug}"


def test_the_form_tells_formats_and_quota(contest):
    page = text_of(
        signed_in(enter(contest).user).get(f"/contests/{contest.slug}/submit")
    )

    assert "5 of 5" in page
    assert "Predictions (table)" in page
    assert 'enctype="multipart/form-data"' in page


def test_submitting_by_the_page_leads_to_the_submission(contest):
    client = signed_in(enter(contest).user)

    answer = client.post(
        f"/contests/{contest.slug}/submit",
        {"format": "PREDICTIONS", "file": csv(predictions(), "mine.csv"), "note": "n"},
        follow=True,
    )

    submission = Submission.objects.get()
    assert answer.request["PATH_INFO"] == f"/submissions/{submission.pk}"
    page = text_of(answer)
    assert "mine.csv" in page
    assert "Place 1 in the queue" in page
    assert 'hx-trigger="every 5s, run-changed from:body"' in page
    assert '<meta http-equiv="refresh"' in page


def test_a_refusal_is_shown_on_the_form():
    contest = ContestFactory(daily_limit=1)
    entrant = enter(contest)
    hand_in(entrant)

    answer = signed_in(entrant.user).post(
        f"/contests/{contest.slug}/submit",
        {"format": "PREDICTIONS", "file": csv(predictions())},
    )

    assert answer.status_code == 200
    assert "You have used your 1 submissions of today" in text_of(answer)
    assert Submission.objects.count() == 1


def test_a_closed_contest_offers_no_form(contest):
    entrant = enter(contest)
    now = timezone.now()
    Contest.objects.update(
        starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=1)
    )

    page = text_of(signed_in(entrant.user).get(f"/contests/{contest.slug}/submit"))

    assert "The contest ended" in page
    assert 'type="file"' not in page


def test_htmx_gets_only_the_part_that_changes(contest):
    submission = hand_in(enter(contest))

    answer = signed_in(submission.entrant.user).get(
        f"/submissions/{submission.pk}", HTTP_HX_REQUEST="true"
    )

    assert text_of(answer).lstrip().startswith('<div id="state"')


def test_a_failure_is_told_with_its_rows_and_what_to_do_next(contest):
    rows = (BadRow(row=2, id="r99", problem="no such id"),)
    submission = fail(hand_in(enter(contest)), rows=rows)

    page = text_of(
        signed_in(submission.entrant.user).get(f"/submissions/{submission.pk}")
    )

    assert "It was wrong." in page
    assert "no such id" in page
    assert "What to do next:" in page
    assert "does not count against your quota" in page
    assert 'hx-trigger="every' not in page


def test_what_a_stranger_writes_is_shown_as_text(contest):
    rows = (BadRow(row=2, id="<script>x</script>", problem="p"),)
    submission = fail(hand_in(enter(contest), note="<b>n</b>"), rows=rows)

    page = text_of(
        signed_in(submission.entrant.user).get(f"/submissions/{submission.pk}")
    )

    assert "<script>x" not in page
    assert "<b>n</b>" not in page


def test_a_scored_submission_shows_scores_usage_log_and_reliability(contest):
    submission = scored(contest, 0.8, low=0.7, high=0.9)
    attempt = submission.attempts.get()
    attempt.calibration = [
        {"confidence": 0.9, "accuracy": 0.8, "low": 0.6, "high": 0.9, "count": 30},
        {"confidence": 0.5, "accuracy": 0.5, "low": 0.2, "high": 0.8, "count": 10},
    ]
    attempt.save(update_fields=["calibration"])

    page = text_of(
        signed_in(submission.entrant.user).get(f"/submissions/{submission.pk}")
    )

    assert "0.7 to 0.9" in page
    assert page.count("<circle") == 2
    assert "What it took" in page
    assert "one line" in page


def test_a_reliability_diagram_places_bins_by_confidence_and_accuracy():
    bins = [CalibrationBin(0.25, 0.75, 0.5, 1.0, 4), CalibrationBin(0.5, 0, 0, 0, 0)]

    (point,) = reliability_points(
        [{name: getattr(each, name) for name in each.__slots__} for each in bins]
    )

    assert (point.x, point.y, point.y_low, point.y_high) == (50, 50, 100, 0)


def test_withdrawing_by_the_page(contest):
    submission = scored(contest, 0.8)

    page = signed_in(submission.entrant.user).post(
        f"/submissions/{submission.pk}/withdraw", follow=True
    )

    assert "was withdrawn on" in text_of(page)
    assert not BoardRow.objects.exists()


def test_the_board_shows_rank_ranges_baselines_and_oneself(contest):
    mine = scored(contest, 0.9, low=0.85, high=0.95)
    scored(contest, 0.88, low=0.84, high=0.92)
    Entrant.objects.exclude(pk=mine.entrant_id).update(is_baseline=False)

    page = text_of(
        signed_in(mine.entrant.user).get(f"/contests/{contest.slug}/leaderboard")
    )

    assert page.count("1–2") == 2
    assert page.count('class="is-mine"') == 1
    assert '<svg class="ci"' in page
    assert "style=" not in page


def test_a_board_is_drawn_for_each_language(contest):
    scored(contest, 0.9, low=0.85, high=0.95)
    path, reader = f"/contests/{contest.slug}/leaderboard", signed_in()

    assert "0.85 to 0.95" in text_of(reader.get(path))
    reader.post("/language", {"language": "es"})
    assert "de 0,85 a 0,95" in text_of(reader.get(path)).replace("0.", "0,")


def test_the_board_is_saved_as_csv_that_runs_nothing(contest):
    submission = scored(contest, 0.9)
    Entrant.objects.update(name="=1+1")
    BoardRow.objects.update(name="=1+1")

    answer = signed_in().get(f"/contests/{contest.slug}/leaderboard.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()

    assert lines[0].startswith("place,rank,rank_low,rank_high,name")
    assert lines[1].startswith("1,1,1,1,'=1+1,False,0.9")
    assert str(submission.pk) not in lines[1]


@pytest.mark.parametrize("size", [1, 12])
@pytest.mark.parametrize(
    ("path", "queries"),
    [("/contests", 1), ("/contests/{slug}/leaderboard", 2)],
)
def test_pages_take_as_many_queries_however_long(
    size, path, queries, django_assert_num_queries
):
    contests = ContestFactory.create_batch(size)
    for number in range(size):
        scored(contests[0], number / 20)

    with django_assert_num_queries(queries):
        signed_in().get(path.format(slug=contests[0].slug))


@pytest.mark.parametrize("size", [1, 12])
def test_ones_own_submissions_take_as_many_queries_however_long(
    size, django_assert_num_queries
):
    user = UserFactory()
    for contest in ContestFactory.create_batch(size):
        score(hand_in(enter(contest, user)), 0.5)
    client = signed_in(user)

    with django_assert_num_queries(5):  # session, user, page, attempts, scores
        page = client.get("/submissions")

    assert text_of(page).count("predictions.csv") == size
