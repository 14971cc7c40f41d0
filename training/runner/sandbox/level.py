"""Finds the best wall of this machine, and proves it by attacking it from within."""

import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path

from training.jobs import MIB, Limits, SandboxLevel
from training.runner.sandbox.beside import (
    HIDES_SOCKETS_AND_SIGNALS,
    LandlockWall,
    NoWall,
    landlock_version,
)
from training.runner.sandbox.bwrap import BwrapWall
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.sandbox.seccomp import UnknownArchitecture
from training.runner.sandbox.spec import (
    JobSpec,
    Result,
    Sandbox,
    SandboxBroken,
    SandboxUnavailable,
    Status,
)
from training.runner.sandbox.wall import Wall, is_root

TEST_LIMITS = Limits(
    memory_bytes=96 * MIB,
    cpu_seconds=5,
    wall_seconds=10.0,
    scratch_bytes=4 * MIB,
    output_bytes=64 * 1024,
)
BOMB_BYTES = 2 * TEST_LIMITS.memory_bytes
INSTALL_BWRAP = "Install bubblewrap: `apt install bubblewrap`."
ALLOW_NAMESPACES = (
    "Let ordinary accounts make user namespaces "
    "(`sysctl kernel.unprivileged_userns_clone=1`, on Ubuntu "
    "`kernel.apparmor_restrict_unprivileged_userns=0`; a container needs the same)."
)
DELEGATE_GROUPS = (
    "No control group can be made here, so memory is watched fifty times a second "
    "instead of limited by the kernel. Under systemd, set `Delegate=yes`."
)
UNSAFE = "Models run without isolation, because ALLOW_UNSANDBOXED is set."


class WallFailed(Exception):
    """A wall cannot be trusted here; the message says why and what to do."""


def _probe(wall: Wall, *, allocate_bytes: int) -> Result:
    with tempfile.NamedTemporaryFile(prefix="stoa-secret-") as secret:
        arguments = {
            "secret": secret.name,
            "worker": os.getpid(),
            "allocate_bytes": allocate_bytes,
        }
        return wall.run(JobSpec("probe", TEST_LIMITS, arguments=arguments))


def prove(wall: Wall) -> None:
    """Let a benign job succeed behind `wall`, and attacks fail.

    Raises:
        WallFailed: something that should not have worked did, or the reverse.
    """
    try:
        benign = _probe(wall, allocate_bytes=0)
        bomb = _probe(wall, allocate_bytes=BOMB_BYTES)
    except (SandboxBroken, RuntimeIncomplete, UnknownArchitecture, OSError) as broken:
        raise WallFailed(f"cannot be built here ({str(broken)[-300:]})") from broken
    if benign.status is not Status.OK or not benign.output.startswith(b"A"):
        raise WallFailed(f"stops even a harmless job ({benign.log_tail[-300:]})")
    managed = json.loads(benign.output[1:])
    if managed:
        raise WallFailed(f"let a test {', '.join(managed)}")
    if bomb.status is not Status.OUT_OF_MEMORY:
        raise WallFailed(f"did not hold a test's memory ({bomb.status.lower()})")


def _bwrap(python: Path | None) -> Wall:
    if BwrapWall.program() is None:
        raise WallFailed(f"is not installed. {INSTALL_BWRAP}")
    wall = BwrapWall(python=python)
    try:
        prove(wall)
    except WallFailed as failed:
        raise WallFailed(f"{failed}. {ALLOW_NAMESPACES}") from failed
    return wall


def _landlock(python: Path | None) -> Wall:
    version = landlock_version()
    if not version:
        raise WallFailed(
            "is not in this kernel: Linux 5.13 with CONFIG_SECURITY_LANDLOCK"
        )
    if version < HIDES_SOCKETS_AND_SIGNALS and not is_root():
        raise WallFailed("does not hide the worker's processes before Linux 6.12")
    wall = LandlockWall(python=python)
    prove(wall)
    return wall


@lru_cache
def _safe_wall(python: Path | None) -> tuple[Wall, tuple[str, ...]]:
    """Return the best wall and what would be better. Only success is remembered.

    Raises:
        SandboxUnavailable: no wall is safe here.
    """
    reasons = []
    for name, build in (("bubblewrap", _bwrap), ("Landlock", _landlock)):
        try:
            wall = build(python)
        except WallFailed as failed:
            reasons.append(f"{name} {failed}")
            continue
        if wall.hierarchy is None:
            reasons.append(DELEGATE_GROUPS)
        return wall, tuple(reasons)
    raise SandboxUnavailable(" ".join(reasons))


def sandbox_level(*, python: Path | None = None) -> SandboxLevel:
    """Say how well this machine holds strangers' code. Takes under a second, once."""
    try:
        wall, reasons = _safe_wall(python)
    except SandboxUnavailable as unavailable:
        return SandboxLevel(NoWall.kind, is_safe=False, reasons=(str(unavailable),))
    return SandboxLevel(wall.name, is_safe=True, reasons=reasons)


def choose_sandbox(
    *, allow_unsandboxed: bool = False, python: Path | None = None
) -> Sandbox:
    """Return the best sandbox of this machine.

    Args:
        allow_unsandboxed: the operator's word that no sandbox will do.
        python: the interpreter for jobs; None means ours.

    Raises:
        SandboxUnavailable: none is safe, and none at all is not allowed; the message
            says what to install.
    """
    try:
        wall, _ = _safe_wall(python)
    except SandboxUnavailable as unavailable:
        if not allow_unsandboxed:
            raise SandboxUnavailable(
                f"Strangers' models cannot run safely on this machine. {unavailable} "
                "(ALLOW_UNSANDBOXED=1 runs them without isolation.)"
            ) from unavailable
        return NoWall(python=python)
    return wall
