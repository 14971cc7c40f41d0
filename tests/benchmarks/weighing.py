"""What processes hold of memory and spend of processors, as Linux counts it."""

import os
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def family_of(pid: int) -> list[int]:
    """Return a process and all below it."""
    children: dict[int, list[int]] = {}
    for status in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we looked
            children.setdefault(int(_fields(status)[1]), []).append(
                int(status.parent.name)
            )
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def memory_mb(pid: int) -> float:
    """Return what a process holds; what it shares with n others counts by the nth part."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3


def cpu_ms(pids: list[int]) -> float:
    """Return what processes have spent, children of theirs that ended included."""
    spent = 0
    for pid in pids:
        with suppress(OSError):
            spent += sum(map(int, _fields(PROC / str(pid) / "stat")[11:15]))
    return 1e3 * spent / TICKS


def name_of(pid: int) -> str:
    line = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return line.strip() or (PROC / str(pid) / "comm").read_text().strip()


def _fields(status: Path) -> list[str]:
    """Return the fields of /proc/PID/stat from the third, the state, on."""
    return status.read_text().rpartition(")")[2].split()
