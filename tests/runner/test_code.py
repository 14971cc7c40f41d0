"""Submitted code in this machine's sandbox: what it may do, and what it is told."""

import io
import socket
import subprocess
import sys
import zipfile

import pytest

from tests.runner.handed_in import (
    HONEST,
    LIMITS,
    TARGET,
    code_job,
    failure_of,
    write,
)
from training.jobs import (
    CodeJob,
    RunStopped,
    Stage,
)
from training.runner.execution import execute

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


def test_the_caller_can_stop_a_run(folder, sandbox):
    job = code_job(folder, "import time; print('begun', flush=True); time.sleep(60)")
    heard = []

    with pytest.raises(RunStopped):
        execute(job, sandbox=sandbox, stop=lambda: bool(heard), on_log=heard.append)

    assert heard == ["begun\n"]
