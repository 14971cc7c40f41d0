"""Says in words what became of a run that did not answer."""

import json
from typing import Any

from training.jobs import (
    MIB,
    BadRow,
    Limits,
    RunStopped,
    Stage,
    SubmissionFailed,
)
from training.runner.sandbox.spec import JobSpec, Result, Status

REFUSED = b"R"
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
        Status.OUT_OF_TIME: f"it took longer than {limits.wall_seconds:g} seconds",
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
    if result.has_met_process_limit or "Resource temporarily unavailable" in log:
        hints.append(f"it tried to start more than {limits.processes} processes")
    if "No space left on device" in log or "File too large" in log:
        hints.append(limit_told(Status.OUT_OF_SCRATCH, limits))
    if result.has_met_memory_limit or "MemoryError" in log or "bad_alloc" in log:
        hints.append(limit_told(Status.OUT_OF_MEMORY, limits))
    if "Operation not permitted" in log:
        hints.append(
            "it tried what no job may do, such as using the network or reaching other "
            "processes"
        )
    if "Read-only file system" in log or "Permission denied" in log:
        hints.append("it tried to reach files outside its scratch space")
    return hints


def _stopped(reasons: list[str], *, result: Result, stage: Stage) -> SubmissionFailed:
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
        stage: where it counts as failed unless it says otherwise.

    Raises:
        RunStopped: the caller stopped it.
    """
    if result.status is Status.STOPPED:
        raise RunStopped
    if result.status not in {Status.OK, Status.FAILED}:
        reasons = [limit_told(result.status, spec.limits)]
        return _stopped(reasons, result=result, stage=stage)
    hints = hints_of(result, spec.limits)
    refusal = refusal_in(result)
    if refusal is not None:
        failed = _failed(refusal, result=result, stage=stage)
        if hints and failed.code in {"code_failed", "no_predictions"}:
            return _stopped(hints, result=result, stage=stage)
        return failed
    if hints:
        return _stopped(hints, result=result, stage=stage)
    signal = result.exit_code - 128
    how = f"by signal {signal}" if signal > 0 else f"with status {result.exit_code}"
    return SubmissionFailed(
        "crashed",
        f"It crashed ({how}) before it answered. See the end of its log.",
        stage=stage,
        log_tail=result.log_tail[-SHOWN_LOG:],
    )


def refusal_in(result: Result) -> dict[str, Any] | None:
    """Return the refusal a program wrote, if it is one; it may be a stranger's."""
    if not result.output.startswith(REFUSED):
        return None
    try:
        refusal = json.loads(result.output[1:])
    except (ValueError, RecursionError):
        return None
    return refusal if isinstance(refusal, dict) else None


def _failed(
    refusal: dict[str, Any], *, result: Result, stage: Stage
) -> SubmissionFailed:
    told = str(refusal.get("stage", ""))
    rows = refusal.get("rows")
    listed = tuple(
        BadRow(int(one[0]), str(one[1])[:60], str(one[2])[:200])
        for one in (rows if isinstance(rows, list) else [])[:MOST_ROWS]
        if isinstance(one, list) and len(one) == 3 and isinstance(one[0], int)
    )
    count = refusal.get("row_count")
    return SubmissionFailed(
        str(refusal.get("code", "refused"))[:50],
        str(refusal.get("message", "It was refused."))[:2_000],
        stage=Stage(told) if told in Stage.__members__ else stage,
        rows=listed,
        row_count=count if isinstance(count, int) else len(listed),
        log_tail=result.log_tail[-SHOWN_LOG:],
    )
