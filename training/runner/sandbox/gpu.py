"""A graphics processor for one job: its device nodes, its driver's libraries, its turn.

A job gets the nodes of one card, and that card to itself: no control group counts a
card's memory. A card that its operator has cut up (MIG) is as many as it has parts, whose
memory the card keeps apart. `nvidia-smi` proves nothing, so the self-test runs a kernel
(`inside/probe_gpu.py`).
"""

import fcntl
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from training.jobs import RunStopped
from training.runner.sandbox.runtime import DRIVER_PLACE
from training.runner.sandbox.spec import SandboxBroken, never

DEVICES = Path("/dev")
CAPABILITIES = Path("/proc/driver/nvidia/capabilities")
MINOR = re.compile(r"^DeviceFileMinor: (\d+)$", re.MULTILINE)
CARD = re.compile(r"nvidia(\d+)")
CONTROLS = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
DRIVER = re.compile(r"\s(lib(?:cuda|nvidia-[\w-]+)\.so\.\S+) \(([^)]*)\) => (\S+)")
OURS = ("x86-64", "AArch64")
LDCONFIG = "/sbin/ldconfig"
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Gpu:
    """One card: nodes to open, and libraries with their places below the job's root.

    `part` names the instance of a card that is cut up, and is empty for a whole one.
    """

    index: int
    nodes: tuple[Path, ...]
    libraries: tuple[tuple[Path, str], ...] = ()
    part: str = ""


def libraries_in(listed: str) -> tuple[tuple[Path, str], ...]:
    """Find the driver's libraries in what `ldconfig -p` prints, 64-bit ones alone."""
    found: dict[str, Path] = {}
    for name, kind, path in DRIVER.findall(listed):
        if any(ours in kind for ours in OURS):
            found.setdefault(name, Path(path))
    return tuple((path, f"{DRIVER_PLACE}/{name}") for name, path in found.items())


def find_gpus(
    devices: Path = DEVICES, capabilities: Path = CAPABILITIES
) -> tuple[Gpu, ...]:
    """Return the NVIDIA cards of this machine, and of those that are cut up the parts."""
    with suppress(OSError):
        names = sorted(entry.name for entry in devices.iterdir())
        cards = [int(match[1]) for name in names if (match := CARD.fullmatch(name))]
        controls = [devices / name for name in CONTROLS if name in names]
        if not cards:
            return ()
        listed = subprocess.run(
            [LDCONFIG, "-p"], capture_output=True, text=True, check=False
        ).stdout
        libraries = libraries_in(listed)
        return tuple(
            Gpu(card, (devices / f"nvidia{card}", *controls, *more), libraries, part)
            for card in sorted(cards)
            for part, more in _parts_of(card, devices, capabilities)
        )
    return ()


def _parts_of(
    card: int, devices: Path, capabilities: Path
) -> list[tuple[str, tuple[Path, ...]]]:
    """Return the parts of a card by name, each with the nodes that open it alone.

    A compute instance (ci) takes its own node and that of its GPU instance (gi). A card
    that is whole is one part without a name.
    """
    parts = []
    for access in sorted(capabilities.glob(f"gpu{card}/mig/gi*/ci*/access")):
        outer = access.parents[1]
        minors = [MINOR.search(file.read_text()) for file in (outer / "access", access)]
        nodes = [
            devices / "nvidia-caps" / f"nvidia-cap{minor[1]}"
            for minor in minors
            if minor
        ]
        parts.append((f"-{outer.name}-{access.parent.name}", tuple(nodes)))
    return parts or [("", ())]


@contextmanager
def held_gpu(gpus: Sequence[Gpu], *, stop: Callable[[], bool] = never) -> Iterator[Gpu]:
    """Take a card that no other job of this machine has, until the block ends.

    Waits for one while each is taken: whoever waits holds nothing else.

    Args:
        gpus: those of this machine.
        stop: asked twice a second while there is none free.

    Raises:
        SandboxBroken: there is none, or none that this account may take.
        RunStopped: `stop` said so before one was free.
    """
    while (taken := _first_free(gpus)) is None:
        if stop():
            raise RunStopped
        time.sleep(LOOK_SECONDS)
    gpu, fd = taken
    try:
        yield gpu
    finally:
        os.close(fd)


def _first_free(gpus: Sequence[Gpu]) -> tuple[Gpu, int] | None:
    """Lock a card that is free; None if each is taken.

    Raises:
        SandboxBroken: there is none, or each is another account's.
    """
    is_ours = False
    for gpu in gpus:
        turn = Path(tempfile.gettempdir(), f"stoa-gpu-{gpu.index}{gpu.part}.lock")
        try:
            fd = os.open(turn, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        except OSError:  # it is another account's, whose card this is
            continue
        is_ours = True
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        return gpu, fd
    if is_ours:
        return None
    count = len(gpus)
    told = f"each of {count} is another account's" if count else "this machine has none"
    raise SandboxBroken(f"The job needs an NVIDIA GPU, and {told}.")
