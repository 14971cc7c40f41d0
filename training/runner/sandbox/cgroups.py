"""A control group for each job, below our own: memory, processes and processor time."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from training.jobs import Limits

PROCS = "cgroup.procs"
PREFIX = "stoa-job-"
HOST_LEAF = "stoa-host"  # where our own processes wait, for a v2 parent may hold none
PERIOD_US = 100_000
REMOVED_WITHIN_SECONDS = 2.0
OUR_PROCESSES = 2  # the launcher or bwrap, and the job's first process
NEEDED = ("memory", "pids")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where this process may make groups: the folder for each controller."""

    version: int
    folders: dict[str, Path]


@dataclass(frozen=True, slots=True)
class Mount:
    root: str
    point: str
    is_v2: bool
    options: frozenset[str]

    def folder_of(self, path: str) -> Path:
        """Find our folder; a container may see its part of the tree as the root."""
        inside = os.path.relpath(path, self.root) if self.root != "/" else path
        if inside.startswith(".."):
            inside = "."
        return Path(self.point) / inside.lstrip("/")


def _mounts(mountinfo: str) -> Iterator[Mount]:
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        if kind in {"cgroup", "cgroup2"}:
            fields = before.split(" ")
            yield Mount(
                fields[3], fields[4], kind == "cgroup2", frozenset(options.split(","))
            )


def find_hierarchy() -> Hierarchy | None:
    """Find where this process may make groups for jobs; None where it may make none."""
    found = located(Path("/proc/self"))
    return found if found and _may_make_groups(found) else None


def located(process: Path) -> Hierarchy | None:
    """Find the groups a process is in, by its folder in /proc; None if too few count."""
    try:
        mounts = list(_mounts((process / "mountinfo").read_text()))
        lines = (process / "cgroup").read_text().splitlines()
    except OSError:
        return None
    own = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            own[controller] = path
    return _find_v1(mounts, own) or _find_v2(mounts, own)


def _find_v1(mounts: list[Mount], own: dict[str, str]) -> Hierarchy | None:
    folders = {}
    for controller in (*NEEDED, "cpu", "cpuacct"):
        for mount in mounts:
            if not mount.is_v2 and controller in mount.options and controller in own:
                folders[controller] = mount.folder_of(own[controller])
    return Hierarchy(1, folders) if all(one in folders for one in NEEDED) else None


def _find_v2(mounts: list[Mount], own: dict[str, str]) -> Hierarchy | None:
    mount = next((mount for mount in mounts if mount.is_v2), None)
    if mount is None or "" not in own:
        return None
    folder = mount.folder_of(own[""])
    if folder.name == HOST_LEAF:
        folder = folder.parent
    try:
        offered = (folder / "cgroup.controllers").read_text().split()
        if not all(one in offered for one in NEEDED):
            return None
        wanted = [one for one in (*NEEDED, "cpu") if one in offered]
        _delegate(folder, wanted)
    except OSError:
        return None
    return Hierarchy(2, dict.fromkeys(wanted, folder))


def _delegate(folder: Path, controllers: list[str]) -> None:
    """Hand the controllers to groups below `folder`, moving its processes to a leaf."""
    control = folder / "cgroup.subtree_control"
    if all(one in control.read_text().split() for one in controllers):
        return
    wish = " ".join(f"+{one}" for one in controllers)
    try:
        control.write_text(wish)
    except OSError:  # EBUSY: processes live in the folder itself
        leaf = folder / HOST_LEAF
        leaf.mkdir(exist_ok=True)
        for pid in (folder / PROCS).read_text().split():
            with suppress(ProcessLookupError):
                (leaf / PROCS).write_text(pid)
        control.write_text(wish)


def _may_make_groups(hierarchy: Hierarchy) -> bool:
    try:
        with job_group(hierarchy, limits=Limits()):
            return True
    except OSError:
        return False


class JobGroup:
    """The group of one job; the launcher enters it by writing to `entrances`."""

    def __init__(self, hierarchy: Hierarchy, *, name: str) -> None:
        self.version = hierarchy.version
        self.folders = {c: base / name for c, base in hierarchy.folders.items()}

    @property
    def entrances(self) -> list[str]:
        return [str(folder / PROCS) for folder in self._each()]

    def _each(self) -> list[Path]:
        return sorted(set(self.folders.values()))

    def _write(self, controller: str, file: str, value: object) -> None:
        (self.folders[controller] / file).write_text(str(value))

    def _read(self, controller: str, file: str) -> str:
        try:
            return (self.folders[controller] / file).read_text()
        except (OSError, KeyError):
            return ""

    def _count(self, controller: str, file: str, key: str) -> int:
        for line in self._read(controller, file).splitlines():
            if line.startswith(f"{key} "):
                return int(line.split()[1])
        return 0

    def limit(self, limits: Limits) -> None:
        quota = limits.threads * PERIOD_US
        self._write("pids", "pids.max", limits.processes + OUR_PROCESSES)
        if self.version == 2:
            self._write("memory", "memory.max", limits.memory_bytes)
            with suppress(OSError):  # the kernel may count no swap, or have none
                self._write("memory", "memory.swap.max", 0)
            self._write("memory", "memory.oom.group", 1)
            if "cpu" in self.folders:
                self._write("cpu", "cpu.max", f"{quota} {PERIOD_US}")
            return
        self._write("memory", "memory.limit_in_bytes", limits.memory_bytes)
        with suppress(OSError):
            self._write("memory", "memory.memsw.limit_in_bytes", limits.memory_bytes)
        if "cpu" in self.folders:
            self._write("cpu", "cpu.cfs_period_us", PERIOD_US)
            self._write("cpu", "cpu.cfs_quota_us", quota)

    @property
    def has_run_out_of_memory(self) -> bool:
        file = "memory.events" if self.version == 2 else "memory.oom_control"
        return self._count("memory", file, "oom_kill") > 0

    @property
    def has_met_process_limit(self) -> bool:
        return self._count("pids", "pids.events", "max") > 0

    @property
    def peak_memory_bytes(self) -> int:
        file = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        return int(self._read("memory", file) or 0)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the whole group; 0.0 where nothing counts it."""
        if self.version == 2:
            return self._count("memory", "cpu.stat", "usage_usec") / 1e6
        return int(self._read("cpuacct", "cpuacct.usage") or 0) / 1e9

    def kill(self) -> None:
        """Kill everything in the group, however fast it forks."""
        for folder in self._each():
            with suppress(OSError):
                (folder / "cgroup.kill").write_text("1")
        for pid in self._read("pids", PROCS).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), 9)

    def remove(self) -> None:
        deadline = time.monotonic() + REMOVED_WITHIN_SECONDS
        for folder in self._each():
            while folder.exists():
                self.kill()
                try:
                    folder.rmdir()
                except OSError:  # the last process has not been buried yet
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.002)


def remove_abandoned(hierarchy: Hierarchy) -> None:
    """Remove the groups that killed workers left behind, and nobody else's."""
    for base in set(hierarchy.folders.values()):
        for folder in base.glob(f"{PREFIX}*"):
            if not Path("/proc", folder.name.split("-")[2]).exists():
                with suppress(OSError):  # another worker may be about it, too
                    folder.rmdir()


@contextmanager
def job_group(hierarchy: Hierarchy, *, limits: Limits) -> Iterator[JobGroup]:
    """Make a group with `limits`, and remove it with all that is left in it."""
    name = f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
    group = JobGroup(hierarchy, name=name)
    try:
        for folder in group._each():  # noqa: SLF001  the other half of the class
            folder.mkdir()
        group.limit(limits)
        yield group
    finally:
        group.remove()
