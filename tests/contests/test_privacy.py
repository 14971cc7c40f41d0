"""Every route of this room, walked as everyone: what is private never comes out."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.community.api.urls import urlpatterns as talk_api_patterns
from marketplace.community.web import urls as talk
from tests.contests.teaming import together
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    predictions,
    score,
)
from tests.readable import readable
from training.api.urls import urlpatterns as api_patterns
from training.contests.models import Contest, Visibility
from training.web.urls import urlpatterns as web_patterns

pytestmark = pytest.mark.django_db
PRIVATE_SCORE = 0.1357902468
PUBLIC_SCORE = 0.8642
GUARDED_SCORE = 0.8642973
NOBODYS = "00000000-0000-4000-8000-000000000000"  # the walk asks of these of everyone
NOTE = "ptarmigan"
LOG = "one line"
talk_patterns = [p for p in talk.urlpatterns if "contests/" in str(p.pattern)]
FILLS = (  # whatever has no part in the contest asked about; of words the first
    (r"<(str|slug):page>|\(\?P<page>[^)]*\)", "data"),
    (r"<str:namespace>", "nobody"),
    (r"<(str:name|str:secret|str:part|path:path)>", "nothing"),
    (r"<uuid:\w+>|\(\?P<\w+>\[[-0-9a-f]+\]\{36\}\)", NOBODYS),
    (r"<int:(number|place)>|\(\?P<number>[^)]*\)", "1"),
    (r"\(\?P<\w+>([^|()]+)\|[^)]*\)", r"\1"),
    (r"\\", ""),
)
EVERYONE = ("nobody", "stranger", "other", "own", "mate", "host", "staff")
ROUTES = [f"api/v1/{p.pattern}" for p in [*api_patterns, *talk_api_patterns]] + [
    str(p.pattern).strip("^$") for p in [*web_patterns, *talk_patterns]
]

OF_SUBMISSIONS = [
    each
    for each in ROUTES
    if each.startswith(("api/v1/sub", "api/v1/runs", "sub", "runs"))
]


@pytest.fixture
def contest():
    return ContestFactory(split=True, max_team_size=2)


@pytest.fixture
def submission(contest):
    entrant = enter(contest)
    return score(
        hand_in(entrant, predictions(wrong=3), note=NOTE),
        PUBLIC_SCORE,
        private=[PRIVATE_SCORE],
    )


@pytest.fixture
def clients(contest, submission):
    people = {
        "nobody": None,
        "stranger": UserFactory(),
        "other": enter(contest).user,
        "own": submission.entrant.user,
        "mate": UserFactory(),
        "host": contest.host,
        "staff": UserFactory(is_staff=True),
    }
    together(submission.entrant, people["mate"])
    hand_in(contest.entrants.get(user=people["other"]))
    made = {}
    for name, user in people.items():
        made[name] = Client()
        if user is not None:
            made[name].force_login(user)
    return made


@pytest.fixture
def parameters(contest, submission):
    dataset = RepositoryFactory(public=True)
    return {
        "<slug:slug>": contest.slug,
        "(?P<slug>[-a-z0-9]+)": contest.slug,
        "<uuid:submission_id>": str(submission.pk),
        "<uuid:run_id>": str(submission.attempts.get().run_id),
        "<str:namespace>": dataset.namespace.name,
        "<str:name>": dataset.name,
    }


def address(route, parameters):
    for shape, value in parameters.items():
        route = route.replace(shape, value)
    for shape, value in FILLS:
        route = re.sub(shape, value, route)
    assert "<" not in route, f"say what fills {route}"
    return f"/{route}"


def body_of(answer):
    said = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{headers} {readable(said)}"


def end(contest):
    now = timezone.now()
    Contest.objects.filter(pk=contest.pk).update(
        starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=1)
    )


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("who", EVERYONE)
def test_what_is_private_comes_out_for_whom_it_is_and_nobody_else(
    contest, submission, clients, parameters, who, is_over
):
    """Labels for nobody, private scores after the end for the hosts, and what somebody
    handed in for their team and the hosts."""
    if is_over:
        end(contest)
    secrets = {str(PRIVATE_SCORE)[:6], NOTE, LOG, submission.blob_id}
    told = set()

    for route in ROUTES:
        parts = [{}] if route.startswith("api/") else [{}, {"HTTP_HX_REQUEST": "true"}]
        for headers in parts:
            answer = clients[who].get(address(route, parameters), **headers)
            said = body_of(answer)
            assert answer.status_code < 500, route
            assert contest.truth_id not in said, route
            assert "r1,1" not in said, route
            told |= {(secret, route) for secret in secrets if secret in said}

    is_host, is_team = who in {"host", "staff"}, who in {"own", "mate"}
    may_see = {NOTE, LOG, submission.blob_id} if is_host or is_team else set()
    if is_over and is_host:
        may_see |= {str(PRIVATE_SCORE)[:6]}
    assert {(secret, route) for secret, route in told if secret not in may_see} == set()
    assert {secret for secret, _ in told} == may_see


@pytest.mark.parametrize("who", EVERYONE)
def test_exact_scores_of_a_guarded_board_are_for_the_hosts(who):
    contest = ContestFactory(split=True, is_guarded=True, max_team_size=2)
    exact = {"low": GUARDED_SCORE - 0.02, "high": GUARDED_SCORE + 0.02}
    score(contest.submissions.get(), 0.5, low=0.48, high=0.52, private=[0.5])
    entry = hand_in(enter(contest))
    score(entry, GUARDED_SCORE, private=[PRIVATE_SCORE], **exact)
    mate = UserFactory()
    together(entry.entrant, mate)
    refused = hand_in(entry.entrant)
    score(refused, GUARDED_SCORE + 0.001, private=[PRIVATE_SCORE], **exact)
    client = Client()
    users = {
        "stranger": UserFactory,
        "other": lambda: enter(contest).user,
        "own": lambda: entry.entrant.user,
        "mate": lambda: mate,
        "host": lambda: contest.host,
        "staff": lambda: UserFactory(is_staff=True),
    }
    if who in users:
        client.force_login(users[who]())
    told = set()

    for submission in (entry, refused):
        fills = {
            "<slug:slug>": contest.slug,
            "(?P<slug>[-a-z0-9]+)": contest.slug,
            "<uuid:submission_id>": str(submission.pk),
            "<uuid:run_id>": str(submission.attempts.get().run_id),
        }
        for route in ROUTES if submission is entry else OF_SUBMISSIONS:
            said = body_of(client.get(address(route, fills)))
            assert str(PRIVATE_SCORE)[:6] not in said, route
            told |= {each for each in ("0.8643", "0.86429", "0.8653") if each in said}

    assert bool(told) == (who in {"host", "staff"})


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_of_a_private_contest_nothing_comes_out(
    contest, submission, clients, parameters, who
):
    Contest.objects.update(visibility=Visibility.PRIVATE)

    for route in ROUTES:
        path = address(route, parameters)
        answer = clients[who].get(path)
        said = body_of(answer).replace(path, "")
        assert contest.title not in said, route
        assert submission.entrant.name not in said, route
        if "slug" in route:
            assert answer.status_code in {302, 401, 404, 405}, route


@pytest.mark.parametrize("who", EVERYONE)
def test_the_score_on_the_board_is_for_everyone(contest, submission, clients, who):
    answer = clients[who].get(f"/api/v1/contests/{contest.slug}/leaderboard")

    assert str(PUBLIC_SCORE) in body_of(answer)
