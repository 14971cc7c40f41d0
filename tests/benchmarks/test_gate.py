"""The licence gate of a work with a thousand ancestors, against reading their rows."""

import pytest
from django.db import connection

from licensing.lineage import EDGES, judge
from licensing.terms import Outlet, Stance
from tests.benchmarks.measuring import cpu_seconds_of
from tests.factories.licensing import descendants

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
ANCESTORS = 1000
MOST_SECONDS = 0.050  # of CPU
OUT = Outlet("CC-BY-4.0")


def test_a_thousand_ancestors_are_judged_in_five_queries_and_fifty_milliseconds(
    django_assert_max_num_queries,
):
    work = descendants(ANCESTORS, licence_id="CC-BY-4.0")[-1]

    def read():
        alone = {"work": work.pk, "starts": [work.pk], "sources": [], "relations": []}
        with connection.cursor() as cursor:
            cursor.execute(EDGES, alone)
            return cursor.fetchall()

    floor = cpu_seconds_of(read)
    gate = cpu_seconds_of(lambda: judge(work, out=OUT))
    with django_assert_max_num_queries(5) as asked:
        assert judge(work, out=OUT).stance is Stance.OBLIGATIONS

    print(
        f"\ngate of {ANCESTORS} ancestors: {gate * 1e3:.1f} ms of CPU, {len(asked)} "
        f"queries, {gate / floor:.1f} × reading {len(read())} edges"
    )
    assert gate < MOST_SECONDS
