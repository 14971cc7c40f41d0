"""Submissions of every kind to one small contest, with what a job of each needs."""

import io
import zipfile

import numpy as np
import pytest

from training.jobs import (
    MIB,
    CodeJob,
    Limits,
    OnnxJob,
    PredictionsJob,
    SubmissionFailed,
    Target,
)
from training.runner.execution import execute

LIMITS = Limits(
    memory_bytes=256 * MIB, cpu_seconds=20, wall_seconds=60.0, scratch_bytes=32 * MIB
)
TARGET = Target(("log_loss", "auc", "accuracy"), classes=("no", "yes"))
GENERATOR = np.random.default_rng(4)
A, B = GENERATOR.normal(size=(2, 40))
LABELS = (A + GENERATOR.normal(size=40) < B).astype(int)
HONEST = """
import csv, os
with open(os.environ["INPUTS"]) as inputs, open(os.environ["OUTPUTS"], "w") as out:
    print("id,probability", file=out)
    for row in csv.DictReader(inputs):
        print(row["id"], 1 / (1 + 2.718 ** (float(row["a"]) - float(row["b"]))),
              sep=",", file=out)
print("all rows told")
"""


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def code_job(folder, script, *, limits=LIMITS, **files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", script)
        for name, content in files.items():
            archive.writestr(f"{name}.py", content)
    path = write(folder, "code.zip", packed.getvalue())
    return CodeJob(path, folder / "inputs.csv", folder / "truth.csv", TARGET, limits)


def onnx_job(folder, model, *, limits=LIMITS):
    path = write(folder, "model.onnx", model)
    return OnnxJob(path, folder / "inputs.csv", folder / "truth.csv", TARGET, limits)


def predictions_job(folder, text, *, target=TARGET, limits=LIMITS):
    path = write(folder, "predictions.csv", text)
    return PredictionsJob(path, folder / "truth.csv", target, limits)


def failure_of(job, sandbox, **named):
    with pytest.raises(SubmissionFailed) as failed:
        execute(job, sandbox=sandbox, **named)
    return failed.value


def softmaxed():
    odds = np.exp(np.column_stack([A, B]))
    return odds / odds.sum(axis=1, keepdims=True)


def predictions_text():
    order = np.random.default_rng(0).permutation(40)
    rows = softmaxed()
    return "id,no,yes\n" + "".join(f"{n},{rows[n, 0]},{rows[n, 1]}\n" for n in order)
