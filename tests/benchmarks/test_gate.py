"""The licence gate of a work with a thousand ancestors, against reading their rows."""

import time

import pytest
from django.db import connection

from licensing.lineage import EDGES, judge
from licensing.terms import Outlet, Stance
from tests.factories.licensing import descendants

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
ANCESTORS, ROUNDS = 1000, 7
MOST_SECONDS = 0.050  # of CPU
OUT = Outlet("CC-BY-4.0")


def seconds_of(act):
    """Return the least CPU seconds of this process that a call took."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        act()
        rounds.append(time.process_time() - start)
    return min(rounds)


def test_a_thousand_ancestors_are_judged_in_five_queries_and_fifty_milliseconds(
    django_assert_max_num_queries,
):
    work = descendants(ANCESTORS, licence_id="CC-BY-4.0")[-1]

    def read():
        with connection.cursor() as cursor:
            cursor.execute(EDGES, [work.pk])
            return cursor.fetchall()

    floor = seconds_of(read)
    gate = seconds_of(lambda: judge(work, out=OUT))
    with django_assert_max_num_queries(5) as asked:
        assert judge(work, out=OUT).stance is Stance.OBLIGATIONS

    print(
        f"\ngate of {ANCESTORS} ancestors: {gate * 1e3:.1f} ms of CPU, {len(asked)} "
        f"queries, {gate / floor:.1f} × reading {len(read())} edges"
    )
    assert gate < MOST_SECONDS
