"""Finds the best wall of this machine, and proves it by attacking it from within."""

import hashlib
import json
import os
import socket
import tempfile
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from training.jobs import MIB, Containers, Limits, RunStopped, SandboxLevel
from training.runner.sandbox.beside import (
    HIDES_SOCKETS_AND_SIGNALS,
    LandlockWall,
    NoWall,
    landlock_version,
)
from training.runner.sandbox.bwrap import BwrapWall
from training.runner.sandbox.containers import ContainerWall
from training.runner.sandbox.docker import DockerWall
from training.runner.sandbox.gpu import find_gpus
from training.runner.sandbox.kubernetes import KubernetesWall
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.sandbox.seccomp import UnknownArchitecture
from training.runner.sandbox.spec import (
    JobSpec,
    Result,
    Risk,
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
TABLES_ONLY = (
    "Landlock holds no memory that belongs to no process, so without a control group "
    "this worker reads tables and runs neither models nor code."
)
REFUSED = (
    "What strangers hand in cannot be opened safely on this machine. (For tests, "
    "ALLOW_UNSANDBOXED=1 with DEBUG=1 goes without isolation.)"
)
OUTSIDE = ("192.0.2.1", 9)  # documentation's own, which leads nowhere
ENGINES: dict[str, type[ContainerWall]] = {
    "docker": DockerWall,
    "kubernetes": KubernetesWall,
}
FREE_WITHIN_SECONDS = 30.0
CARDS_TAKEN = "GPU: other jobs had each card as this worker began, so none was proved."
GPU_LIMITS = Limits(memory_bytes=4096 * MIB, cpu_seconds=30, wall_seconds=30.0)


class WallFailed(Exception):
    """A wall cannot be trusted here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """A wall that was proved, the most it may be given, and what would be better."""

    wall: Sandbox
    holds: Risk
    name: str
    reasons: tuple[str, ...] = ()


def _own_address() -> str:
    """Return the address by which others reach this machine; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        try:
            out.connect(OUTSIDE)
        except OSError:
            return "127.0.0.1"
        address: str = out.getsockname()[0]
        return address


def _probe(wall: Sandbox, *, allocate_bytes: int) -> Result:
    address = _own_address()
    environment = Path("/proc/self/environ").read_bytes()
    with (
        tempfile.NamedTemporaryFile(prefix="stoa-secret-") as secret,
        socket.create_server((address, 0)) as listener,
    ):
        arguments = {
            "secret": secret.name,
            "worker": os.getpid(),
            "environment_sha256": hashlib.sha256(environment).hexdigest(),
            "listener": [address, listener.getsockname()[1]],
            "has_own_files": isinstance(wall, ContainerWall),
            "allocate_bytes": allocate_bytes,
        }
        return wall.run(JobSpec("probe", TEST_LIMITS, arguments=arguments))


def prove(wall: Sandbox) -> None:
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


def _found(wall: Wall) -> Found:
    weaknesses = []
    if wall.holds is Risk.TABLES:
        weaknesses.append(TABLES_ONLY)
    if wall.hierarchy is None:
        weaknesses.append(DELEGATE_GROUPS)
    return Found(wall, wall.holds, wall.name, tuple(weaknesses))


def _bwrap(python: Path | None) -> Found:
    if BwrapWall.program() is None:
        raise WallFailed(f"is not installed. {INSTALL_BWRAP}")
    wall = BwrapWall(python=python)
    try:
        prove(wall)
    except WallFailed as failed:
        raise WallFailed(f"{failed}. {ALLOW_NAMESPACES}") from failed
    return _found(wall)


def _landlock(python: Path | None) -> Found:
    version = landlock_version()
    if not version:
        raise WallFailed(
            "is not in this kernel: Linux 5.13 with CONFIG_SECURITY_LANDLOCK"
        )
    if version < HIDES_SOCKETS_AND_SIGNALS and not is_root():
        raise WallFailed("does not hide the worker's processes before Linux 6.12")
    wall = LandlockWall(python=python)
    prove(wall)
    return _found(wall)


def _contained(containers: Containers) -> Found:
    """Prove the engine that the operator chose; nothing else is tried in its place.

    Raises:
        SandboxUnavailable: it does not hold.
    """
    try:
        wall = ENGINES[containers.engine](containers)
        prove(wall)
    except (SandboxBroken, WallFailed) as failed:
        raise SandboxUnavailable(
            f"Containers of {containers.engine} (SANDBOX_ENGINE): {failed}. The image "
            f"{containers.image} has to be there, with Stoa of this version in it."
        ) from failed
    return Found(wall, wall.holds, wall.name)


@lru_cache
def _best(python: Path | None, containers: Containers | None) -> Found:
    """Return the best wall. Only success is remembered.

    Raises:
        SandboxUnavailable: no wall is safe here.
    """
    if containers is not None:
        return _with_gpu(_contained(containers))
    reasons: list[str] = []
    second = None
    for name, build in (("bubblewrap", _bwrap), ("Landlock", _landlock)):
        try:
            found = build(python)
        except WallFailed as failed:
            reasons.append(f"{name} {failed}")
            continue
        found = replace(found, reasons=(*reasons, *found.reasons))
        if found.holds is Risk.CODE:
            return _with_gpu(found)
        second = second or found
    if second is None:
        raise SandboxUnavailable(" ".join(reasons))
    return second


def _with_gpu(found: Found) -> Found:
    """Prove, where a card is at hand and soon free, that a job computes on it."""
    if not find_gpus():
        return found
    until = time.monotonic() + FREE_WITHIN_SECONDS
    try:
        result = found.wall.run(
            JobSpec("probe_gpu", GPU_LIMITS, gpu=True),
            stop=lambda: time.monotonic() > until,
        )
    except RunStopped:
        return replace(found, reasons=(*found.reasons, CARDS_TAKEN))
    except SandboxBroken as broken:
        return replace(found, reasons=(*found.reasons, f"GPU: {broken}"))
    if result.status is Status.OK and result.output.startswith(b"A"):
        return replace(found, name=f"{found.name}+GPU")
    said = result.output[1:].decode(errors="replace") or result.log_tail[-300:]
    return replace(found, reasons=(*found.reasons, f"A job cannot use the GPU: {said}"))


def sandbox_level(
    *, python: Path | None = None, containers: Containers | None = None
) -> SandboxLevel:
    """Say how well this machine holds strangers' code. Takes under a second, once.

    Args:
        python: the interpreter for jobs; None means ours.
        containers: the engine that the operator chose; None means this machine's walls.
    """
    try:
        found = _best(python, containers)
    except SandboxUnavailable as unavailable:
        return SandboxLevel(NoWall.kind, is_safe=False, reasons=(str(unavailable),))
    is_safe = found.holds is Risk.CODE
    return SandboxLevel(found.name, is_safe=is_safe, reasons=found.reasons)


def choose_sandbox(
    *,
    risk: Risk = Risk.CODE,
    allow_unsandboxed: bool = False,
    python: Path | None = None,
    containers: Containers | None = None,
) -> Sandbox:
    """Return the best sandbox of this machine, if it holds what is to go into it.

    Args:
        risk: what the jobs bring.
        allow_unsandboxed: no sandbox will do, as in tests.
        python: the interpreter for jobs; None means ours.
        containers: the engine that the operator chose; None means this machine's walls.

    Raises:
        SandboxUnavailable: none holds that, and none at all is not allowed; the message
            says what to install.
    """
    try:
        return _holding(risk, _best(python, containers))
    except SandboxUnavailable as unavailable:
        if allow_unsandboxed:
            return NoWall(python=python)
        raise SandboxUnavailable(f"{REFUSED} {unavailable}") from unavailable


def _holding(risk: Risk, found: Found) -> Sandbox:
    if risk is Risk.CODE and found.holds is Risk.TABLES:
        raise SandboxUnavailable(" ".join(found.reasons))
    return found.wall
