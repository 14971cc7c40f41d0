"""A board of ten thousand entrants: read by its index, at any depth, not worked out."""

import statistics
import time
import uuid
from copy import copy

import pytest
from django.db import connection

from marketplace.accounts.models import User
from marketplace.kit.keyset import Order, page_of
from tests.factories.training import ContestFactory, scored
from training.contests import boards
from training.contests.models import Attempt, BoardRow, Entrant, Score, Submission
from training.contests.queries import board_of
from training.runs.models import Run

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
ENTRANTS = 10_000
ROUNDS = 40
PLACES = Order(("place", "id"))


def cloned(row, **changes):
    made = copy(row)
    made._state = copy(row._state)
    made.pk = uuid.uuid4() if isinstance(row.pk, uuid.UUID) else None
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def many(model, rows):
    return model.objects.bulk_create(rows, batch_size=2000)


@pytest.fixture
def contest():
    """One scored entrant by the services; the others are copies with scores of theirs."""
    contest = ContestFactory()
    first = scored(contest, 0.5)
    kept = BoardRow.objects.get(contest=contest)
    attempt = first.attempts.get()
    score = attempt.scores.get(metric=contest.metric)
    numbers = range(1, ENTRANTS)
    users = many(
        User,
        (
            cloned(first.entrant.user, username=f"u{n}", email=f"u{n}@example.org")
            for n in numbers
        ),
    )
    entrants = many(
        Entrant, (cloned(first.entrant, user=u, name=u.username) for u in users)
    )
    submissions = many(Submission, (cloned(first, entrant=e) for e in entrants))
    runs = many(Run, (cloned(attempt.run, owner=u) for u in users))
    attempts = many(
        Attempt,
        (
            cloned(attempt, submission=s, run=r)
            for s, r in zip(submissions, runs, strict=True)
        ),
    )
    values = [0.5 + n / ENTRANTS / 2 for n in numbers]
    many(
        Score,
        (
            cloned(score, attempt=a, value=v, low=v - 0.01, high=v + 0.01)
            for a, v in zip(attempts, values, strict=True)
        ),
    )
    many(
        BoardRow,
        (
            cloned(kept, entrant=e, submission=s, attempt=a, name=e.name, place=n + 1)
            for n, e, s, a in zip(numbers, entrants, submissions, attempts, strict=True)
        ),
    )
    boards.audit(contest.pk, at=kept.updated_at)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return contest


def median_ms(act) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def test_a_page_of_the_board_is_one_indexed_read(contest):
    board = board_of(contest).values("place", "rank", "name", "score", "id")
    deep = page_of(board.filter(place__gte=ENTRANTS // 2), order=PLACES, size=1)
    plan = board.order_by(*PLACES.clauses())[:50].explain()

    def floor():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()

    least = median_ms(floor)
    first = median_ms(lambda: page_of(board, order=PLACES, size=50))
    later = median_ms(
        lambda: page_of(board, order=PLACES, size=50, cursor=deep.next_cursor)
    )
    begun = time.perf_counter()
    exact = boards.standings(contest)
    worked_out = 1000 * (time.perf_counter() - begun)

    print(f"\nboard of {board.count():,}: {plan.splitlines()[1].strip()}")
    print(f"  SELECT 1 {least:.2f} ms; first 50 {first:.2f} ms ({first / least:.1f}x)")
    print(f"  50 from place {ENTRANTS // 2:,}: {later:.2f} ms ({later / first:.2f}x)")
    print(f"  worked out from {len(exact):,} scores: {worked_out:.0f} ms", end=" ")
    print(f"({worked_out / first:.0f}x)")
    assert "contests_boardrow_order" in plan
    assert later < 3 * first
    assert worked_out > 3 * first
