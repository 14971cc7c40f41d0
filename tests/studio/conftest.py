"""What trying ways to learn takes: walls, limits, and the steps as one call each."""

import polars as pl
import pytest

from tests.studio.tables import csv_of
from training.jobs import MIB, Limits
from training.learning import Candidate, LearningPlan
from training.runner.sandbox.level import choose_sandbox
from training.runner.studio.fitting import fit
from training.runner.studio.preparing import prepare


@pytest.fixture(scope="session")
def limits():
    return Limits(memory_bytes=2048 * MIB, cpu_seconds=60, wall_seconds=90.0)


@pytest.fixture(scope="session")
def sandbox():
    return choose_sandbox()


@pytest.fixture
def prepared(tmp_path, sandbox):
    def done(frame: pl.DataFrame | bytes, plan: LearningPlan):
        table = tmp_path / "table.csv"
        table.write_bytes(frame if isinstance(frame, bytes) else csv_of(frame))
        return prepare(table, form="csv", plan=plan, sandbox=sandbox)

    return done


@pytest.fixture
def fitted(sandbox, limits):
    def done(ready, plan, learners):
        candidates = {name: Candidate(name, 1) for name in learners}
        return {
            name: fit(
                ready.learning,
                one,
                plan=plan,
                facts=ready.facts,
                limits=limits,
                sandbox=sandbox,
            )
            for name, one in candidates.items()
        }

    return done
