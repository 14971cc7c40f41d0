"""What a job took of the electricity, where this machine tells: never guessed.

Intel's and AMD's packages count energy (RAPL, Linux `Documentation/power/powercap`). The
counter is the whole package's, so a job gets the share that its processor time has in all
that was busy meanwhile (after Henderson et al. 2020, “Towards the systematic reporting of
the energy and carbon footprints of machine learning”). Memory, disks and fans are left out.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

POWERCAP, STAT = Path("/sys/class/powercap"), Path("/proc/stat")
MICRO = 1e-6
IDLE = (3, 4)  # of the columns of /proc/stat: idle, and waiting for disks


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at one moment.

    `packages` are microjoules, and where the counter begins anew, by package;
    `busy_seconds` is the processor time that all of the machine had so far.
    """

    packages: Mapping[str, tuple[int, int]]
    busy_seconds: float


def read_energy(powercap: Path = POWERCAP, stat: Path = STAT) -> Reading | None:
    """Return the counters now; None where there are none, or none that we may read."""
    packages = {}
    try:
        for package in sorted(powercap.glob("*-rapl:[0-9]*")):
            if package.name.count(":") == 1:  # its parts are in it already
                told, most = (
                    int((package / name).read_text())
                    for name in ("energy_uj", "max_energy_range_uj")
                )
                packages[package.name] = (told, most)
        ticks = [int(each) for each in stat.read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return None
    if not packages:
        return None
    busy = sum(ticks) - sum(ticks[place] for place in IDLE)
    return Reading(packages, busy / os.sysconf("SC_CLK_TCK"))


def joules_between(
    before: Reading | None, after: Reading | None, *, cpu_seconds: float
) -> float | None:
    """Return the joules of a job that ran between two readings; None if not known.

    Args:
        before: the counters as it began.
        after: and as it ended.
        cpu_seconds: its own processor time.
    """
    if (
        before is None
        or after is None
        or before.packages.keys() != after.packages.keys()
    ):
        return None
    whole = sum(
        (after.packages[name][0] - began) % (most + 1)
        for name, (began, most) in before.packages.items()
    )
    busy = after.busy_seconds - before.busy_seconds
    share = min(cpu_seconds / busy, 1.0) if busy > 0 else 1.0
    return whole * MICRO * share
