from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.storage import UploadFactory
from tests.factories.training import (
    INPUTS,
    TRUTH,
    ContestFactory,
    enter,
    fail,
    hand_in,
    predictions,
    score,
    scored,
)
from training.contests.models import BoardRow, Contest, Entrant, Submission, Visibility
from training.jobs import BadRow
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db
BASE = "/api/v1"


def csv(text, name="table.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return SimpleUploadedFile(name, data, "text/csv")


@pytest.fixture
def contest():
    return ContestFactory()


@pytest.fixture
def people(contest):
    """Everyone who may stand before a contest."""
    return {
        "nobody": None,
        "stranger": UserFactory(),
        "entrant": enter(contest).user,
        "host": contest.host,
        "staff": UserFactory(is_staff=True),
    }


EVERYONE = ("nobody", "stranger", "entrant", "host", "staff")


def each(*statuses):
    return list(zip(EVERYONE, statuses, strict=True))


def url(contest, *more):
    return "/".join([BASE, "contests", contest.slug, *more])


# contests


def given(host, on, /, **changes):
    now = timezone.now()
    return {
        "namespace": host.username,
        "dataset": f"{on.namespace.name}/{on.name}",
        "slug": "which-is-which",
        "title": "Which is which",
        "task": "BINARY",
        "metric": "auc",
        "formats": ["PREDICTIONS", "ONNX"],
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(days=9)).isoformat(),
        "truth": csv(TRUTH),
        "inputs": csv(INPUTS),
        **changes,
    }


def test_a_host_opens_a_contest(api):
    host = UserFactory()
    dataset = RepositoryFactory(owner=host)

    answer = api(host).post(
        f"{BASE}/contests", given(host, dataset), format="multipart"
    )

    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert (body["slug"], body["phase"], body["row_count"]) == (
        "which-is-which",
        "OPEN",
        40,
    )
    assert body["formats"] == ["PREDICTIONS", "ONNX"]
    assert Contest.objects.get().host == host


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"truth": "no file"}, 400, "invalid"),
        ({"truth": csv("a,b\n1,2\n")}, 400, "bad_table"),
        ({"namespace": "nobody-has-this"}, 404, "not_found"),
        ({"dataset": "no/such"}, 404, "not_found"),
        ({"dataset": "nonsense"}, 400, "invalid"),
        ({"ends_at": "2001-01-01T00:00:00Z"}, 400, "invalid"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, 400, "invalid"),
        ({"metric": "rmse"}, 400, "invalid"),
        ({"slug": "new"}, 400, "invalid"),
        ({"title": ""}, 400, "invalid"),
    ],
)
def test_a_contest_that_does_not_hold_together_is_refused(api, changes, status, code):
    host = UserFactory()
    dataset = RepositoryFactory(owner=host)

    answer = api(host).post(
        f"{BASE}/contests", given(host, dataset, **changes), format="multipart"
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Contest.objects.exists()


def test_nobody_opens_contests_without_signing_in_or_in_anothers_name(api):
    host = UserFactory()
    dataset = RepositoryFactory(owner=host, public=True)
    body = given(host, dataset)

    assert api().post(f"{BASE}/contests", body, format="multipart").status_code == 401
    answer = api(UserFactory()).post(
        f"{BASE}/contests", given(host, dataset), format="multipart"
    )
    assert answer.status_code == 403
    assert not Contest.objects.exists()


@pytest.mark.parametrize("size", [1, 20])
def test_a_list_takes_as_many_queries_however_long(
    api, size, django_assert_num_queries
):
    ContestFactory.create_batch(size)

    with django_assert_num_queries(2):  # the rate limit, and one page
        page = api().get(f"{BASE}/contests").json()

    assert len(page["results"]) == size
    assert page["next"] is None


def test_a_list_is_filtered_by_phase_and_task(api):
    now = timezone.now()
    upcoming = ContestFactory(starts_at=now + timedelta(days=1), opened_at=now)
    ContestFactory()

    def slugs(query):
        answer = api().get(f"{BASE}/contests?{query}")
        return [row["slug"] for row in answer.json()["results"]]

    assert slugs("phase=UPCOMING") == [upcoming.slug]
    assert slugs("phase=CLOSED") == []
    assert slugs("task=REGRESSION") == []
    assert len(slugs("task=BINARY")) == 2
    assert api().get(f"{BASE}/contests?phase=SOON").status_code == 400


def test_a_private_contest_does_not_exist_for_strangers(api):
    contest = ContestFactory(visibility=Visibility.PRIVATE)
    stranger = UserFactory()

    for who in (None, stranger):
        for path in ("", "leaderboard", "inputs", "submissions"):
            answer = api(who).get(url(contest, path).rstrip("/"))
            assert answer.status_code in {401, 404}
        assert api(who).get(f"{BASE}/contests").json()["results"] == []
    assert api(contest.host).get(url(contest)).status_code == 200


def test_a_contest_says_where_the_caller_stands(api, contest, people):
    hand_in(Entrant.objects.get())

    entry = api(people["entrant"]).get(url(contest)).json()["entry"]

    assert entry["quota"]["left"] == 4
    assert entry["must_accept_rules"] is False
    for who in ("nobody", "stranger", "host"):
        assert api(people[who]).get(url(contest)).json()["entry"] is None


@pytest.mark.parametrize(("who", "status"), each(401, 403, 403, 200, 200))
def test_changing_a_contest_takes_a_host(api, contest, people, who, status):
    answer = api(people[who]).patch(url(contest), {"title": "Changed"})

    contest.refresh_from_db()
    assert answer.status_code == status
    assert (contest.title == "Changed") == (status == 200)


@pytest.mark.parametrize(("who", "status"), each(401, 403, 403, 200, 200))
def test_closing_a_contest_takes_a_host(api, contest, people, who, status):
    answer = api(people[who]).post(url(contest, "close"))

    contest.refresh_from_db()
    assert answer.status_code == status
    assert (contest.ends_at <= timezone.now()) == (status == 200)


def test_extending_a_contest(api, contest):
    later = contest.ends_at + timedelta(days=3)

    answer = api(contest.host).post(url(contest, "extend"), {"ends_at": later})

    assert answer.status_code == 200
    assert Contest.objects.get().ends_at == later


@pytest.mark.parametrize(("who", "status"), each(401, 201, 201, 403, 201))
def test_everyone_but_hosts_may_join(api, contest, people, who, status):
    before = Entrant.objects.count()

    answer = api(people[who]).post(
        url(contest, "join"), {"rules_sha256": contest.rules_sha256}
    )

    assert answer.status_code == status
    is_new = status == 201 and who != "entrant"
    assert Entrant.objects.count() == before + is_new


@pytest.mark.parametrize(("who", "status"), each(401, 403, 302, 302, 302))
def test_inputs_are_for_those_who_joined(api, contest, people, who, status):
    answer = api(people[who]).get(url(contest, "inputs"))

    assert answer.status_code == status
    if status == 302:
        assert contest.inputs_id in answer["Location"]
        assert contest.truth_id not in answer["Location"]


# submissions


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
        "changes": [{"name": submission.entrant.name, "shown": 0.8, "pending": 0.6}],
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


# the board


def test_a_board_names_everyone_with_bounds_and_oneself(api, contest):
    best = scored(contest, 0.9, low=0.88, high=0.92)
    scored(contest, 0.5, low=0.4, high=0.6)

    body = api(best.entrant.user).get(url(contest, "leaderboard")).json()

    assert [(row["place"], row["score"]) for row in body["results"]] == [
        (1, 0.9),
        (2, 0.5),
    ]
    assert body["me"]["name"] == best.entrant.name
    assert (body["metric"], body["greater_is_better"]) == ("accuracy", True)
    assert "id" not in body["results"][0]
    assert api().get(url(contest, "leaderboard")).json()["me"] is None


def test_a_board_is_paged_by_keyset_without_gaps(api, contest):
    for number in range(5):
        scored(contest, number / 10)

    seen, link = [], url(contest, "leaderboard") + "?limit=2"
    while link:
        page = api().get(link).json()
        seen += [row["place"] for row in page["results"]]
        link = page["next"]

    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [1, 12])
def test_a_board_is_one_read_however_long(
    api, contest, size, django_assert_num_queries
):
    for number in range(size):
        scored(contest, number / 20)

    with django_assert_num_queries(3):  # rate limit, contest, a page
        api().get(url(contest, "leaderboard"))
    member = api(UserFactory())
    with django_assert_num_queries(4):  # and one's own row
        member.get(url(contest, "leaderboard"))


def test_a_page_of_the_board_is_read_from_its_index(contest):
    for number in range(3):
        scored(contest, number / 10)
    page = BoardRow.objects.filter(contest=contest).order_by("place", "id")[:50]

    with connection.cursor() as cursor:  # three rows: it would rather read them all
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = page.explain()

    assert "contests_boardrow_order" in plan
    assert "Sort" not in plan


def test_a_board_that_did_not_change_is_304_until_it_does(
    api, contest, django_assert_num_queries
):
    scored(contest, 0.5)
    client = api()
    etag = client.get(url(contest, "leaderboard"))["ETag"]

    with django_assert_num_queries(2):
        again = client.get(url(contest, "leaderboard"), HTTP_IF_NONE_MATCH=etag)
    assert again.status_code == 304
    scored(contest, 0.6)
    changed = client.get(url(contest, "leaderboard"), HTTP_IF_NONE_MATCH=etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_two_people_do_not_share_an_etag(api, contest):
    one, two = (
        api(user).get(url(contest, "leaderboard"))["ETag"]
        for user in UserFactory.create_batch(2)
    )

    assert one != two


def test_members_of_the_namespace_see_a_private_contest(api):
    organisation = OrganisationFactory()
    contest = ContestFactory(
        host=organisation.memberships.get().user,
        namespace=organisation.namespace,
        visibility=Visibility.PRIVATE,
    )
    reader = MembershipFactory(organisation=organisation).user

    assert api(reader).get(url(contest)).status_code == 200
    assert api(reader).patch(url(contest), {"title": "X"}).status_code == 403
