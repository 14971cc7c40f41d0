"""A verdict of the licence engine, against building as many verdicts with no rules."""

import time

import pytest

from licensing import terms
from licensing.cases import Case, ask
from licensing.terms import Outlet, Reason, Stance, Verdict

pytestmark = pytest.mark.benchmark
ROUNDS, TIMES = 7, 5_000
MOST_SECONDS = 50e-6
OUT = Outlet("CC-BY-SA-4.0")
CASE = Case("adapt", ("CC-BY-SA-4.0",), "CC-BY-SA-4.0")


def made():
    duties = frozenset(("attribution", "indicate-changes", "share-alike"))
    reason = Reason("CC-BY-SA-4.0", "s.3(b)", f"owed: {', '.join(sorted(duties))}")
    return Verdict(Stance.OBLIGATIONS, duties, frozenset({reason}))


def seconds_of(act):
    """Return the least seconds a call took, over rounds, which noise cannot lower."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(TIMES):
            act()
        rounds.append((time.process_time() - start) / TIMES)
    return min(rounds)


def test_a_verdict_on_one_input_takes_less_than_50_microseconds():
    floor = seconds_of(made)
    engine = seconds_of(lambda: terms.adapt(["CC-BY-SA-4.0"], out=OUT))
    asked = seconds_of(lambda: ask(CASE))

    print(
        f"\nverdict on one input: {engine * 1e6:.1f} µs, {engine / floor:.1f} × making "
        f"one without rules ({floor * 1e6:.1f} µs); as a case of text: "
        f"{asked * 1e6:.1f} µs, {asked / floor:.1f} ×"
    )
    assert engine < MOST_SECONDS
