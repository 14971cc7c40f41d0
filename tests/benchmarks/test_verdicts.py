"""A verdict of the licence engine, against building as many verdicts with no rules."""

import pytest

from licensing import terms
from licensing.cases import Case, ask
from licensing.terms import Outlet, Reason, Stance, Verdict
from tests.benchmarks.measuring import cpu_seconds_of

pytestmark = pytest.mark.benchmark
TIMES = 5_000
MOST_SECONDS = 50e-6
OUT = Outlet("CC-BY-SA-4.0")
CASE = Case("adapt", ("CC-BY-SA-4.0",), "CC-BY-SA-4.0")


def made():
    duties = frozenset(("attribution", "indicate-changes", "share-alike"))
    reason = Reason("CC-BY-SA-4.0", "s.3(b)", f"owed: {', '.join(sorted(duties))}")
    return Verdict(Stance.OBLIGATIONS, duties, frozenset({reason}))


def test_a_verdict_on_one_input_takes_less_than_50_microseconds():
    floor = cpu_seconds_of(made, times=TIMES)
    engine = cpu_seconds_of(lambda: terms.adapt(["CC-BY-SA-4.0"], out=OUT), times=TIMES)
    asked = cpu_seconds_of(lambda: ask(CASE), times=TIMES)

    print(
        f"\nverdict on one input: {engine * 1e6:.1f} µs, {engine / floor:.1f} × making "
        f"one without rules ({floor * 1e6:.1f} µs); as a case of text: "
        f"{asked * 1e6:.1f} µs, {asked / floor:.1f} ×"
    )
    assert engine < MOST_SECONDS
