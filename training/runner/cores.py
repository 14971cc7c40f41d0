"""How many processor cores this process may use."""

import os
from pathlib import Path

# Where a container finds its own limits, of either version of control groups.
V2 = Path("/sys/fs/cgroup/cpu.max")
V1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
V1_PERIOD = V1.with_name("cpu.cfs_period_us")


def cores_given() -> int:
    """Return on how many cores this process may run, quota and all; at least 1."""
    cores = len(os.sched_getaffinity(0))
    quota, period = _quota()
    if quota.isdecimal() and period.isdecimal() and int(period):
        cores = min(cores, int(quota) // int(period))
    return max(cores, 1)


def _quota() -> tuple[str, str]:
    """Return the microseconds allowed of each period, "max" or "-1" where all are."""
    try:
        if V2.exists():
            allowed, period = V2.read_text().split()
            return allowed, period
        return V1.read_text().strip(), V1_PERIOD.read_text().strip()
    except (OSError, ValueError):
        return "max", "0"
