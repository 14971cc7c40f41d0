"""Submitted code that writes what only our programs write: nothing of it is believed."""

import ast
from pathlib import Path

import pytest

from tests.runner.test_execution import (
    HONEST,
    code_job,
    failure_of,
    folder,
    sandbox,
)
from training.contests.queries import PLATFORM_FAULTS
from training.jobs import Stage
from training.runner.execution import execute
from training.runner.failures import NEVER_WITHIN

__all__ = ["folder", "sandbox"]
INSIDE = Path(__file__).parents[2] / "training" / "runner" / "inside"
INTO_PIPES = """
import glob, json, os, stat
WORDS = {words!r}
reached = 0
for path in glob.glob("/proc/[0-9]*/fd/*"):
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
    script = INTO_PIPES.format(words=words, status=status)

    failed = failure_of(code_job(folder, script), sandbox)

    assert "REACHED" in failed.log_tail
    assert failed.code in {"code_failed", "no_predictions", "crashed"}
    assert failed.stage is Stage.RUN
    assert not any(told in failed.message for told in ("Ours", "Zip again", "Pay me"))


def test_a_score_that_code_writes_itself_is_none(folder, sandbox):
    script = INTO_PIPES.format(words=b'A{"metrics": [["auc", 1.0]]}', status=0)

    failed = failure_of(code_job(folder, script), sandbox)

    assert failed.code in {"no_predictions", "wrong_header", "malformed_csv", "no_rows"}


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
