"""Candidates that are tried at once, together in one run, and within one budget."""

import pytest

from tests.studio.tables import csv_of, people
from training.jobs import MIB, Limits, SubmissionFailed
from training.learning import Candidate, LearningPlan, Modality
from training.runner import cores
from training.runner.sandbox.level import choose_sandbox
from training.runner.studio import fitting
from training.runner.studio.choosing import SEARCHED, drawn_candidate
from training.runner.studio.facts import Fitted
from training.runner.studio.preparing import prepare
from training.studio.bench import hands_of

LIMITS = Limits(memory_bytes=2048 * MIB, cpu_seconds=60, wall_seconds=90.0)
PLAN = LearningPlan("bought", has_classes=True, seed=3)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    table = tmp_path_factory.mktemp("race") / "table.csv"
    table.write_bytes(csv_of(people()))
    ready = prepare(table, form="csv", plan=PLAN, sandbox=choose_sandbox())
    table.with_name("learning").write_bytes(ready.learning)
    return ready, table.with_name("learning")


def fitted(prepared, candidates):
    ready, learning = prepared
    return fitting.fit_several(
        learning,
        candidates,
        plan=PLAN,
        facts=ready.facts,
        limits=LIMITS,
        sandbox=choose_sandbox(),
    )


def test_a_run_fits_several_and_one_that_cannot_spoils_no_other(prepared, monkeypatch):
    wrong = Candidate("kernel", 1, (("C", -1.0),))
    drawn = [
        drawn_candidate(1, number, facts=prepared[0].facts)
        for number in range(len(SEARCHED[Modality.TABLE]))
    ]
    asked = [Candidate("baseline", 1), wrong, *drawn, Candidate("lightgbm", 1)]
    monkeypatch.setattr(fitting, "ENOUGH_SECONDS", 60.0)
    found = fitted(prepared, asked)

    assert isinstance(found[1], SubmissionFailed)
    assert "cannot learn from these rows" in found[1].message
    others = [one for one in found if isinstance(one, Fitted)]
    assert [one.learner for one in drawn] == list(SEARCHED[Modality.TABLE])
    assert len(others) == len(asked) - 1
    assert all(one.losses.mean() < others[0].losses.mean() for one in others[1:])
    assert others[-1].size_bytes > 10_000  # of LightGBM's own, which is no array

    monkeypatch.setattr(fitting, "ENOUGH_SECONDS", 0.0)
    assert len(fitted(prepared, [Candidate("baseline", 1), *drawn])) == 1


def test_a_step_has_its_share_of_the_cores_that_a_quota_leaves(tmp_path, monkeypatch):
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(cores, "V2", quota)
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: set(range(16)))

    quota.write_text("max 100000\n")
    assert [hands_of(each) for each in (1, 2, 8, 32)] == [4, 4, 2, 1]
    quota.write_text("650000 100000\n")
    assert [hands_of(each) for each in (1, 2, 8)] == [4, 3, 1]
    quota.write_text("50000 100000\n")
    assert cores.cores_given() == 1
