"""When a contest takes what, how often, and what of it is ranked."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from rest_framework.test import APIClient

from marketplace.kit.errors import DomainError, Malformed
from tests.contests.asking import csv, signed_in, text_of, url
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    INPUTS,
    TRUTH,
    ContestFactory,
    enter,
    fail,
    file_of,
    hand_in,
    predictions,
    score,
    scored,
)
from training.contests import services
from training.contests.models import (
    BoardRow,
    Contest,
    ContestPhase,
    Format,
    Phase,
    Submission,
)
from training.contests.queries import quota_now, quota_of
from training.contests.services import PhasePlan
from training.contests.services.entering import FormatRefused
from training.contests.services.giving import InputsHidden
from training.contests.services.hosting import NotExtended
from training.contests.services.phasing import PhaseMissing, PhaseUsed
from training.contests.services.purses import PurseTooLate
from training.contests.services.quotas import ContestNotOpen, QuotaUsed
from training.contests.services.registering import ContestClosed
from training.runs.models import Run

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def contest():
    return ContestFactory(daily_limit=2)


def add(contest, name="One", *, actor=None, **given):
    plan = PhasePlan(name=name, **{"starts_at": contest.starts_at, **given})
    return services.add_phase(
        actor or contest.host, contest=contest, plan=plan, at=timezone.now()
    )


# phases


def test_each_submission_goes_to_the_phase_that_is_open(contest):
    entrant, now = enter(contest), timezone.now()
    add(contest, "Warm-up", ends_at=now + HOUR, counts=False)
    add(contest, "Finals", starts_at=now + 2 * HOUR, daily_limit=1)

    first = score(hand_in(entrant, at=now), 0.9)
    assert not BoardRow.objects.exists()
    with pytest.raises(ContestNotOpen, match="next phase opens"):
        hand_in(entrant, at=now + HOUR)
    second = score(hand_in(entrant, at=now + 2 * HOUR), 0.6)

    assert (first.phase.name, first.is_ranked) == ("Warm-up", False)
    assert (second.phase.name, second.is_ranked) == ("Finals", True)
    assert [row.score for row in BoardRow.objects.all()] == [0.6]
    with pytest.raises(QuotaUsed):
        hand_in(entrant, at=now + 2 * HOUR)


def test_of_phases_that_overlap_one_is_named_and_each_has_its_quota(contest):
    entrant = enter(contest)
    add(contest, "Tables", daily_limit=1, formats=[Format.PREDICTIONS])
    add(contest, "Models", daily_limit=1, formats=[Format.ONNX])

    with pytest.raises(Malformed, match=r"1\. Tables, 2\. Models"):
        hand_in(entrant)
    with pytest.raises(FormatRefused, match="Models"):
        hand_in(entrant, phase=2)
    hand_in(entrant, phase=1)
    with pytest.raises(QuotaUsed):
        hand_in(entrant, phase=1)
    assert hand_in(entrant, phase=2, format=Format.ONNX).phase.name == "Models"


def test_a_quota_in_all_is_for_good(contest):
    entrant = enter(contest)
    phase = add(contest, daily_limit=2, total_limit=3)
    now = timezone.now()

    for day in (0, 0, 1):
        hand_in(entrant, at=now + day * DAY)
    with pytest.raises(QuotaUsed, match="all of your 3"):
        hand_in(entrant, at=now + 2 * DAY)

    quota = quota_of(entrant, contest, at=now + 2 * DAY, phase=phase)
    assert (quota.left, quota.total_left) == (0, 0)


def test_a_contest_without_phases_may_have_a_quota_in_all_and_gives_back():
    contest = ContestFactory(total_limit=2, daily_limit=2)
    entrant, now = enter(contest), timezone.now()

    fail(hand_in(entrant))
    for _ in range(2):
        hand_in(entrant)

    assert quota_now(entrant, contest, at=now).total_left == 0
    with pytest.raises(QuotaUsed):
        hand_in(entrant, at=now + DAY)


def test_the_last_phase_ends_the_submissions(contest):
    entrant, now = enter(contest), timezone.now()
    add(contest, ends_at=now + HOUR)

    assert hand_in(entrant, at=now + HOUR - SECOND)
    with pytest.raises(ContestClosed):
        hand_in(entrant, at=now + HOUR)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "name"),
        ({"starts_at": -2 * DAY}, "starts_at"),
        ({"ends_at": -2 * DAY}, "ends_at"),
        ({"ends_at": 60 * DAY}, "the contest ends"),
        ({"daily_limit": 0}, "daily_limit"),
        ({"total_limit": 0}, "total_limit"),
        ({"formats": ["SKOPS"]}, "formats"),
    ],
)
def test_a_phase_that_does_not_hold_together_is_refused(contest, given, said):
    now = timezone.now()
    given = {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in given.items()
    }

    with pytest.raises(Malformed, match=said):
        add(contest, **given)
    assert not ContestPhase.objects.exists()


def test_a_phase_that_people_use_stays_as_promised(contest):
    now = timezone.now()
    entrant, end = enter(contest), now + HOUR
    phase = add(contest, ends_at=end)
    add(contest, "Unused", starts_at=now + 2 * HOUR)
    hand_in(entrant, at=now)

    def change(**given):
        kept = ContestPhase.objects.get(pk=phase.pk)
        plan = {name: getattr(kept, name) for name in PhasePlan.__slots__}
        return services.change_phase(
            contest.host,
            contest=contest,
            number=1,
            plan=PhasePlan(**{**plan, **given}),
            at=now,
        )

    assert change(name="Another", ends_at=end + HOUR).name == "Another"
    for given in ({"ends_at": end}, {"daily_limit": 1}, {"counts": False}):
        with pytest.raises(PhaseUsed):
            change(**given)
    with pytest.raises(PhaseUsed):
        services.remove_phase(contest.host, contest=contest, number=1, at=now)
    services.remove_phase(contest.host, contest=contest, number=2, at=now)
    with pytest.raises(PhaseMissing):
        services.remove_phase(contest.host, contest=contest, number=2, at=now)


def test_phases_are_the_hosts_and_come_before_the_first_submission(contest):
    with pytest.raises(PermissionDenied):
        add(contest, actor=UserFactory())
    hand_in(enter(contest))

    with pytest.raises(PhaseUsed):
        add(contest)


# what never closes, and what comes after the end


def test_a_benchmark_never_closes():
    contest = ContestFactory(ends_at=None)
    far = timezone.now() + 4000 * DAY

    assert contest.phase_at(far) is Phase.OPEN
    assert Contest.objects.in_phase(Phase.OPEN, at=far).get() == contest
    assert not Contest.objects.in_phase(Phase.CLOSED, at=far).exists()
    assert hand_in(enter(contest), at=far)
    with pytest.raises(NotExtended):
        services.extend_contest(contest.host, contest=contest, ends_at=far, at=far)
    with pytest.raises(PurseTooLate):
        services.state_purse(contest.host, contest=contest, terms=None, at=far)
    for path in (f"/contests/{contest.slug}", "/contests", "/"):
        assert "benchmark" in text_of(signed_in().get(path))
    services.close_contest(contest.host, contest=contest, at=far)
    assert Contest.objects.get().is_over(far)


def test_one_second_late_is_late_or_practice_where_there_is_practice():
    contest = ContestFactory(daily_limit=9)
    entrant = enter(contest)
    assert hand_in(entrant, at=contest.ends_at - SECOND).is_ranked
    for late in (timedelta(), SECOND):
        with pytest.raises(ContestClosed):
            hand_in(entrant, at=contest.ends_at + late)

    services.update_contest(
        contest.host,
        contest=contest,
        changes={"allows_practice": True},
        at=timezone.now(),
    )

    practised = hand_in(entrant, at=contest.ends_at)
    assert (practised.is_practice, practised.is_ranked) == (True, False)


def test_practice_is_scored_and_changes_no_board_even_a_frozen_one():
    contest = ContestFactory(allows_practice=True)
    first = scored(contest, 0.5)
    now = timezone.now()
    services.close_contest(contest.host, contest=contest, at=now)
    services.freeze_board(contest.host, contest=contest, at=now)

    practised = score(hand_in(first.entrant, at=now + SECOND), 0.9, at=now + SECOND)
    newcomer = enter(contest, at=now + SECOND)
    score(hand_in(newcomer, at=now + SECOND), 0.8, at=now + SECOND)

    assert practised.attempts.get().public_scores[0].value == 0.9
    assert [row.score for row in BoardRow.objects.all()] == [0.5]
    page = text_of(
        signed_in(newcomer.user).get(f"/contests/{contest.slug}/submissions")
    )
    assert "Practice" in page


def test_inputs_are_kept_back_until_their_moment():
    now = timezone.now()
    contest = ContestFactory(inputs_hidden_until=now + HOUR)
    user = enter(contest).user

    with pytest.raises(InputsHidden):
        services.inputs_for(user, contest=contest, at=now)
    assert services.inputs_for(contest.host, contest=contest, at=now)
    assert services.inputs_for(user, contest=contest, at=now + HOUR)


# over HTTP


@pytest.mark.django_db(transaction=True)
def test_what_changes_by_what_people_are_scored_waits_for_what_is_being_handed_in(
    contest,
):
    plain, ended = ContestFactory(), ContestFactory(ends_at=timezone.now() + HOUR)
    later = PhasePlan("Later", starts_at=contest.starts_at)
    for name in ("One", "Two"):
        add(contest, name)
    about = {"contest": contest, "number": 2, "at": timezone.now()}
    host = contest.host
    acts = [
        lambda: services.set_phase_truth(
            host, truth=file_of(TRUTH), inputs=file_of(INPUTS), **about
        ),
        lambda: services.drop_phase_truth(host, **about),
        lambda: services.name_final_phase(host, **about),
        lambda: services.change_phase(host, plan=later, **about),
        lambda: services.remove_phase(host, **about),
        lambda: add(plain),
        lambda: services.freeze_board(
            ended.host, contest=ended, at=timezone.now() + 2 * HOUR
        ),
    ]
    outcomes = []

    def act_beside():
        for act in acts:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '50ms'")
                    outcomes.append(act())
            except OperationalError as waits:
                outcomes.append(type(waits.__cause__))
            except DomainError as refusal:
                outcomes.append(refusal)
        connection.close()

    teams = [(enter(contest), 2), (enter(plain), None), (enter(ended), None)]
    with transaction.atomic():
        for team, phase in teams:
            hand_in(team, phase=phase)
        beside = threading.Thread(target=act_beside)
        beside.start()
        beside.join()
    assert outcomes == [LockNotAvailable] * len(acts)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_posts_at_once_on_a_quota_of_one_one_is_taken_and_none_breaks(
    settings,
):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    contest = ContestFactory(daily_limit=1)
    user = enter(contest).user
    address, start, statuses = url(contest, "submissions"), threading.Barrier(50), []

    def post(number):
        client = APIClient()
        client.force_authenticate(user)
        body = {"format": "PREDICTIONS", "file": csv(predictions(wrong=number % 40))}
        start.wait()
        try:
            statuses.append(client.post(address, body, format="multipart").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[n]) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(statuses) == {201: 1, 429: 49}
    assert Submission.objects.count() == Run.objects.count() == 1


def test_phases_over_the_api(contest, api):
    host, now = api(contest.host), timezone.now()
    body = {"name": "Warm-up", "starts_at": now, "counts": False, "daily_limit": 1}

    made = host.post(url(contest, "phases"), body).json()
    assert (made["number"], made["is_open"], made["formats"]) == (1, True, [])
    changed = host.put(url(contest, "phases", "1"), {**body, "total_limit": 4}).json()
    assert changed["total_limit"] == 4
    [told] = api().get(url(contest, "phases")).json()["phases"]
    assert told == changed
    entrant = enter(contest)
    handed = api(entrant.user).post(
        url(contest, "submissions"),
        {"format": "PREDICTIONS", "file": csv(predictions()), "phase": 1},
        format="multipart",
    )
    assert (handed.json()["phase"], handed.json()["is_ranked"]) == (1, False)
    quota = api(entrant.user).get(url(contest)).json()["entry"]["quota"]
    assert (quota["left"], quota["total_left"]) == (0, 3)
    assert host.delete(url(contest, "phases", "1")).json()["code"] == "phase_used"
    assert host.delete(url(contest, "phases", "2")).status_code == 404


def test_a_host_makes_phases_by_their_pages(contest):
    host, page = signed_in(contest.host), f"/contests/{contest.slug}/phases"
    form = {
        "name": "Warm-up",
        "starts_at": f"{timezone.now():%Y-%m-%dT%H:%M}",
        "daily_limit": 3,
    }

    assert "No phases" in text_of(host.get(page))
    host.post(page, form)
    assert "1. Warm-up" in text_of(host.get(page))
    assert 'value="Warm-up"' in text_of(host.get(f"{page}/1"))
    host.post(f"{page}/1", {**form, "name": "Training", "counts": "on"})
    refused = text_of(host.post(page, {**form, "daily_limit": 0}))
    assert "greater than or equal to 1" in refused
    entrant = enter(contest)
    browser = signed_in(entrant.user)
    assert "1. Training" in text_of(browser.get(f"/contests/{contest.slug}"))
    submit = f"/contests/{contest.slug}/submit"
    assert "Training</option>" in text_of(browser.get(submit))
    browser.post(
        submit, {"format": "PREDICTIONS", "file": csv(predictions()), "phase": 1}
    )
    assert Submission.objects.get().phase.name == "Training"
    host.post(f"{page}/1/remove")
    assert ContestPhase.objects.count() == 1
