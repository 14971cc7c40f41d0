"""The next run out of ten thousand: found by an index, beside a bare indexed claim."""

import statistics
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.factories.accounts import UserFactory
from training.runs.dispatch import next_in_turn
from training.runs.leases import claim
from training.runs.models import IN_TURN, Lane, Run, RunStatus
from training.runs.queries import place_of
from training.runs.turns import claim_next

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
RUNS, LANES, CLAIMANTS = 10_000, 20, 40
ROUNDS = 60
TERM = timedelta(hours=1)
MOST_TIMES_BARE = 4


@pytest.fixture
def crowd():
    """Ten thousand queued runs, half of them in one lane of twenty."""
    now = timezone.now() - timedelta(hours=1)
    owner = UserFactory()
    lanes = Lane.objects.bulk_create(Lane(name=f"contest:{n}") for n in range(LANES))
    Run.objects.bulk_create(
        (
            Run(
                owner=owner,
                task="contests.evaluate",
                queue="runs",
                lane=lanes[0] if n % 2 else lanes[n // 2 % LANES],
                claimant=f"entrant:{n % CLAIMANTS}",
                turn=n // CLAIMANTS,
                queued_at=now + timedelta(milliseconds=n),
                due_at=now,
            )
            for n in range(RUNS)
        ),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return lanes


def median_ms(act) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def bare():
    """Claim the first run of one lane by its index, and look at nothing else."""
    queued = Run.objects.queued().filter(lane="contest:0").order_by(*IN_TURN)
    now = timezone.now()
    with transaction.atomic():
        run_id = queued.select_for_update(skip_locked=True).values_list("pk")[0][0]
        assert claim(run_id, worker="w", now=now, term=TERM)


def test_the_next_of_ten_thousand_is_found_by_an_index(crowd):
    run = Run.objects.queued().order_by("-turn").first()
    first = Run.objects.queued().filter(lane=crowd[0]).order_by(*IN_TURN)[:1]
    plan = first.explain()
    floor = median_ms(bare)
    Run.objects.filter(status=RunStatus.RUNNING).update(
        status=RunStatus.CANCELLED,
        cancel_requested_at=timezone.now(),
        finished_at=timezone.now(),
        lease_token=None,
        lease_until=None,
    )

    def fair():
        lease = claim_next(
            Lane.objects.all(),
            queues=["runs"],
            worker="w",
            now=timezone.now(),
            term=TERM,
        )
        assert lease is not None

    claimed = median_ms(fair)
    chosen = median_ms(lambda: next_in_turn(timezone.now(), limit=4))
    placed = median_ms(lambda: place_of(run, now=timezone.now()))

    print(f"\n{RUNS:,} queued in {LANES} lanes: {plan.splitlines()[1].strip()}")
    print(f"  bare indexed claim {floor:.2f} ms; fair {claimed:.2f} ms", end=" ")
    print(f"({claimed / floor:.1f}x)")
    print(f"  next 4 for the broker {chosen:.2f} ms; a place {placed:.2f} ms")
    assert "runs_run_turn" in plan
    assert claimed < MOST_TIMES_BARE * floor
