"""Whole submissions in this machine's sandbox, from file to outcome."""

import io
import json
import socket
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from tests.runner import models
from training.jobs import (
    MIB,
    CodeJob,
    Limits,
    OnnxJob,
    Outcome,
    PredictionsJob,
    RunStopped,
    Stage,
    SubmissionFailed,
    Target,
)
from training.leaderboards.ranks import matrix_of
from training.runner.execution import execute, inspect_model
from training.runner.sandbox.level import choose_sandbox
from training.runner.sandbox.spec import SandboxUnavailable

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


@pytest.fixture(scope="module")
def sandbox():
    try:
        return choose_sandbox()
    except SandboxUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture
def folder(tmp_path):
    lines = [f"{n},{a},{b}" for n, (a, b) in enumerate(zip(A, B, strict=True))]
    (tmp_path / "inputs.csv").write_text("\n".join(["id,a,b", *lines]))
    lines = [f"{n},{TARGET.classes[label]}" for n, label in enumerate(LABELS)]
    (tmp_path / "truth.csv").write_text("\n".join(["id,target", *lines]))
    return tmp_path


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


def test_predictions_a_model_and_code_that_say_the_same_score_the_same(folder, sandbox):
    outcomes = [
        execute(job, sandbox=sandbox)
        for job in (
            predictions_job(folder, predictions_text()),
            onnx_job(folder, models.softmax()),
            code_job(folder, HONEST),
        )
    ]

    expected = -np.log(softmaxed()[np.arange(40), LABELS]).mean()
    for outcome in outcomes:
        assert [one.name for one in outcome.metrics] == list(TARGET.metrics)
        assert outcome.metrics[0].value == pytest.approx(expected, abs=1e-3)
        assert outcome.metrics[1].value == pytest.approx(outcomes[0].metrics[1].value)
        assert outcome.row_count == 40
        assert sum(one.count for one in outcome.calibration) == 40
        assert outcome.usage.sandbox == sandbox.name
        assert outcome.usage.device == "CPU (1 thread)"
        assert outcome.usage.peak_memory_bytes > MIB
        assert 0 < outcome.usage.cpu_seconds < outcome.usage.wall_seconds + 5
        told = json.loads(json.dumps(outcome.as_json()))
        assert Outcome.from_json(told).metrics == outcome.metrics
    predictions, model, code = outcomes
    assert predictions.usage.load_ms is None
    assert model.usage.latency_ms_per_row > 0
    assert model.usage.rows_per_second > 0
    assert "all rows told" in code.log_tail
    losses = matrix_of([predictions.losses, model.losses])
    assert losses.shape == (2, 40)
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_the_same_predictions_have_the_same_fingerprint_however_written(
    folder, sandbox
):
    straight = "id,no,yes\n" + "".join(f"{n},0.25,0.75\n" for n in range(40))
    turned = "yes,id,no\r\n" + "".join(f"0.75,{n},0.25\r\n" for n in range(39, -1, -1))
    other = straight.replace("0,0.25,0.75", "0,0.75,0.25", 1)

    first, second, third = (
        execute(predictions_job(folder, text), sandbox=sandbox).predictions_sha256
        for text in (straight, turned, other)
    )

    assert first == second != third


def test_private_rows_are_scored_apart(folder, sandbox):
    lines = [
        f"{n},{TARGET.classes[label]},{'private' if n % 2 else 'public'}"
        for n, label in enumerate(LABELS)
    ]
    (folder / "truth.csv").write_text("\n".join(["id,target,part", *lines]))
    target = Target(("accuracy",), classes=TARGET.classes, split_column="part")
    is_private = np.arange(40) % 2 == 1
    is_right = softmaxed().argmax(axis=1) == LABELS

    outcome = execute(
        predictions_job(folder, predictions_text(), target=target), sandbox=sandbox
    )

    assert outcome.metrics[0].value == pytest.approx(is_right[~is_private].mean())
    assert outcome.private_metrics[0].value == pytest.approx(
        is_right[is_private].mean()
    )
    assert matrix_of([outcome.losses]).shape == (1, 20)
    assert matrix_of([outcome.private_losses]).shape == (1, 20)
    assert sum(one.count for one in outcome.calibration) == 20


def test_wrong_ids_fail_with_their_rows(folder, sandbox):
    text = predictions_text().replace("\n7,", "\n700,").replace("\n9,", "\n900,")

    failed = failure_of(predictions_job(folder, text), sandbox)

    lines = text.splitlines()
    wrong = sorted(n for n, line in enumerate(lines, 1) if line[:3] in {"700", "900"})
    assert failed.code == "unknown_ids"
    assert [row.row for row in failed.rows] == wrong
    assert failed.stage is Stage.READ


def test_a_bad_file_is_told_so_through_the_wall(folder, sandbox):
    failed = failure_of(predictions_job(folder, "id,no,yes\n1,x,1\n2,1\n"), sandbox)

    assert failed.code == "bad_rows"
    assert [(row.row, row.id) for row in failed.rows] == [(2, "1"), (3, "2")]


def test_a_file_may_be_too_large(folder, sandbox):
    limits = Limits(output_bytes=MIB)

    failed = failure_of(
        predictions_job(folder, "x" * (MIB + 1), limits=limits), sandbox
    )

    assert failed.code == "too_large"
    assert "1 MiB is the most" in failed.message


def test_a_truth_that_cannot_be_used_is_the_hosts_fault(folder, sandbox):
    (folder / "truth.csv").write_text("id,target\n1,perhaps\n")

    failed = failure_of(predictions_job(folder, predictions_text()), sandbox)

    assert failed.code == "unusable_truth"
    assert "tell its host" in failed.message


HOSTILE = """
import errno, os, socket, time
print("ENVIRONMENT", sorted(os.environ))
try:
    for _ in range({processes}):
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
    print("FORKED")
except OSError as error:
    print("FORK", errno.errorcode[error.errno])
    print(error)
try:
    with open(os.environ["TMPDIR"] + "/filler", "wb") as file:
        for _ in range({mebibytes}):
            file.write(b"x" * 2**20)
            file.flush()
    print("FILLED")
    os.remove(file.name)
except OSError as error:
    print("FILL", errno.errorcode[error.errno])
    print(error)
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=1)
    print("CONNECTED")
except OSError as error:
    print("CONNECT", errno.errorcode[error.errno])
    print(error)
"""


def test_hostile_code_meets_each_wall_and_is_told_so(folder, sandbox, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://of-the-worker")
    script = HOSTILE.format(processes=100, mebibytes=100, port=80)

    failed = failure_of(code_job(folder, script), sandbox)

    lines = [line.split(" ", 1) for line in failed.log_tail.splitlines()]
    met = {first: rest for first, *more in lines for rest in more}
    assert (met["FORK"], met["FILL"]) == ("EAGAIN", "ENOSPC")
    assert met["CONNECT"] in {"EPERM", "EACCES", "ENETUNREACH"}
    assert "INPUTS" in met["ENVIRONMENT"]
    assert "DATABASE_URL" not in met["ENVIRONMENT"]
    assert "more than 32 processes" in failed.message
    is_counted = (
        failed.code == "stopped_by_sandbox"
    )  # the kernel saw it, we say no more
    assert is_counted or (failed.code, failed.stage) == ("no_predictions", Stage.RUN)


def test_what_hostile_code_does_is_done_where_it_may_be(folder, sandbox):
    script = HOSTILE.format(processes=2, mebibytes=2, port=80) + HONEST

    outcome = execute(code_job(folder, script), sandbox=sandbox)

    assert outcome.row_count == 40
    assert "FORKED" in outcome.log_tail
    assert "FILLED" in outcome.log_tail
    assert "CONNECT E" in outcome.log_tail


def test_the_hostile_script_connects_where_no_wall_is(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = HOSTILE.format(processes=1, mebibytes=1, port=server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"TMPDIR": str(tmp_path), "DATABASE_URL": "postgres://of-the-worker"},
            capture_output=True,
            text=True,
            check=True,
        )

    assert {"FORKED", "FILLED", "CONNECTED"} <= set(done.stdout.splitlines())
    assert "DATABASE_URL" in done.stdout


@pytest.mark.parametrize(
    ("script", "code", "told"),
    [
        ("print('nothing')", "no_predictions", "OUTPUTS"),
        ("raise SystemExit(3)", "code_failed", "exit status 3"),
        ("1/0", "code_failed", "exit status 1"),
        ("import os; os.kill(os.getpid(), 9)", "code_failed", "signal 9"),
        (
            "x = bytearray(10**9)\nx[::4096] = x[::4096]",
            "stopped_by_sandbox",
            "256 MiB",
        ),
        ("import onnxruntime", "code_failed", "exit status 1"),
        (
            "import os; os.symlink('/etc/passwd', os.environ['OUTPUTS'])",
            "no_predictions",
            "wrote no predictions",
        ),
        (
            "import os; open(os.environ['OUTPUTS'], 'w').write('id,no,yes\\n0,1,x\\n')",
            "bad_rows",
            "row 2",
        ),
    ],
)
def test_code_that_does_not_predict_is_told_why(folder, sandbox, script, code, told):
    failed = failure_of(code_job(folder, script), sandbox)

    assert failed.code == code, failed.log_tail
    assert told in failed.message


def test_code_may_bring_modules_and_use_numpy(folder, sandbox):
    script = "import helper"
    helper = HONEST.replace("import csv, os", "import csv, os, numpy")

    outcome = execute(code_job(folder, script, helper=helper), sandbox=sandbox)

    assert outcome.row_count == 40


def test_an_archive_without_the_script_is_told_so(folder, sandbox):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", HONEST)
    path = write(folder, "code.zip", packed.getvalue())
    job = CodeJob(path, folder / "inputs.csv", folder / "truth.csv", TARGET, LIMITS)

    failed = failure_of(job, sandbox)

    assert failed.code == "no_script"
    assert failed.stage is Stage.UNPACK


def test_a_folder_in_the_archive_may_hold_the_script(folder, sandbox):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mine/predict.py", HONEST)
        archive.writestr("__MACOSX/mine/._predict.py", "junk")
    path = write(folder, "code.zip", packed.getvalue())
    job = CodeJob(path, folder / "inputs.csv", folder / "truth.csv", TARGET, LIMITS)

    assert execute(job, sandbox=sandbox).row_count == 40


def test_an_unsafe_archive_is_refused_by_entry(folder, sandbox):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", HONEST)
        archive.writestr("../../evil", "x")
    path = write(folder, "code.zip", packed.getvalue())
    job = CodeJob(path, folder / "inputs.csv", folder / "truth.csv", TARGET, LIMITS)

    failed = failure_of(job, sandbox)

    assert failed.code == "unsafe_archive"
    assert "../../evil" in failed.message


def test_hidden_answers_are_nowhere_within(folder, sandbox):
    script = f"""
import os
found = []
for root in ("/", {str(folder)!r}):
    for at, folders, files in os.walk(root):
        folders[:] = [one for one in folders if at != "/" or one not in ("usr", "proc")]
        found += [os.path.join(at, one) for one in files if "truth" in one]
print("FOUND", found, any("truth" in os.readlink(f"/proc/self/fd/{{fd}}")
      for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{{fd}}")))
"""

    failed = failure_of(code_job(folder, script), sandbox)

    assert "FOUND [] False" in failed.log_tail


def test_an_endless_model_is_stopped(folder, sandbox):
    limits = Limits(memory_bytes=256 * MIB, cpu_seconds=3, wall_seconds=20.0)

    failed = failure_of(onnx_job(folder, models.endless(), limits=limits), sandbox)

    assert failed.code == "stopped_by_sandbox"
    assert "3 seconds of processor time" in failed.message
    assert len(models.endless()) < 500


def test_a_model_that_asks_for_a_tebibyte_is_told_so(folder, sandbox):
    failed = failure_of(onnx_job(folder, models.giant()), sandbox)

    assert failed.code in {"out_of_memory", "stopped_by_sandbox"}
    assert "memory" in failed.message


def test_the_caller_can_stop_a_run(folder, sandbox):
    job = code_job(folder, "import time; print('begun', flush=True); time.sleep(60)")
    heard = []

    with pytest.raises(RunStopped):
        execute(job, sandbox=sandbox, stop=lambda: bool(heard), on_log=heard.append)

    assert heard == ["begun\n"]


def test_a_model_is_inspected_within_the_walls(folder, sandbox):
    path = write(folder, "model.onnx", models.softmax())

    facts = inspect_model(path, sandbox=sandbox)

    assert facts.node_count == 2
    assert facts.opsets == {"ai.onnx": 18, "ai.onnx.ml": 3}
    assert facts.inputs[0].shape == ("n", 2)
    assert facts.size_bytes == path.stat().st_size


def test_what_is_no_model_is_refused_at_upload(folder, sandbox):
    path = write(folder, "model.onnx", models.external_data("/etc/passwd"))

    with pytest.raises(SubmissionFailed) as refused:
        inspect_model(path, sandbox=sandbox)

    assert refused.value.code == "external_data"
    assert refused.value.stage is Stage.LOAD
