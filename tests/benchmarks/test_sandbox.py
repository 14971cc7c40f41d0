"""What the sandbox costs: a job behind each wall, against the same program bare."""

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.resnet import resnet18
from training.jobs import MIB, Limits, PredictionsJob, Target
from training.runner.execution import execute
from training.runner.failures import ANSWERED, BEGUN
from training.runner.inside.boot import HELLO
from training.runner.sandbox.beside import LandlockWall, landlock_version
from training.runner.sandbox.bwrap import BwrapWall
from training.runner.sandbox.level import choose_sandbox
from training.runner.sandbox.runtime import INSIDE, PLACE_OF_INSIDE
from training.runner.sandbox.spec import JobSpec, Status

pytestmark = pytest.mark.benchmark
REPETITIONS = 50
MOST_MS = 30.0
LEAST_SPEED = 0.95  # of a model within, against the same without
ROUNDS = 5
ROWS = 1_000_000
WALLS = {
    BwrapWall: BwrapWall.program() is not None,
    LandlockWall: landlock_version() >= 6,
}


def bare(arguments, scratch):
    """Run the program as boot does, in a child process and nothing more."""
    inside = Path(scratch, PLACE_OF_INSIDE)
    if not inside.exists():
        inside.parent.mkdir(parents=True)
        inside.symlink_to(INSIDE)
    read_fd, write_fd = os.pipe()
    plan = {
        "program": "probe",
        "inputs": {},
        "arguments": arguments,
        "result_fd": write_fd,
        "memory": None,
        "site": f"{scratch}/site",
        "scratch": scratch,
        "processes": None,
    }
    command = [sys.executable, "-I", "-S", "-B", str(INSIDE / "boot.py")]
    subprocess.run([*command, json.dumps(plan)], pass_fds=[write_fd], check=True)
    os.close(write_fd)
    with open(read_fd, "rb") as answer:  # noqa: PTH123  an fd
        assert answer.read().startswith(HELLO)


def processor_seconds():
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(one) for one in whose]
    return sum(one.ru_utime + one.ru_stime for one in used)


def cost(call):
    """Return the milliseconds that pass, and those of processor time, ours and below."""
    begun, cpu = time.perf_counter(), processor_seconds()
    call()
    passed = time.perf_counter() - begun
    return passed * 1000, (processor_seconds() - cpu) * 1000


@pytest.mark.parametrize("kind", WALLS, ids=lambda kind: kind.__name__)
def test_a_wall_costs_at_most_thirty_milliseconds(kind):
    """Judge by the least processor time: the rest is other processes', too."""
    if not WALLS[kind]:
        pytest.skip("not on this machine")
    wall = kind()
    with tempfile.TemporaryDirectory() as scratch:
        arguments = {
            "secret": f"{scratch}/none",
            "worker": os.getpid(),
            "environment_sha256": "",
            "listener": ["127.0.0.1", 9],
            "has_own_files": False,
            "allocate_bytes": 0,
        }
        spec = JobSpec("probe", Limits(), arguments=arguments)
        assert wall.run(spec).status is Status.OK
        costs = [  # in turn, so that both meet the same machine
            (cost(partial(bare, arguments, scratch)), cost(partial(wall.run, spec)))
            for _ in range(REPETITIONS)
        ]

    for place, name in enumerate(("on the clock", "of processor time")):
        plain = statistics.median(one[0][place] for one in costs)
        walled = statistics.median(one[1][place] for one in costs)
        print(
            f"\n{wall.name}: {walled:.1f} ms {name} against {plain:.1f} ms bare: "
            f"{walled - plain:+.1f} ms, {walled / plain:.2f} times (medians of "
            f"{REPETITIONS})"
        )
    least = min(one[1][1] for one in costs) - min(one[0][1] for one in costs)
    print(f"the least of {REPETITIONS}: {least:+.1f} ms of processor time")
    assert least <= MOST_MS


PREDICTING = """
import os, sys, time
import numpy as np
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("model.onnx", options)
images = np.zeros((2, 3, 224, 224), dtype=np.float32)
session.run(None, {"images": images})
spent = []
for _ in range(20):
    begun = time.process_time()
    session.run(None, {"images": images})
    spent.append(time.process_time() - begun)
open(os.environ["OUTPUTS"], "w").write(repr(min(spent)))
"""


def test_a_model_computes_behind_a_wall_as_fast_as_without(tmp_path):
    model = resnet18()
    (tmp_path / "model.onnx").write_bytes(model)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", PREDICTING)
        archive.writestr("model.onnx", model)
    spec = JobSpec(
        "run_code",
        Limits(),
        inputs={"archive": packed.getvalue(), "inputs": b"id\n1\n"},
        arguments={"unpacked_bytes": 100 * MIB, "output_bytes": MIB},
        packages=("numpy", "onnxruntime"),
    )
    wall = choose_sandbox()
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = {**os.environ, **threads, "OUTPUTS": str(tmp_path / "spent")}
    command = [sys.executable, "-c", PREDICTING]
    without, within = [], []
    for _ in range(ROUNDS):  # in turn, likewise
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
        without.append(float((tmp_path / "spent").read_text()))
        result = wall.run(spec)
        assert result.output.startswith(BEGUN + ANSWERED), result.log_tail
        within.append(float(result.output.removeprefix(BEGUN + ANSWERED)))

    speed = min(without) / min(within)
    print(
        f"\nResNet-18, two images: {min(within) * 1000:.0f} ms of processor time in "
        f"{wall.name} against {min(without) * 1000:.0f} ms bare: {speed:.3f} of its speed"
    )
    assert speed >= LEAST_SPEED


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
