"""Says in words what became of a run that did not answer.

Nothing here is a stranger's to choose: a refusal is believed only from before their code
began, and never with a code of the platform's own; afterwards the kernel is the witness,
and a sentence of ours tells what it saw. What their code printed is no more than a hint.
"""

import json
import re
from typing import Any

from training.jobs import (
    MIB,
    BadRow,
    Limits,
    RunStopped,
    Stage,
    SubmissionFailed,
)
from training.runner.inside.boot import SHARED, SIZE_BYTES
from training.runner.sandbox.spec import JobSpec, Result, Status

BEGUN, ANSWERED, REFUSED = b"\x07", b"A", b"R"
NEVER_WITHIN = frozenset({"sandbox_unavailable", "worker_lost"})  # the platform's own
CODE = re.compile(r"[a-z_]{1,50}")
SCRIPT = "The code"  # predict.py, or the cells of a notebook
MOST_SCORES_BYTES = 1 * MIB
MOST_DETAILS_BYTES = 5 * MIB
TOLD_OF_CODE = {
    "no_predictions": f"{SCRIPT} ended well but wrote no predictions. Write CSV to the "
    "path in the environment variable OUTPUTS.",
    "unusable_model": "torch does not load the file; see the end of its log.",
    "out_of_memory": "The model needs more memory than a job has, for a single row; see "
    "the end of its log.",
    "wrong_inputs": "The model fails on a float tensor of [rows, columns]; see the end "
    "of its log.",
    "wrong_outputs": "The model does not answer with one row for each row of the inputs, "
    "and one column for each class.",
    "too_large": "The predictions are too large.",
    "unsafe_output": "It left something in its output that is no plain file of its own, "
    "such as a link, or that has a name no archive should have. Write plain files.",
    "output_too_large": "It wrote more than may be kept: "
    f"{MOST_SCORES_BYTES // 1024:,} KiB of scores, {MOST_DETAILS_BYTES // MIB} MiB of "
    "details, and what its contest allows of output.",
}
STOPPED = "stopped_by_sandbox"
SHOWN_LOG = 8_000
MOST_ROWS = 10


def limit_told(status: Status, limits: Limits) -> str:
    """Name the limit that a run met."""
    return {
        Status.OUT_OF_MEMORY: f"it used more than {limits.memory_bytes // MIB} MiB of "
        "memory",
        Status.OUT_OF_CPU: f"it used more than {limits.cpu_seconds} seconds of "
        "processor time",
        Status.OUT_OF_TIME: f"it took longer than {round(limits.wall_seconds, 1):g} "
        "seconds",
        Status.OUT_OF_OUTPUT: "it wrote more than it may: "
        f"{limits.output_bytes // MIB} MiB of results and {limits.log_bytes // 1024} "
        "KiB of log are kept",
        Status.OUT_OF_SCRATCH: f"it filled its {limits.scratch_bytes // MIB} MiB of "
        "scratch space",
    }[status]


def hints_of(result: Result, limits: Limits) -> list[str]:
    """Guess from what it printed which walls a program ran into."""
    log = result.log_tail
    hints = []
    if "Resource temporarily unavailable" in log:
        hints.append(f"it tried to start more than {limits.processes} processes")
    if "No space left on device" in log or "File too large" in log:
        hints.append(limit_told(Status.OUT_OF_SCRATCH, limits))
    if "MemoryError" in log or "bad_alloc" in log:
        hints.append(limit_told(Status.OUT_OF_MEMORY, limits))
    if "Operation not permitted" in log:
        hints.append(
            "it tried what no job may do, such as using the network or reaching other "
            "processes"
        )
    if "Read-only file system" in log or "Permission denied" in log:
        hints.append("it tried to reach files outside its scratch space")
    return hints


def stopped(reasons: list[str], *, result: Result, stage: Stage) -> SubmissionFailed:
    return SubmissionFailed(
        STOPPED,
        f"The sandbox stopped it: {'; '.join(reasons)}.",
        stage=stage,
        log_tail=result.log_tail[-SHOWN_LOG:],
    )


def failure_of(result: Result, spec: JobSpec, *, stage: Stage) -> SubmissionFailed:
    """Return the failure that a run amounts to, having not answered.

    Args:
        result: its end, and a refusal if our program within wrote one.
        spec: what was run.
        stage: where it counts as failed unless our program says otherwise.

    Raises:
        RunStopped: the caller stopped it.
    """
    if result.status is Status.STOPPED:
        raise RunStopped
    if result.status not in {Status.OK, Status.FAILED}:
        reasons = [limit_told(result.status, spec.limits)]
        return stopped(reasons, result=result, stage=stage)
    has_begun = result.output.startswith(BEGUN)
    refusal = refusal_in(result)
    if refusal is not None and not has_begun:
        return _failed(refusal, result=result, stage=stage)
    if seen := _seen(result, spec.limits):
        return stopped(seen, result=result, stage=stage)
    code, message = _ended(result, refusal if has_begun else None)
    if hints := hints_of(result, spec.limits):
        message += f" From what it printed, it seems that {'; '.join(hints)}."
    log_tail = result.log_tail[-SHOWN_LOG:]
    return SubmissionFailed(code, message, stage=stage, log_tail=log_tail)


def answer_in(result: Result) -> memoryview | None:
    """Return what a run answered, None if it did not; it may be a stranger's."""
    output = memoryview(result.output).toreadonly()
    if result.output.startswith(BEGUN):
        output = output[len(BEGUN) :]
    kind, content = bytes(output[:1]), output[1:]
    if kind == SHARED and len(content) == SIZE_BYTES:
        size = int.from_bytes(content, "little")
        return result.memory[:size] if size <= len(result.memory) else None
    return content if kind == ANSWERED else None


def _seen(result: Result, limits: Limits) -> list[str]:
    """Say what the kernel counted against a run that ended by itself."""
    seen = []
    if result.has_met_process_limit:
        seen.append(f"it tried to start more than {limits.processes} processes")
    if result.has_met_memory_limit:
        seen.append(limit_told(Status.OUT_OF_MEMORY, limits))
    return seen


def _ended(result: Result, refusal: dict[str, Any] | None) -> tuple[str, str]:
    """Say how a stranger's code ended, in words of ours."""
    code = str(refusal.get("code")) if refusal else ""
    if code in TOLD_OF_CODE:
        return code, TOLD_OF_CODE[code]
    number = refusal.get("row_count") if refusal else None
    if code == "code_failed" and isinstance(number, int) and abs(number) < 256:
        if number < 0:
            return code, f"{SCRIPT} was killed by signal {-number}."
        return (
            code,
            f"{SCRIPT} ended with exit status {number}; see the end of its log.",
        )
    signal = result.exit_code - 128
    how = f"by signal {signal}" if signal > 0 else f"with status {result.exit_code}"
    message = f"It crashed ({how}) before it answered. See the end of its log."
    return "crashed", message


def refusal_in(result: Result) -> dict[str, Any] | None:
    """Return the refusal a program wrote, if it is one; it may be a stranger's."""
    output = result.output.removeprefix(BEGUN)
    if not output.startswith(REFUSED):
        return None
    try:
        refusal = json.loads(output[1:])
    except (ValueError, RecursionError):
        return None
    return refusal if isinstance(refusal, dict) else None


def _failed(
    refusal: dict[str, Any], *, result: Result, stage: Stage
) -> SubmissionFailed:
    told, code = str(refusal.get("stage", "")), str(refusal.get("code", ""))
    rows = refusal.get("rows")
    listed = tuple(
        BadRow(int(one[0]), str(one[1])[:60], str(one[2])[:200])
        for one in (rows if isinstance(rows, list) else [])[:MOST_ROWS]
        if isinstance(one, list) and len(one) == 3 and isinstance(one[0], int)
    )
    count = refusal.get("row_count")
    return SubmissionFailed(
        code if CODE.fullmatch(code) and code not in NEVER_WITHIN else "refused",
        str(refusal.get("message", "It was refused."))[:2_000],
        stage=Stage(told) if told in Stage.__members__ else stage,
        rows=listed,
        row_count=count if isinstance(count, int) else len(listed),
        log_tail=result.log_tail[-SHOWN_LOG:],
    )
