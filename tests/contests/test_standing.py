"""How a submission stands while it waits and runs: its log, cancelling, trying again."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from marketplace.kit.models import AuditRecord
from tests.contests.asking import BASE, each, signed_in, text_of
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    TERM,
    ContestFactory,
    enter,
    fail,
    hand_in,
    lease_of,
    score,
    scored,
)
from training.contests import services
from training.contests.charges import SANDBOX_UNAVAILABLE
from training.contests.models import Score
from training.contests.queries import quota_of
from training.contests.services.entering import AlreadyWithdrawn
from training.contests.services.quotas import QuotaUsed
from training.contests.services.standing import NothingToRetry
from training.jobs import Stage
from training.runs import leases
from training.runs.dispatch import WORKER_LOST, sweep
from training.runs.models import Run, RunStatus
from training.runs.services import RunEnded

pytestmark = pytest.mark.django_db
SUBMISSION = "/submissions"


def run_of(submission):
    return Run.objects.get(attempt__submission=submission)


def unlucky(submission):
    """Have the platform fail a submission."""
    return fail(submission, code=SANDBOX_UNAVAILABLE, stage=Stage.LOAD)


def used(entrant):
    return quota_of(entrant, entrant.contest, at=timezone.now()).used


# cancelling


def test_what_waits_is_cancelled_at_once_and_its_quota_comes_back(contest):
    submission = hand_in(enter(contest))
    assert used(submission.entrant) == 1

    services.cancel_submission(
        submission.entrant.user, submission=submission, at=timezone.now()
    )

    assert run_of(submission).status == RunStatus.CANCELLED
    assert used(submission.entrant) == 0
    assert AuditRecord.objects.filter(act="cancel_submission").exists()


def test_what_was_scored_before_it_could_be_stopped_counts(contest):
    submission = scored(contest, 0.5)

    with pytest.raises(RunEnded):
        services.cancel_submission(
            submission.entrant.user, submission=submission, at=timezone.now()
        )

    assert used(submission.entrant) == 1
    assert Score.objects.exists()


@pytest.mark.parametrize(("who", "status"), each(401, 404, 200, 200, 200))
def test_an_entrant_and_the_hosts_cancel_over_the_api(
    api, contest, people, who, status
):
    submission = hand_in(contest.entrants.get(user=people["entrant"]))

    answer = api(people[who]).post(f"{BASE}/submissions/{submission.pk}/cancel")

    assert answer.status_code == status
    cancelled = run_of(submission).status == RunStatus.CANCELLED
    assert cancelled == (status == 200)


# trying again


@pytest.mark.parametrize("who", ["entrant", "host"])
def test_what_the_platform_failed_is_scored_again(contest, who):
    submission = unlucky(hand_in(enter(contest)))
    people = {"entrant": submission.entrant.user, "host": contest.host}

    services.retry_submission(people[who], submission=submission, at=timezone.now())

    run = run_of(submission)
    assert (run.status, run.attempts, run.failure_code) == (RunStatus.QUEUED, 0, "")
    assert used(submission.entrant) == 1
    score(submission, 0.75)
    assert submission.attempts.get().public_scores[0].value == 0.75


def test_what_killed_its_workers_says_at_which_stage_and_is_tried_again(contest):
    submission = hand_in(enter(contest))
    now = timezone.now()
    for _ in range(3):
        lease = lease_of(submission.attempts.get(), at=now)
        leases.renew(lease, now=now, log_tail=["said"], stage=Stage.RUN)
        now += 2 * TERM
        sweep(now)
    run = run_of(submission)
    assert (run.failure_code, run.failure_stage) == (WORKER_LOST, "RUN")
    assert run.log_tail == ["said"]

    services.retry_submission(contest.host, submission=submission, at=now)

    assert run_of(submission).status == RunStatus.QUEUED


def test_one_s_own_mistake_is_not_tried_again(contest):
    submission = fail(hand_in(enter(contest)))

    with pytest.raises(NothingToRetry, match="Mend the file"):
        services.retry_submission(
            submission.entrant.user, submission=submission, at=timezone.now()
        )

    assert run_of(submission).status == RunStatus.FAILED


def test_twice_is_once(contest):
    submission = unlucky(hand_in(enter(contest)))
    now = timezone.now()
    services.retry_submission(contest.host, submission=submission, at=now)

    with pytest.raises(NothingToRetry):
        services.retry_submission(contest.host, submission=submission, at=now)

    assert Run.objects.count() == 1


def test_trying_again_does_not_widen_the_quota():
    contest = ContestFactory(daily_limit=1)
    entrant = enter(contest)
    submission = unlucky(hand_in(entrant))
    hand_in(entrant, b"id,probability\n")

    with pytest.raises(QuotaUsed):
        services.retry_submission(
            entrant.user, submission=submission, at=timezone.now()
        )

    assert run_of(submission).status == RunStatus.FAILED
    services.retry_submission(contest.host, submission=submission, at=timezone.now())
    assert run_of(submission).status == RunStatus.QUEUED


def test_it_is_tried_again_after_the_end_but_not_when_withdrawn(contest):
    submission = unlucky(hand_in(enter(contest)))
    later = contest.ends_at + timedelta(days=1)
    services.withdraw(contest.host, submission=submission, at=later)

    with pytest.raises(AlreadyWithdrawn):
        services.retry_submission(contest.host, submission=submission, at=later)


def test_a_stranger_neither_cancels_nor_retries(contest):
    submission = unlucky(hand_in(enter(contest)))

    for act in (services.cancel_submission, services.retry_submission):
        with pytest.raises(PermissionDenied):
            act(UserFactory(), submission=submission, at=timezone.now())


def test_the_page_offers_to_try_again_and_does(contest):
    submission = unlucky(hand_in(enter(contest)))
    browser = signed_in(submission.entrant.user)
    page = text_of(browser.get(f"{SUBMISSION}/{submission.pk}"))
    assert "Try again" in page
    assert "need not do anything about the file" in page

    browser.post(f"{SUBMISSION}/{submission.pk}/retry")

    assert "Try again" not in text_of(browser.get(f"{SUBMISSION}/{submission.pk}"))
    assert run_of(submission).status == RunStatus.QUEUED


def test_the_api_says_what_to_do_and_whether_it_may_be_tried_again(api, contest):
    submission = unlucky(hand_in(enter(contest)))
    client = api(submission.entrant.user)

    body = client.get(f"{BASE}/submissions/{submission.pk}").json()
    again = client.post(f"{BASE}/submissions/{submission.pk}/retry").json()

    assert body["may_retry"]
    assert body["run"]["failure"]["next_step"].startswith("You need not do anything")
    assert (again["run"]["status"], again["may_retry"]) == ("QUEUED", False)


# the log as it comes


def events_of(answer):
    """Return the events of a stream as a browser would: (name, id, data)."""
    assert answer["Content-Type"] == "text/event-stream"
    found = []
    for block in answer.content.decode().strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        if "event" in fields:
            found.append((fields["event"], fields.get("id"), fields.get("data", "")))
    return found


def stream(user, submission, *, last=None):
    headers = {"Last-Event-ID": last} if last else {}
    path = f"{SUBMISSION}/{submission.pk}/events"
    return events_of(signed_in(user).get(path, headers=headers))


def tell(lease, *lines, total=None, **more):
    leases.renew(
        lease, now=timezone.now(), log_tail=lines, log_lines=total or 0, **more
    )


def lines_of(events):
    return [(at, data) for name, at, data in events if name == "line"]


def test_the_log_comes_line_by_line_and_goes_on_where_it_was_left(contest):
    submission = hand_in(enter(contest))
    user = submission.entrant.user
    lease = lease_of(submission.attempts.get())
    tell(lease, "one", "two", stage=Stage.RUN)

    first = stream(user, submission)
    tell(lease, "one", "two", "three")
    second = stream(user, submission, last="1:2")

    assert lines_of(first) == [("1:1", "one"), ("1:2", "two")]
    assert json.loads(first[-1][2])["stage"] == "RUN"
    assert lines_of(second) == [("1:3", "three")]
    assert "restart" not in {name for name, _, _ in second}


def test_who_missed_lines_that_are_gone_begins_anew(contest):
    submission = hand_in(enter(contest))
    lease = lease_of(submission.attempts.get())
    tell(lease, "nine", "ten", total=10)

    events = stream(submission.entrant.user, submission, last="1:3")

    assert events[0][:2] == ("restart", "1:8")
    assert lines_of(events) == [("1:9", "nine"), ("1:10", "ten")]


@pytest.mark.parametrize("last", ["", "x", "1:", "7:1", "1:99", "1:" + "9" * 30, "²:1"])
def test_a_last_event_that_is_none_of_ours_begins_anew(contest, last):
    submission = hand_in(enter(contest))
    tell(lease_of(submission.attempts.get()), "one")
    path = f"{SUBMISSION}/{submission.pk}/events"

    answer = signed_in(submission.entrant.user).get(path, {"after": last})

    assert [name for name, _, _ in events_of(answer)] == ["restart", "line", "state"]


def test_a_second_attempt_begins_its_log_anew(contest):
    submission = hand_in(enter(contest))
    tell(lease_of(submission.attempts.get(), at=timezone.now() - 2 * TERM), "old")
    Run.objects.update(lease_until=timezone.now() - TERM)
    sweep(timezone.now())
    tell(lease_of(submission.attempts.get()), "new")

    events = stream(submission.entrant.user, submission, last="1:1")

    assert events[0][0] == "restart"
    assert lines_of(events) == [("2:1", "new")]


def test_the_stream_of_what_has_ended_says_so(contest):
    submission = scored(contest, 0.5)

    events = stream(submission.entrant.user, submission)

    assert lines_of(events) == [("1:1", "one line")]
    assert events[-1][0] == "end"


def test_what_waits_says_its_place(contest):
    submission = hand_in(enter(contest))

    (state,) = [
        x for x in stream(submission.entrant.user, submission) if x[0] == "state"
    ]

    told = json.loads(state[2])
    assert (told["status"], told["position"]) == ("QUEUED", 1)
    assert told["estimated_wait_seconds"] > 0


def test_what_the_scoring_prints_is_for_hosts_alone(api, contest):
    submission = hand_in(enter(contest))
    tell(
        lease_of(submission.attempts.get()), "open", scorer_log_tail=["the answer is 7"]
    )

    seen = {}
    for who, user in (("entrant", submission.entrant.user), ("host", contest.host)):
        page = signed_in(user).get(f"{SUBMISSION}/{submission.pk}").content.decode()
        said = api(user).get(f"{BASE}/submissions/{submission.pk}").content.decode()
        run = api(user).get(f"{BASE}/runs/{run_of(submission).pk}").content.decode()
        events = str(stream(user, submission))
        seen[who] = ["the answer is 7" in told for told in (page, said, run, events)]

    assert seen["entrant"] == [False] * 4
    assert seen["host"][:2] == [True, True]
