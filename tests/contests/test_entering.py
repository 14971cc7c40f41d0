import threading
from datetime import datetime, timedelta, timezone

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone as clock

from marketplace.kit.errors import Malformed
from marketplace.storage.services import store_bytes
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    fail,
    hand_in,
    predictions,
    score,
    scored,
)
from training.contests import services
from training.contests.charges import REFUNDS_A_DAY
from training.contests.models import BoardRow, Entrant, Format, Submission
from training.contests.queries import quota_of
from training.contests.services.entering import (
    AlreadyWithdrawn,
    BaselineExists,
    FormatRefused,
)
from training.contests.services.quotas import ContestNotOpen, QuotaUsed
from training.contests.services.registering import (
    ContestClosed,
    HostMayNotCompete,
    NotJoined,
    RulesNotAccepted,
)
from training.jobs import Stage
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def contest():
    return ContestFactory(daily_limit=2)


def test_joining_accepts_the_rules_as_they_are_and_twice_is_once(contest):
    user = UserFactory()

    entrant = enter(contest, user)

    assert enter(contest, user) == entrant
    [member] = entrant.members.all()
    assert (entrant.name, member.rules_sha256) == (user.username, contest.rules_sha256)
    assert Entrant.objects.count() == 1


def test_rules_that_were_not_read_are_not_accepted(contest):
    with pytest.raises(RulesNotAccepted):
        services.join_contest(
            UserFactory(), contest=contest, rules_sha256="0" * 64, joined_at=clock.now()
        )
    assert not Entrant.objects.exists()


def test_who_writes_in_the_contests_namespace_cannot_compete():
    organisation = OrganisationFactory()
    host = organisation.memberships.get().user
    contest = ContestFactory(host=host, namespace=organisation.namespace)
    reader = MembershipFactory(organisation=organisation).user

    with pytest.raises(HostMayNotCompete):
        enter(contest, host)
    assert enter(contest, reader).user == reader


def test_a_closed_contest_takes_no_one(contest):
    with pytest.raises(ContestClosed):
        enter(contest, at=contest.ends_at)


def test_a_submission_is_queued_with_its_attempt(contest):
    submission = hand_in(enter(contest), note="second try")

    attempt = submission.attempts.get()
    assert (attempt.scorer_version, attempt.truth) == (1, contest.truth)
    assert (attempt.run.status, attempt.run.queue) == (RunStatus.QUEUED, "runs")
    assert attempt.run.owner == submission.entrant.user
    assert submission.note == "second try"


def test_only_who_has_joined_submits(contest):
    stranger = Entrant(contest=contest, user=UserFactory())

    with pytest.raises(NotJoined):
        hand_in(stranger)
    assert not Run.objects.exists()


def test_the_deadline_is_the_servers(contest):
    entrant = enter(contest)

    with pytest.raises(ContestClosed):
        hand_in(entrant, at=contest.ends_at)
    with pytest.raises(ContestNotOpen):
        hand_in(entrant, at=contest.starts_at - timedelta(seconds=1))
    assert hand_in(entrant, at=contest.ends_at - timedelta(seconds=1))


def test_changed_rules_are_accepted_again_before_the_next_submission(contest):
    entrant = enter(contest)
    services.update_contest(
        contest.host, contest=contest, changes={"rules": "New."}, at=clock.now()
    )

    with pytest.raises(RulesNotAccepted):
        hand_in(entrant)
    assert hand_in(enter(contest, entrant.user))


def test_a_format_the_contest_does_not_take_is_refused():
    entrant = enter(ContestFactory(formats=(Format.PREDICTIONS,)))

    with pytest.raises(FormatRefused, match="Predictions"):
        hand_in(entrant, format=Format.CODE)


def test_an_empty_file_is_refused(contest):
    entrant = enter(contest)

    with pytest.raises(Malformed, match="empty"):
        services.submit(
            entrant.user,
            contest=contest,
            format=Format.PREDICTIONS,
            blob=store_bytes(b"", stored_at=clock.now()),
            filename="p.csv",
            submitted_at=clock.now(),
        )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a/b\\p.csv", "p.csv"),
        ("\x00\n\r", "submission"),
        ("é" * 300, "é" * 200),
    ],
)
def test_a_file_name_is_kept_plain(contest, given, kept):
    assert hand_in(enter(contest), filename=given).filename == kept


def test_the_quota_is_a_day_of_utc_and_says_when_it_resets(contest):
    entrant = enter(contest)
    late = datetime(2030, 5, 1, 1, 30, tzinfo=timezone(timedelta(hours=3)))
    services.extend_contest(
        contest.host, contest=contest, ends_at=late + 9 * DAY, at=clock.now()
    )

    hand_in(entrant, at=late)
    hand_in(entrant, at=late)
    with pytest.raises(QuotaUsed, match="2030-05-01 00:00 UTC") as refusal:
        hand_in(entrant, at=late + timedelta(hours=1, minutes=29))
    assert refusal.value.extra["resets_at"] == "2030-05-01T00:00:00+00:00"
    assert hand_in(entrant, at=late + timedelta(hours=1, minutes=30))


@pytest.mark.django_db(transaction=True)
def test_of_twelve_posts_that_come_at_once_a_quota_of_one_lets_one_through():
    contest = ContestFactory(daily_limit=1)
    entrant = enter(contest)
    noon = clock.now()
    start = threading.Barrier(12)
    outcomes = []

    def post(number):
        start.wait()
        try:
            hand_in(entrant, predictions(wrong=number), at=noon)
        except QuotaUsed as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("taken")
        finally:
            connection.close()

    posts = [threading.Thread(target=post, args=[n]) for n in range(12)]
    for each in posts:
        each.start()
    for each in posts:
        each.join()

    assert sorted(outcomes) == ["quota_used"] * 11 + ["taken"]
    assert Submission.objects.count() == Run.objects.count() == 1


@pytest.mark.parametrize(
    ("stage", "code", "used"),
    [
        (Stage.READ, "unknown_ids", 0),
        (Stage.UNPACK, "zip_bomb", 0),
        (Stage.LOAD, "not_onnx", 0),
        (Stage.RUN, "timeout", 1),
        (Stage.SCORE, "score_not_finite", 1),
        (Stage.LOAD, "sandbox_unavailable", 0),
    ],
)
def test_a_fault_of_format_or_platform_gives_the_quota_back(contest, stage, code, used):
    entrant = enter(contest)

    fail(hand_in(entrant), stage=stage, code=code)

    assert quota_of(entrant, contest, at=clock.now()).used == used


def test_a_lost_worker_costs_nothing(contest):
    entrant = enter(contest)
    hand_in(entrant)
    now = clock.now()
    Run.objects.update(
        status=RunStatus.FAILED,
        failure_code="worker_lost",
        failure_message="Lost.",
        started_at=now,
        finished_at=now,
        attempts=3,
    )

    assert quota_of(entrant, contest, at=now).left == 2


def test_what_is_waiting_or_scored_counts(contest):
    entrant = enter(contest)
    hand_in(entrant)
    score(hand_in(entrant), 0.5)

    quota = quota_of(entrant, contest, at=clock.now())
    assert (quota.limit, quota.used, quota.left) == (2, 2, 0)


def test_files_that_cannot_be_read_are_given_back_only_so_often():
    contest = ContestFactory(daily_limit=1)
    entrant = enter(contest)
    now = clock.now()

    for number in range(REFUNDS_A_DAY):
        fail(hand_in(entrant, predictions(wrong=number), at=now), at=now)
    assert quota_of(entrant, contest, at=now).left == 1
    fail(hand_in(entrant, at=now), at=now)
    assert quota_of(entrant, contest, at=now).left == 0


def test_a_cancelled_submission_is_given_back(contest):
    entrant = enter(contest)
    submission = hand_in(entrant)

    services.withdraw(entrant.user, submission=submission, at=clock.now())

    assert submission.attempts.get().run.status == RunStatus.CANCELLED
    assert quota_of(entrant, contest, at=clock.now()).left == 2


@pytest.mark.parametrize(
    ("who", "withdrawn"),
    [("own", True), ("host", True), ("staff", True), ("other", False)],
)
def test_a_submission_is_withdrawn_by_its_entrant_and_the_hosts(
    contest, who, withdrawn
):
    submission = scored(contest, 0.9)
    people = {
        "own": submission.entrant.user,
        "host": contest.host,
        "staff": UserFactory(is_staff=True),
        "other": enter(contest).user,
    }

    if withdrawn:
        services.withdraw(people[who], submission=submission, at=clock.now())
    else:
        with pytest.raises(PermissionDenied):
            services.withdraw(people[who], submission=submission, at=clock.now())

    assert BoardRow.objects.exists() != withdrawn
    submission.refresh_from_db()
    assert (submission.withdrawn_at is not None) == withdrawn


def test_withdrawing_leaves_the_next_best_on_the_board_and_happens_once(contest):
    entrant = enter(contest)
    best = score(hand_in(entrant), 0.9)
    next_best = score(hand_in(entrant), 0.8)

    services.withdraw(entrant.user, submission=best, at=clock.now())

    row = BoardRow.objects.get()
    assert (row.submission, row.score, row.submission_count) == (next_best, 0.8, 1)
    with pytest.raises(AlreadyWithdrawn):
        services.withdraw(entrant.user, submission=best, at=clock.now())


def baseline(actor, contest, name="Most common"):
    return services.add_baseline(
        actor,
        contest=contest,
        name=name,
        format=Format.PREDICTIONS,
        blob=store_bytes(predictions(wrong=20), stored_at=clock.now()),
        filename="b.csv",
        submitted_at=clock.now(),
    )


def test_hosts_set_baselines_that_are_marked_and_have_no_rank(contest):
    scored(contest, 0.7)

    score(baseline(contest.host, contest), 0.8)

    first, second = BoardRow.objects.order_by("place")
    assert (first.name, first.is_baseline, first.rank) == ("Most common", True, None)
    assert (second.is_baseline, second.rank) == (False, 1)


def test_a_baseline_has_a_name_of_its_own_and_only_hosts_set_it(contest):
    baseline(contest.host, contest)

    with pytest.raises(BaselineExists):
        baseline(contest.host, contest)
    with pytest.raises(PermissionDenied):
        baseline(enter(contest).user, contest, name="Mine")
    assert Entrant.objects.filter(is_baseline=True).count() == 1
