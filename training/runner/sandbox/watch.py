"""Counts what a job holds where no control group does: its memory and its scratch."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from training.runner.sandbox.launcher import descendants
from training.runner.sandbox.spec import Status

PAGE = os.sysconf("SC_PAGE_SIZE")
MOST_FILES = 20_000


HELD = ("VmRSS:", "VmPTE:", "VmSwap:")  # page tables fill memory that holds no page


def _counted(path: str, fields: tuple[str, ...]) -> int | None:
    """Add up fields of a file in /proc that gives kilobytes; None if it is gone."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(fields))


def _resident(pid: int) -> int:
    """Count the bytes a process holds, shared pages in full."""
    return _counted(f"/proc/{pid}/status", HELD) or 0


def _proportional(pid: int) -> int:
    """Count a process's bytes, shared pages divided among those who share them."""
    shared = _counted(f"/proc/{pid}/smaps_rollup", ("Pss:",))
    if shared is None:
        return _resident(pid)
    return shared + (_counted(f"/proc/{pid}/status", HELD[1:]) or 0)


class MemoryWatch:
    """Looks at all descendants of the launcher; called some fifty times a second.

    It is the account of a run that no control group keeps, and knows nothing but memory.
    """

    exceeds: ClassVar[Status] = Status.OUT_OF_MEMORY
    cpu_seconds = 0.0
    has_run_out_of_memory = False
    has_met_process_limit = False

    def __init__(self, root: int, *, limit_bytes: int) -> None:
        self.root = root
        self.limit_bytes = limit_bytes
        self.peak_memory_bytes = 0

    def is_exceeded(self) -> bool:
        pids = [self.root, *descendants(self.root)]
        held = sum(map(_resident, pids))
        if held > self.limit_bytes:  # perhaps only because shared pages count twice
            held = sum(map(_proportional, pids))
        self.peak_memory_bytes = max(self.peak_memory_bytes, held)
        return held > self.limit_bytes


def held_by(folder: Path) -> Iterator[int]:
    """Yield the bytes of each file below `folder`, at least one for each."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                yield max(entry.stat(follow_symlinks=False).st_blocks * 512, 1)
                if entry.is_dir(follow_symlinks=False):
                    yield from held_by(Path(entry.path))


class FilesWatch:
    """Counts the files of a job's own file systems, whose size alone is bounded.

    The size also tells them from the host's, which the job sees until its wall stands.
    """

    exceeds: ClassVar[Status] = Status.OUT_OF_SCRATCH

    def __init__(self, root: int, *, sizes: Mapping[str, int]) -> None:
        self.root = root
        self.sizes = sizes

    def is_exceeded(self) -> bool:
        for pid in descendants(self.root)[-1:]:
            for mount, size in self.sizes.items():
                with suppress(OSError):
                    held = os.statvfs(f"/proc/{pid}/root{mount}")
                    is_ours = abs(held.f_blocks * held.f_frsize - size) < PAGE
                    if is_ours and held.f_files - held.f_ffree > MOST_FILES:
                        return True
        return False


class ScratchWatch:
    """Adds up a scratch folder on disk that no file system bounds."""

    exceeds: ClassVar[Status] = Status.OUT_OF_SCRATCH

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes

    def is_exceeded(self) -> bool:
        total = 0
        try:
            for count, size in enumerate(held_by(self.folder)):
                total += size
                if total > self.limit_bytes or count > MOST_FILES:
                    return True
        except RecursionError:
            return True
        return False
