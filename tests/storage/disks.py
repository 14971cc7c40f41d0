"""Disks that are soon full, and then made larger, as an operator would."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def disk_of(mebibytes: int, at: Path):
    """Mount a disk of its own there; skip the test where one may not."""
    at.mkdir()
    if _mount("-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(at)):
        pytest.skip("only root may mount a small disk")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


def enlarge(disk: Path, mebibytes: int) -> None:
    assert not _mount("-o", f"remount,size={mebibytes}m", str(disk))


def _mount(*how: str) -> int:
    return subprocess.run(["mount", *how], capture_output=True, check=False).returncode


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
