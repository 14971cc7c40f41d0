"""What graphics cards tell of themselves and of what a job took of one, by NVML.

Nothing is guessed: where there is no driver, or a card does not count something, it is
None. A card is one job's at a time, so what it counts is that job's.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pynvml

from training.runner.sandbox.spec import Status, TakenOfCard

MILLI = 1e-3
LOOK_SECONDS = 0.1
Nvml = Any  # the module pynvml, which has no types


@dataclass(frozen=True, slots=True)
class Card:
    """One card as its driver tells of it; `cuda` is the newest that the driver runs."""

    name: str
    memory_bytes: int
    cuda: str


def cards(nvml: Nvml = pynvml) -> tuple[Card, ...]:
    """Return the cards that the driver of this machine tells of; none without one."""
    try:
        nvml.nvmlInit()
        version = nvml.nvmlSystemGetCudaDriverVersion()
        handles = [
            nvml.nvmlDeviceGetHandleByIndex(place)
            for place in range(nvml.nvmlDeviceGetCount())
        ]
        return tuple(
            Card(
                nvml.nvmlDeviceGetName(handle),
                nvml.nvmlDeviceGetMemoryInfo(handle).total,
                f"{version // 1000}.{version % 1000 // 10}",
            )
            for handle in handles
        )
    except nvml.NVMLError:
        return ()


class CardWatch:
    """Looks at one card ten times a second while a job has it; limits nothing.

    The card's memory is that of everything on it, less what was taken as the job began.
    """

    exceeds: ClassVar[Status] = Status.OUT_OF_MEMORY

    def __init__(
        self,
        handle: Any,
        *,
        nvml: Nvml = pynvml,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nvml, self._handle, self._clock = nvml, handle, clock
        self._name: str = nvml.nvmlDeviceGetName(handle)
        self._joules_before = self._joules()
        self._held_before = self._held() or 0
        self._most_held: int | None = None
        self._busy: list[float] = []
        self._looked_at = float("-inf")

    @classmethod
    def of(cls, number: int, nvml: Nvml = pynvml) -> Self | None:
        """Watch the card of the node /dev/nvidia<number>; None if no driver tells of it."""
        try:
            nvml.nvmlInit()
            for place in range(nvml.nvmlDeviceGetCount()):
                handle = nvml.nvmlDeviceGetHandleByIndex(place)
                if nvml.nvmlDeviceGetMinorNumber(handle) == number:
                    return cls(handle, nvml=nvml)
        except nvml.NVMLError:
            return None
        return None

    def is_exceeded(self) -> bool:
        now = self._clock()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._look()
        return False

    def taken(self) -> TakenOfCard:
        """Return what was taken so far."""
        before, now = self._joules_before, self._joules()
        joules = None if before is None or now is None else now - before
        return TakenOfCard(
            name=self._name,
            energy_joules=joules,
            peak_memory_bytes=self._most_held,
            busy_fraction=sum(self._busy) / len(self._busy) if self._busy else None,
        )

    def _look(self) -> None:
        if (held := self._held()) is not None:
            self._most_held = max(self._most_held or 0, held - self._held_before)
        if (busy := self._asked(self._nvml.nvmlDeviceGetUtilizationRates)) is not None:
            self._busy.append(busy.gpu / 100)

    def _joules(self) -> float | None:
        told = self._asked(self._nvml.nvmlDeviceGetTotalEnergyConsumption)
        return None if told is None else told * MILLI

    def _held(self) -> int | None:
        told = self._asked(self._nvml.nvmlDeviceGetMemoryInfo)
        return None if told is None else int(told.used)

    def _asked(self, question: Callable[[Any], Any]) -> Any:
        try:
            return question(self._handle)
        except self._nvml.NVMLError:  # older cards, and parts of one, do not count all
            return None
