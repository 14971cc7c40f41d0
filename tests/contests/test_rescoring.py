import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.factories.training import (
    TRUTH,
    ContestFactory,
    enter,
    file_of,
    hand_in,
    score,
    scored,
)
from training.contests import boards, services
from training.contests.comparisons import pending_changes, pending_left
from training.contests.models import Attempt, BoardRow, Contest
from training.contests.services.rescoring import (
    NothingPending,
    RescorePending,
    StillScoring,
)
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db
CORRECTED = TRUTH.replace("r0,0", "r0,1")


@pytest.fixture
def contest():
    return ContestFactory()


def rescore(contest, truth=None):
    return services.rescore(
        contest.host,
        contest=contest,
        truth=None if truth is None else file_of(truth),
        at=timezone.now(),
    )


def publish(contest):
    return services.publish_rescore(contest.host, contest=contest, at=timezone.now())


def shown():
    return list(BoardRow.objects.order_by("place").values_list("score", flat=True))


def test_everyone_is_scored_anew_beside_the_board(contest):
    first, second = scored(contest, 0.7), scored(contest, 0.6)

    pending = rescore(contest, CORRECTED)

    assert (pending.scorer_version, pending.pending_version) == (1, 2)
    assert Attempt.objects.filter(scorer_version=2).count() == 2
    assert pending_left(pending) == 2
    score(first, 0.5)
    score(second, 0.9)
    assert shown() == [0.7, 0.6]
    changes = {
        (change.name, change.shown, change.pending)
        for change in pending_changes(pending)
    }
    assert changes == {
        (first.entrant.name, 0.7, 0.5),
        (second.entrant.name, 0.6, 0.9),
    }


def test_publishing_shows_the_new_scores_all_at_once(contest):
    first, second = scored(contest, 0.7), scored(contest, 0.6)
    rescore(contest, CORRECTED)
    score(first, 0.5)
    score(second, 0.9)

    publish(contest)

    kept = Contest.objects.get()
    assert (kept.scorer_version, kept.pending_version) == (2, None)
    with open_blob(kept.truth_id) as truth:
        assert truth.read().decode() == CORRECTED
    assert shown() == [0.9, 0.5]
    assert first.attempts.count() == 2
    assert boards.audit(contest.pk, at=timezone.now()) == 0


def test_nothing_is_published_before_everyone_is_scored(contest):
    first = scored(contest, 0.7)
    scored(contest, 0.6)
    rescore(contest)
    score(first, 0.5)

    with pytest.raises(StillScoring, match="1 submissions"):
        publish(contest)
    assert shown() == [0.7, 0.6]


def test_what_is_handed_in_meanwhile_is_scored_by_both(contest):
    rescore(contest)

    submission = hand_in(enter(contest))

    versions = submission.attempts.values_list("scorer_version", flat=True)
    assert sorted(versions) == [1, 2]
    for attempt in submission.attempts.all():
        score(submission, attempt.scorer_version / 10, attempt=attempt)
    assert shown() == [0.1]
    publish(contest)
    assert shown() == [0.2]


def test_a_dropped_rescoring_leaves_the_board_and_its_version_is_not_used_again(
    contest,
):
    submission = scored(contest, 0.7)
    rescore(contest)

    services.drop_rescore(contest.host, contest=contest, at=timezone.now())

    assert shown() == [0.7]
    assert Run.objects.filter(status=RunStatus.CANCELLED).count() == 1
    assert rescore(contest).pending_version == 3
    assert submission.attempts.count() == 3


def test_one_rescoring_at_a_time(contest):
    with pytest.raises(NothingPending):
        publish(contest)
    rescore(contest)
    with pytest.raises(RescorePending):
        rescore(contest)


def test_a_rescoring_keeps_the_rows(contest):
    with pytest.raises(Malformed, match="1 ids are missing or new, such as “r0”"):
        rescore(contest, TRUTH.replace("r0,0\n", ""))
    assert Contest.objects.get().pending_version is None


def test_withdrawn_submissions_are_not_scored_anew(contest):
    submission = scored(contest, 0.7)
    services.withdraw(contest.host, submission=submission, at=timezone.now())

    rescore(contest)

    assert submission.attempts.count() == 1


@pytest.mark.parametrize("act", ["rescore", "publish_rescore", "drop_rescore"])
def test_only_hosts_score_anew(contest, act):
    entrant = enter(contest)

    with pytest.raises(PermissionDenied):
        getattr(services, act)(entrant.user, contest=contest, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_what_is_just_being_handed_in_is_not_missed(contest):
    outcomes = []

    def rescore_beside():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                rescore(contest)
        except OperationalError as waits:
            outcomes.append(type(waits.__cause__))
        finally:
            connection.close()

    entrant = enter(contest)
    with transaction.atomic():
        hand_in(entrant)
        beside = threading.Thread(target=rescore_beside)
        beside.start()
        beside.join()
    assert outcomes == [LockNotAvailable]
    rescore(contest)
    hand_in(entrant)
    assert sorted(Attempt.objects.values_list("scorer_version", flat=True)) == [
        *(1, 1),
        *(2, 2),
    ]
