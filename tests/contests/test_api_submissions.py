"""Submissions and their runs over the API."""

import pytest

from tests.contests.asking import BASE, csv, each, url
from tests.factories.accounts import UserFactory
from tests.factories.storage import UploadFactory
from tests.factories.training import (
    TRUTH,
    ContestFactory,
    enter,
    fail,
    hand_in,
    predictions,
    score,
    scored,
)
from training.contests.models import BoardRow, Contest, Submission
from training.jobs import BadRow
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db


def post(client, contest, content=None, **more):
    body = {"format": "PREDICTIONS", "file": csv(content or predictions()), **more}
    return client.post(url(contest, "submissions"), body, format="multipart")


@pytest.mark.parametrize(("who", "status"), each(401, 403, 201, 403, 403))
def test_submitting_takes_an_entrant(api, contest, people, who, status):
    answer = post(api(people[who]), contest)

    assert answer.status_code == status
    assert Submission.objects.count() == Run.objects.count() == (status == 201)


def test_a_submission_is_told_its_place(api, contest):
    entrant = enter(contest)
    hand_in(enter(contest))

    body = post(api(entrant.user), contest, note="first").json()

    assert body["run"]["status"] == "QUEUED"
    assert body["run"]["place"]["position"] == 2
    assert body["run"]["place"]["estimated_wait_seconds"] > 0
    assert (body["note"], body["scores"], body["private_scores"]) == ("first", [], None)


def test_a_repeated_key_submits_once_and_gets_the_first_answer(api, contest):
    client = api(enter(contest).user)
    client.credentials(HTTP_IDEMPOTENCY_KEY="one")

    first, second = post(client, contest), post(client, contest)

    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"format": "PICKLE", "file": csv("x")}, 400, "invalid"),
        ({"format": "PREDICTIONS"}, 400, "invalid"),
        ({"format": "PREDICTIONS", "file": csv(b"")}, 400, "invalid"),
        ({"format": "PREDICTIONS", "file": "text"}, 400, "invalid"),
        (
            {"format": "PREDICTIONS", "file": csv("x"), "note": "n" * 501},
            400,
            "invalid",
        ),
    ],
)
def test_a_malformed_submission_is_refused_whole(api, contest, body, status, code):
    client = api(enter(contest).user)

    answer = client.post(url(contest, "submissions"), body, format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Submission.objects.exists()


def test_a_submission_is_multipart_or_json(api, contest):
    client = api(enter(contest).user)

    answer = client.post(
        url(contest, "submissions"), b"id,label", content_type="text/csv"
    )

    assert answer.status_code == 415


def test_a_completed_upload_is_handed_in_by_its_id(api, contest):
    entrant = enter(contest)
    upload = UploadFactory(owner=entrant.user)
    client = api(entrant.user)
    path = url(contest, "submissions") + f"?upload={upload.pk}"

    assert client.post(path, {"format": "PREDICTIONS"}).status_code == 404
    assert client.post(path[:-1], {"format": "PREDICTIONS"}).status_code == 400
    others = api(enter(contest).user)
    assert others.post(path, {"format": "PREDICTIONS"}).status_code == 404
    assert not Submission.objects.exists()


def test_a_used_quota_is_429_and_says_when_it_resets(api):
    contest = ContestFactory(daily_limit=1)
    client = api(enter(contest).user)
    post(client, contest)

    answer = post(client, contest)

    assert (answer.status_code, answer.json()["code"]) == (429, "quota_used")
    assert answer.json()["resets_at"].endswith("T00:00:00+00:00")


@pytest.mark.parametrize(("who", "status"), each(401, 404, 404, 200, 200))
def test_a_submission_is_seen_by_its_entrant_and_hosts_alone(
    api, contest, people, who, status
):
    submission = scored(contest, 0.8)

    answer = api(people[who]).get(f"{BASE}/submissions/{submission.pk}")
    assert answer.status_code == status
    withdrawn = api(people[who]).post(f"{BASE}/submissions/{submission.pk}/withdraw")
    assert withdrawn.status_code == status
    assert BoardRow.objects.exists() == (status != 200)


def test_an_entrant_reads_scores_usage_and_log(api, contest):
    submission = scored(contest, 0.8, low=0.7, high=0.9)

    body = (
        api(submission.entrant.user).get(f"{BASE}/submissions/{submission.pk}").json()
    )

    assert body["scores"][0] == {
        "metric": "accuracy",
        "value": 0.8,
        "low": 0.7,
        "high": 0.9,
    }
    assert body["run"]["usage"]["wall_seconds"] == 0.5
    assert body["run"]["log_tail"] == ["one line"]
    assert body["run"]["failure"] is None
    assert body["private_scores"] is None


def test_an_entrant_reads_why_it_failed_with_rows(api, contest):
    rows = (BadRow(row=2, id="r99", problem="no such id"),)
    submission = fail(hand_in(enter(contest)), rows=rows)

    body = (
        api(submission.entrant.user).get(f"{BASE}/submissions/{submission.pk}").json()
    )

    assert body["run"]["failure"] == {
        "code": "unknown_ids",
        "stage": "READ",
        "message": "It was wrong.",
        "rows": [{"row": 2, "id": "r99", "problem": "no such id"}],
        "row_count": 1,
        "next_step": "Mend the file as the message says and hand it in again. This one "
        "does not count against your quota.",
    }


@pytest.mark.parametrize("size", [1, 12])
def test_a_list_of_submissions_takes_as_many_queries_however_long(
    api, contest, size, django_assert_num_queries
):
    for _ in range(size):
        scored(contest, 0.5)

    # rate limit, contest, a page, its attempts with runs, their scores
    with django_assert_num_queries(5):
        page = api(contest.host).get(url(contest, "submissions")).json()

    assert len(page["results"]) == size


def test_entrants_list_their_own_submissions_and_hosts_all(api, contest):
    entrant = enter(contest)
    hand_in(entrant)
    hand_in(enter(contest))

    def listed(user):
        return api(user).get(url(contest, "submissions")).json()["results"]

    assert [row["entrant"] for row in listed(entrant.user)] == [entrant.name]
    assert len(listed(contest.host)) == 2
    assert listed(UserFactory()) == []


@pytest.mark.parametrize(("who", "status"), each(401, 403, 403, 201, 201))
def test_setting_a_baseline_takes_a_host(api, contest, people, who, status):
    body = {"name": "Majority", "format": "PREDICTIONS", "file": csv(predictions())}

    answer = api(people[who]).post(url(contest, "baselines"), body, format="multipart")

    assert answer.status_code == status
    assert Submission.objects.exists() == (status == 201)


# re-scoring


@pytest.mark.parametrize(("who", "status"), each(401, 403, 403, 201, 201))
def test_scoring_anew_takes_a_host(api, contest, people, who, status):
    client = api(people[who])

    assert client.post(url(contest, "rescore")).status_code == status
    assert (Contest.objects.get().pending_version == 2) == (status == 201)
    read = client.get(url(contest, "rescore")).status_code
    assert read == (200 if status == 201 else 403)


def test_scoring_anew_by_api_from_start_to_end(api, contest):
    submission = scored(contest, 0.8)
    client = api(contest.host)

    client.post(url(contest, "rescore"), {"truth": csv(TRUTH)}, format="multipart")
    assert (
        client.post(url(contest, "rescore/publish")).json()["code"] == "still_scoring"
    )
    score(submission, 0.6)
    told = client.get(url(contest, "rescore")).json()
    assert told == {
        "pending_version": 2,
        "left": 0,
        "changes": [
            {
                "name": submission.entrant.name,
                "shown": 0.8,
                "pending": 0.6,
                "rank_shown": 1,
                "rank_pending": 1,
            }
        ],
        "phases": [],
    }
    assert client.post(url(contest, "rescore/publish")).json()["scorer_version"] == 2
    assert client.delete(url(contest, "rescore")).json()["code"] == "nothing_pending"


# runs


def test_one_lists_ones_own_runs(api, contest):
    submission = scored(contest, 0.8)
    hand_in(enter(contest))

    page = api(submission.entrant.user).get(f"{BASE}/runs").json()

    assert [row["status"] for row in page["results"]] == ["SUCCEEDED"]
    assert api().get(f"{BASE}/runs").status_code == 401


@pytest.mark.parametrize(
    ("who", "status"),
    [("nobody", 401), ("stranger", 404), ("host", 404), ("staff", 200), ("own", 200)],
)
def test_a_run_is_its_owners_and_staffs(api, contest, people, who, status):
    submission = hand_in(enter(contest))
    people["own"] = submission.entrant.user
    run = Run.objects.get()

    assert api(people[who]).get(f"{BASE}/runs/{run.pk}").status_code == status
    cancelled = api(people[who]).post(f"{BASE}/runs/{run.pk}/cancel")

    run.refresh_from_db()
    assert cancelled.status_code == status
    assert (run.status == RunStatus.CANCELLED) == (status == 200)
