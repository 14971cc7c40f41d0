"""Submitted code that writes what only our programs write: nothing of it is believed."""

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runner.handed_in import (
    HONEST,
    code_job,
    failure_of,
)
from training.contests.charges import PLATFORM_FAULTS
from training.jobs import Limits, Stage
from training.runner.execution import execute
from training.runner.failures import BEGUN, NEVER_WITHIN
from training.runner.failures import failure_of as told_of
from training.runner.sandbox.spec import JobSpec, Result, Status

INSIDE = Path(__file__).parents[2] / "training" / "runner" / "inside"
INTO_PIPES = """
import glob, json, os, stat
WORDS = {words!r}
reached = 0
for path in glob.glob("/proc/{whose}/fd/*"):
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode) and int(path.split("/")[2]) != os.getpid():
            with open(path, "wb", buffering=0) as pipe:
                pipe.write(WORDS)
                reached += 1
    except OSError:
        pass
print("REACHED", reached)
raise SystemExit({status})
"""
PLATFORM = b'R{"code": "sandbox_unavailable", "message": "Ours.", "stage": "UNPACK"}'
MENDED = b'R{"code": "no_script", "message": "Zip again.", "stage": "UNPACK"}'
NOT_OURS = b'R{"code": "code_failed", "message": "Pay me.", "row_count": 99999}'


@pytest.mark.parametrize("words", [PLATFORM, MENDED, NOT_OURS, b"R{", b"R[]", b"\x06"])
@pytest.mark.parametrize("status", [0, 1, 86, 125])
def test_a_refusal_that_code_writes_itself_is_not_ours(folder, sandbox, words, status):
    script = INTO_PIPES.format(words=words, status=status, whose="[0-9]*")

    failed = failure_of(code_job(folder, script), sandbox)

    assert "REACHED" in failed.log_tail
    assert failed.code in {"code_failed", "no_predictions", "crashed"}
    assert failed.stage is Stage.RUN
    assert not any(told in failed.message for told in ("Ours", "Zip again", "Pay me"))


def test_a_score_that_code_writes_itself_is_none(folder, sandbox):
    words = b'A{"metrics": [["auc", 1.0]]}'
    script = INTO_PIPES.format(words=words, status=0, whose="[0-9]*")

    failed = failure_of(code_job(folder, script), sandbox)

    assert failed.code in {"no_predictions", "wrong_header", "malformed_csv", "no_rows"}


def test_the_forger_reaches_a_pipe_that_no_wall_guards():
    read = f"import sys; sys.exit(sys.stdin.buffer.read({len(MENDED)}) != {MENDED!r})"
    with subprocess.Popen(
        [sys.executable, "-c", read],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as holder:
        script = INTO_PIPES.format(words=MENDED, status=0, whose=holder.pid)
        forger = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        assert holder.wait(timeout=10) == 0

    assert forger.stdout == "REACHED 1\n"


@pytest.mark.parametrize("words", [PLATFORM, MENDED, NOT_OURS])
def test_a_refusal_that_came_out_is_believed_from_before_the_code_began(words):
    spec = JobSpec("run_code", Limits())
    ended = Result(Status.FAILED, 3, words, "", 0.1, 0.1, 1)

    before = told_of(ended, spec, stage=Stage.RUN)
    after = told_of(replace(ended, output=BEGUN + words), spec, stage=Stage.RUN)

    said = json.loads(words[1:])
    is_platform_s = said["code"] in NEVER_WITHIN
    assert before.code == ("refused" if is_platform_s else said["code"])
    assert before.message == said["message"]
    assert after.code in {"code_failed", "crashed"}
    assert after.stage is Stage.RUN
    assert said["message"] not in after.message


@pytest.mark.parametrize(
    "line",
    ["MemoryError", "No space left on device", "Operation not permitted"],
)
def test_what_code_prints_is_a_hint_and_no_verdict(folder, sandbox, line):
    failed = failure_of(
        code_job(folder, f"print({line!r})\nraise SystemExit(3)"), sandbox
    )

    assert failed.code == "code_failed"
    assert "exit status 3" in failed.message
    assert "From what it printed, it seems" in failed.message


def test_what_code_prints_does_not_fail_it(folder, sandbox):
    script = HONEST + "print('sandbox: no wall, MemoryError')"

    assert execute(code_job(folder, script), sandbox=sandbox).row_count == 40


def test_no_program_of_ours_has_a_code_of_the_platform():
    said = {
        node.value
        for path in INSIDE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    }

    assert "no_script" in said
    assert not said & NEVER_WITHIN
    assert NEVER_WITHIN == PLATFORM_FAULTS


def test_a_program_that_starts_code_of_entrants_says_so_first():
    text = (INSIDE / "run_code.py").read_text()

    assert 0 < text.index("call.begin_code()") < text.index("subprocess.run(")
