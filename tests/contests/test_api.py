"""Contests over the API: opened, found, changed, joined."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.contests.asking import BASE, csv, each, url
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import (
    INPUTS,
    TRUTH,
    ContestFactory,
    hand_in,
)
from training.contests.models import Contest, Entrant, Visibility

pytestmark = pytest.mark.django_db


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
    assert body["is_guarded"]
    plain = given(host, dataset, slug="plain", is_guarded="false")
    told = api(host).post(f"{BASE}/contests", plain, format="multipart").json()
    assert not told["is_guarded"]


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
