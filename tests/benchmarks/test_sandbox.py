"""What the sandbox costs: a job behind each wall, against the same program bare."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest

from training.jobs import Limits, PredictionsJob, Target
from training.runner.execution import execute
from training.runner.inside.boot import HELLO
from training.runner.sandbox.beside import LandlockWall, landlock_version
from training.runner.sandbox.bwrap import BwrapWall
from training.runner.sandbox.level import choose_sandbox
from training.runner.sandbox.runtime import INSIDE
from training.runner.sandbox.spec import JobSpec, Status

pytestmark = pytest.mark.benchmark
REPETITIONS = 25
MOST_MS = 60.0
ROWS = 1_000_000
WALLS = {
    BwrapWall: BwrapWall.program() is not None,
    LandlockWall: landlock_version() >= 6,
}


def bare(arguments, scratch):
    """Run the program as boot does, in a child process and nothing more."""
    read_fd, write_fd = os.pipe()
    plan = {
        "program": "probe",
        "inputs": {},
        "arguments": arguments,
        "result_fd": write_fd,
        "site": str(INSIDE.parents[2]),
        "scratch": scratch,
        "processes": None,
    }
    command = [sys.executable, "-I", "-S", "-B", str(INSIDE / "boot.py")]
    subprocess.run([*command, json.dumps(plan)], pass_fds=[write_fd], check=True)
    os.close(write_fd)
    with open(read_fd, "rb") as answer:  # noqa: PTH123  an fd
        assert answer.read().startswith(HELLO)


@pytest.mark.parametrize("kind", WALLS, ids=lambda kind: kind.__name__)
def test_a_wall_costs_less_than_sixty_milliseconds(kind):
    if not WALLS[kind]:
        pytest.skip("not on this machine")
    wall = kind()
    bare_ms, walled_ms = [], []
    with tempfile.TemporaryDirectory() as scratch:
        arguments = {
            "secret": f"{scratch}/none",
            "worker": os.getpid(),
            "allocate_bytes": 0,
        }
        spec = JobSpec("probe", Limits(), arguments=arguments)
        for _ in range(REPETITIONS):  # in turn, so that both meet the same machine
            begun = time.perf_counter()
            bare(arguments, scratch)
            between = time.perf_counter()
            assert wall.run(spec).status is Status.OK
            bare_ms.append((between - begun) * 1000)
            walled_ms.append((time.perf_counter() - between) * 1000)

    plain, walled = statistics.median(bare_ms), statistics.median(walled_ms)
    print(
        f"\n{wall.name}: {walled:.1f} ms against {plain:.1f} ms bare: "
        f"{walled - plain:+.1f} ms, {walled / plain:.2f} times "
        f"(best {min(walled_ms):.1f} against {min(bare_ms):.1f})"
    )
    assert walled - plain < MOST_MS


def test_a_million_shuffled_rows_are_read_matched_and_scored_in_seconds(tmp_path):
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, ROWS)
    positive = np.clip(generator.normal(0.3 + 0.4 * labels, 0.2), 0.001, 0.999)
    truth, predictions = tmp_path / "truth.csv", tmp_path / "predictions.csv"
    names = ("no", "yes")
    lines = [f"{n},{names[label]}" for n, label in enumerate(labels.tolist())]
    truth.write_text("\n".join(["id,target", *lines]))
    order = generator.permutation(ROWS).tolist()
    rows = [f"{n},{positive[n]:.6f}" for n in order]
    predictions.write_text("\n".join(["id,probability", *rows]))
    metrics = ("log_loss", "auc", "accuracy", "brier", "ece", "macro_f1")
    job = PredictionsJob(predictions, truth, Target(metrics, classes=names))

    begun = time.perf_counter()
    outcome = execute(job, sandbox=choose_sandbox(allow_unsandboxed=True))
    seconds = time.perf_counter() - begun

    print(
        f"\n{ROWS:,} shuffled rows, {len(metrics)} metrics: {seconds:.2f} s, of which "
        f"{outcome.usage.wall_seconds:.2f} s in the sandbox "
        f"({outcome.usage.peak_memory_bytes / 2**20:.0f} MiB)"
    )
    assert outcome.row_count == ROWS
    assert seconds < 30
