"""A built-in metric on a million shuffled rows, beside polars and NumPy alone.

Both read the two files, match rows by id and compute the mean surprise. Ours also parses in
a process of its own behind a wall, refuses what does not fit, gives an interval and a
reliability diagram, and keeps each row's loss. Compared is CPU time, which other work on
the machine disturbs least, that behind the wall included. The aim is twice.
"""

import time

import numpy as np
import polars as pl
import pytest

from training.jobs import Limits, PredictionsJob, Target
from training.runner.execution import execute
from training.runner.sandbox.level import choose_sandbox

pytestmark = pytest.mark.benchmark
ROWS = 1_000_000
ROUNDS = 3
MOST_TIMES_BARE = 4  # 2.4 to 2.7 seen on two busy cores, 2.5 to 3.0 before


@pytest.fixture
def files(tmp_path):
    """Write a truth and shuffled predictions of it, about right."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, ROWS)
    told = np.clip(generator.normal(0.3 + 0.4 * truth, 0.2), 0.001, 0.999)
    order = generator.permutation(ROWS)
    pl.DataFrame({"id": np.arange(ROWS), "target": truth}).write_csv(
        tmp_path / "truth.csv"
    )
    shuffled = pl.DataFrame({"id": order, "probability": told[order]})
    shuffled.write_csv(tmp_path / "told.csv", float_precision=6)
    return tmp_path / "told.csv", tmp_path / "truth.csv"


def bare(told, truth):
    rows = pl.read_csv(truth).join(pl.read_csv(told), on="id", maintain_order="left")
    is_one, chance = rows["target"].to_numpy() == 1, rows["probability"].to_numpy()
    return float(-np.log(np.where(is_one, chance, 1 - chance)).mean())


def test_a_million_shuffled_rows_are_scored(files):
    job = PredictionsJob(*files, Target(("log_loss",), classes=("0", "1")), Limits())
    sandbox = choose_sandbox(allow_unsandboxed=True)
    floors, ours = [], []
    for _ in range(ROUNDS):
        begun = time.process_time()
        expected = bare(*files)
        floors.append(time.process_time() - begun)
        begun = time.process_time()
        outcome = execute(job, sandbox=sandbox)
        ours.append(time.process_time() - begun + outcome.usage.cpu_seconds)
        assert outcome.metrics[0].value == pytest.approx(expected, rel=1e-9)

    ratio = min(ours) / min(floors)
    print(
        f"\n{ROWS:,} rows: {min(ours):.2f} s of CPU, polars and NumPy alone "
        f"{min(floors):.2f} s ({ratio:.1f}x)"
    )
    assert ratio < MOST_TIMES_BARE
