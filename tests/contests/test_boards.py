import math
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from marketplace.kit.models import AuditRecord
from tests.factories.training import (
    ContestFactory,
    enter,
    fail,
    hand_in,
    lease_of,
    outcome_of,
    score,
    scored,
)
from training.contests import boards
from training.contests.models import BoardRow, Contest, Format, Score, Split
from training.contests.results import record_outcome
from training.contests.tasks import audit_boards
from training.runs import leases
from training.runs.dispatch import sweep
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    return ContestFactory()


def board(contest):
    rows = BoardRow.objects.filter(contest=contest).order_by("place")
    return [(row.place, row.rank, row.score) for row in rows]


def test_a_score_puts_its_entrant_on_the_board_and_ends_the_run(contest):
    submission = scored(contest, 0.75, low=0.7, high=0.8, latency_ms_per_row=0.3)

    row = BoardRow.objects.get()
    assert (row.submission, row.name) == (submission, submission.entrant.name)
    assert (row.score, row.low, row.high) == (0.75, 0.7, 0.8)
    assert (row.ece, row.latency_ms_per_row, row.device) == (0.1, None, "")
    assert (row.place, row.rank, row.rank_low, row.rank_high) == (1, 1, 1, 1)
    assert Run.objects.get().status == RunStatus.SUCCEEDED


def test_what_a_run_took_is_told_of_models_and_not_of_tables(contest):
    model = scored(contest, 0.75, latency_ms_per_row=0.3)
    model.format = Format.ONNX
    model.save(update_fields=["format"])
    scored(contest, 0.7, latency_ms_per_row=0.3)

    boards.audit(contest.pk, at=timezone.now())

    told = BoardRow.objects.values_list("device", "latency_ms_per_row")
    assert list(told.order_by("place")) == [("cpu", 0.3), ("", None)]


def test_the_board_keeps_the_best_of_each_entrant(contest):
    entrant = enter(contest)
    for value in (0.6, 0.8, 0.7):
        score(hand_in(entrant), value)
    scored(contest, 0.75)

    assert board(contest) == [(1, 1, 0.8), (2, 2, 0.75)]
    assert BoardRow.objects.get(entrant=entrant).submission_count == 3


def test_of_equal_scores_the_earlier_submission_stands(contest):
    entrant = enter(contest)
    first = score(hand_in(entrant), 0.8)
    score(hand_in(entrant), 0.8)

    assert BoardRow.objects.get().submission == first


def test_where_smaller_is_better_the_smallest_stands_first():
    contest = ContestFactory(metric="log_loss")
    for value in (0.5, 0.2, 0.9):
        scored(contest, value, low=value - 0.01, high=value + 0.01)

    assert board(contest) == [(1, 1, 0.2), (2, 2, 0.5), (3, 3, 0.9)]


def test_overlapping_intervals_share_their_bounds(contest):
    scored(contest, 0.9, low=0.85, high=0.95)
    scored(contest, 0.88, low=0.84, high=0.92)
    scored(contest, 0.5, low=0.4, high=0.6)

    bounds = BoardRow.objects.order_by("place").values_list("rank_low", "rank_high")
    assert list(bounds) == [(1, 2), (1, 2), (3, 3)]


def test_every_change_of_the_board_is_counted_for_caches(contest):
    scored(contest, 0.5)
    scored(contest, 0.6)

    assert Contest.objects.get().board_version == 2


def test_what_failed_is_not_on_the_board(contest):
    fail(hand_in(enter(contest)))

    assert board(contest) == []
    assert Score.objects.count() == 0


def test_private_scores_are_kept_and_do_not_reach_the_board():
    contest = ContestFactory(split=True)
    submission = scored(contest, 0.9, private=[0.2])

    scores = Score.objects.values_list("split", "metric", "value")
    assert set(scores) == {
        (Split.PUBLIC, "accuracy", 0.9),
        (Split.PUBLIC, "ece", 0.1),
        (Split.PRIVATE, "accuracy", 0.2),
    }
    assert BoardRow.objects.get().score == 0.9
    assert submission.shown.public_scores[0].value == 0.9


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_ranks(contest, value):
    submission = hand_in(enter(contest))
    attempt = submission.attempts.get()
    lease = lease_of(attempt)

    with pytest.raises(IntegrityError, match="contests_score"), transaction.atomic():
        record_outcome(
            lease,
            attempt=attempt,
            outcome=outcome_of(value),
            log_tail=[],
            now=timezone.now(),
        )

    assert board(contest) == []
    assert not Score.objects.exists()
    assert Run.objects.get().status == RunStatus.RUNNING


def test_a_worker_that_lost_its_lease_writes_no_score(contest):
    attempt = hand_in(enter(contest)).attempts.get()
    lost = lease_of(attempt)
    later = timezone.now() + timedelta(minutes=2)
    sweep(later)
    successor = lease_of(attempt, at=later)

    for lease, value, is_ours in [(lost, 0.1, False), (successor, 0.9, True)]:
        assert (
            record_outcome(
                lease,
                attempt=attempt,
                outcome=outcome_of(value),
                log_tail=[],
                now=later,
            )
            is is_ours
        )

    assert board(contest) == [(1, 1, 0.9)]
    assert Score.objects.filter(metric="accuracy").count() == 1


def test_a_run_cancelled_while_it_was_scored_leaves_no_score(contest):
    attempt = hand_in(enter(contest)).attempts.get()
    lease = lease_of(attempt)
    Run.objects.update(cancel_requested_at=timezone.now())

    record_outcome(
        lease,
        attempt=attempt,
        outcome=outcome_of(0.9),
        log_tail=[],
        now=timezone.now(),
    )

    assert Run.objects.get().status == RunStatus.CANCELLED
    assert board(contest) == []


def test_a_score_is_written_once(contest):
    attempt = scored(contest, 0.9).attempts.get()

    with pytest.raises(IntegrityError, match="score_once"), transaction.atomic():
        Score.objects.create(attempt=attempt, metric="accuracy", value=1, low=1, high=1)


@pytest.mark.django_db(transaction=True)
def test_scores_that_come_at_once_all_find_their_place():
    contest = ContestFactory()
    attempts = [hand_in(enter(contest)).attempts.get() for _ in range(8)]
    held = [(attempt, lease_of(attempt)) for attempt in attempts]
    start = threading.Barrier(len(held))

    def record(number, attempt, lease):
        start.wait()
        record_outcome(
            lease,
            attempt=attempt,
            outcome=outcome_of(number / 10),
            log_tail=[],
            now=timezone.now(),
        )
        connection.close()

    workers = [
        threading.Thread(target=record, args=[number, attempt, lease])
        for number, (attempt, lease) in enumerate(held)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert board(contest) == [(8 - n, 8 - n, n / 10) for n in range(7, -1, -1)]
    assert boards.audit(contest.pk, at=timezone.now()) == 0


def test_a_right_board_passes_the_audit_untouched(contest):
    for value in (0.5, 0.7, 0.7):
        scored(contest, value)
    before = Contest.objects.get().board_version

    assert boards.audit(contest.pk, at=timezone.now()) == 0
    assert Contest.objects.get().board_version == before


@pytest.mark.parametrize(
    "damage",
    [
        {"score": 0.99, "merit": 0.99},
        {"place": 7},
        {"rank": 2, "rank_high": 2},
        {"name": "somebody else"},
        {"submission_count": 9},
        {"latency_ms_per_row": 1.0},
    ],
)
def test_a_damaged_board_is_mended_and_the_audit_says_so(contest, damage):
    scored(contest, 0.5)
    scored(contest, 0.7)
    right = board(contest)
    BoardRow.objects.filter(place=1).update(**damage)

    audit_boards()

    assert board(contest) == right
    assert AuditRecord.objects.get(act="mend_board").details == {"rows": 1}
    assert boards.audit(contest.pk, at=timezone.now()) == 0


def test_a_row_that_is_missing_or_too_many_is_mended(contest):
    scored(contest, 0.5)
    scored(contest, 0.7)
    BoardRow.objects.filter(place=1).delete()

    assert boards.audit(contest.pk, at=timezone.now()) == 1
    assert [row[0] for row in board(contest)] == [1, 2]

    Score.objects.filter(value=0.7).delete()
    assert boards.audit(contest.pk, at=timezone.now()) == 2
    assert board(contest) == [(1, 1, 0.5)]


@pytest.mark.parametrize("size", [1, 12])
def test_keeping_a_board_takes_as_many_queries_however_long(
    contest, size, django_assert_num_queries
):
    for number in range(size):
        scored(contest, number / 20)
    entrant = BoardRow.objects.first().entrant_id

    with transaction.atomic(), django_assert_num_queries(3):
        boards.keep(contest, entrants=[entrant], at=timezone.now())


def test_a_lease_is_needed_to_fail_a_run(contest):
    attempt = hand_in(enter(contest)).attempts.get()
    lease = lease_of(attempt)
    leases.release(lease, now=timezone.now())

    assert not leases.fail(
        lease, now=timezone.now(), failure=leases.Failure("x", "It failed.")
    )
