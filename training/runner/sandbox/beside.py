"""The walls without a program of their own: Landlock, and no wall at all."""

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.jobs import Limits
from training.runner.sandbox.cgroups import PREFIX
from training.runner.sandbox.gpu import Gpu
from training.runner.sandbox.launcher import (
    LANDLOCK_CREATE,
    SCRATCH,
    STAGE,
)
from training.runner.sandbox.runtime import DRIVER_PLACE, Runtime
from training.runner.sandbox.wall import Site, Wall, job_uid, may_stage

READABLE = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)
WRITABLE = ("/dev/null",)
DRIVER_FACTS = (
    *("/sys/devices", "/sys/bus", "/sys/class", "/sys/module"),
    "/proc/driver/nvidia",
)
ASK_VERSION = 1
HIDES_SOCKETS_AND_SIGNALS = 6


def landlock_version() -> int:
    """Ask the kernel which Landlock it has; 0 means none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(int(libc.syscall(LANDLOCK_CREATE, None, 0, ASK_VERSION)), 0)


class BesideWall(Wall):
    """A job beside our files, in a folder of its own: staged by root, or of links."""

    def __init__(self, *, python: Path | None = None) -> None:
        super().__init__(python=python)
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            is_ours = folder.stat().st_uid == os.geteuid()
            if is_ours and not Path("/proc", folder.name.split("-")[2]).exists():
                clear(folder)

    @contextmanager
    def site(
        self, runtime: Runtime, limits: Limits, *, gpu: Gpu | None
    ) -> Iterator[Site]:
        uid = job_uid()
        devices = gpu.nodes if gpu else ()
        if may_stage():
            staged = f"{STAGE}/{SCRATCH}"
            yield Site(
                STAGE,
                staged,
                limits.scratch_bytes,
                uid,
                is_staged=True,
                devices=devices,
            )
            return
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        try:
            scratch = folder / SCRATCH
            scratch.mkdir()
            for bind in runtime.binds:
                link = folder / bind.place
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(bind.source)
            if uid is not None:
                for owned in (folder, scratch):
                    os.chown(owned, uid, uid)
            yield Site(
                str(folder),
                str(scratch),
                limits.scratch_bytes,
                uid,
                is_staged=False,
                watched_scratch=scratch,
                devices=devices,
            )
        finally:
            clear(folder)


def clear(folder: Path) -> None:
    """Remove a folder that a job wrote to, closed or bottomless as it may be."""
    for command in (["chmod", "-R", "u+rwX", "--"], ["rm", "-rf", "--"]):
        subprocess.run([*command, str(folder)], capture_output=True, check=False)


class LandlockWall(BesideWall):
    """Needs nothing installed; the kernel closes files, and seccomp the rest.

    Memory that belongs to no process is beyond both, so it holds code only where a
    control group limits that.
    """

    kind = "landlock+seccomp"
    needs_group = True

    @contextmanager
    def site(
        self, runtime: Runtime, limits: Limits, *, gpu: Gpu | None
    ) -> Iterator[Site]:
        with super().site(runtime, limits, gpu=gpu) as site:
            shown = ("site", "python", DRIVER_PLACE)
            read = [*READABLE, *(f"{site.root}/{name}" for name in shown)]
            if not site.is_staged:
                read += [str(bind.source) for bind in runtime.binds]
            site.landlock = {
                "version": landlock_version(),
                "read": [*read, *(DRIVER_FACTS if gpu else ())],
                "write": [*WRITABLE, site.scratch, *map(str, site.devices)],
            }
            yield site


class NoWall(BesideWall):
    """Only limits, a clean environment and, for root, another account. Not safe."""

    kind = "none"
    filters_calls = False
