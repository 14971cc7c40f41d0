"""Says how a run ended, from what was seen of it and what was counted."""

from typing import Protocol

from training.jobs import Limits
from training.runner.inside.boot import HELLO
from training.runner.sandbox.process import Ended
from training.runner.sandbox.spec import Result, SandboxBroken, Status

NO_MEMORY_LEFT = 86  # how our programs end when an allocation fails
KILLED, CPU_SIGNAL = 128 + 9, 128 + 24


class Account(Protocol):
    """What was counted of a run; zero and False where nothing counts it."""

    @property
    def cpu_seconds(self) -> float: ...

    @property
    def peak_memory_bytes(self) -> int: ...

    @property
    def has_run_out_of_memory(self) -> bool: ...

    @property
    def has_met_process_limit(self) -> bool: ...


def verdict(ended: Ended, limits: Limits, *, account: Account) -> Result:
    """Say how a run ended, from what was seen and what was counted.

    Raises:
        SandboxBroken: our program never spoke, though nothing stopped it.
    """
    output = ended.output
    has_spoken = output.startswith(HELLO)
    if has_spoken:
        del output[: len(HELLO)]  # which copies nothing
    log = ended.log.decode(errors="replace")
    cpu_seconds = max(ended.cpu_seconds, account.cpu_seconds)
    status = ended.status
    if status is None:
        status = _status_of(ended, limits, account=account, cpu_seconds=cpu_seconds)
        if not has_spoken and status in {Status.OK, Status.FAILED}:
            raise SandboxBroken(log.strip() or f"exit status {ended.exit_code}")
    return Result(
        status=status,
        exit_code=ended.exit_code,
        output=output,
        log_tail=log,
        wall_seconds=ended.wall_seconds,
        cpu_seconds=cpu_seconds,
        peak_memory_bytes=account.peak_memory_bytes,
        has_met_process_limit=account.has_met_process_limit,
        has_met_memory_limit=account.has_run_out_of_memory,
    )


def _status_of(
    ended: Ended, limits: Limits, *, account: Account, cpu_seconds: float
) -> Status:
    if ended.exit_code == 0:
        return Status.OK
    if account.has_run_out_of_memory or ended.exit_code == NO_MEMORY_LEFT:
        return Status.OUT_OF_MEMORY
    is_killed = ended.exit_code in {KILLED, CPU_SIGNAL}
    if is_killed and cpu_seconds > limits.cpu_seconds / 2:  # rlimits go by samples
        return Status.OUT_OF_CPU
    return Status.FAILED
