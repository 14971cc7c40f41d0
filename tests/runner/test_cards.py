"""What cards tell: by a driver that tells what we say, by none, and by a real one."""
# ruff: noqa: N802  as the driver names its functions

from dataclasses import asdict, dataclass, field
from types import SimpleNamespace

import pynvml
import pytest

from tests.runner.test_gpu import NO_CARD
from training.jobs import Usage
from training.runner.sandbox.cards import Card, CardWatch, cards
from training.runner.sandbox.gpu import find_gpus
from training.runner.sandbox.level import GPU_LIMITS, choose_sandbox
from training.runner.sandbox.spec import JobSpec, Status, TakenOfCard

GIB = 2**30
CPU = Usage(2.0, 1.5, 10, device="CPU (1 thread)", sandbox="bwrap")


@dataclass
class Driver:
    """Tells of cards as NVML does, by the functions that are asked; time is ours."""

    minors: tuple[int, ...] = (3, 7)
    used: list[int] = field(default_factory=lambda: [1 * GIB, 5 * GIB, 2 * GIB])
    busy: list[int] = field(default_factory=lambda: [80, 40])
    millijoules: list[int] = field(default_factory=lambda: [1_000, 31_000])
    counts_energy: bool = True
    NVMLError = pynvml.NVMLError

    def nvmlInit(self):
        pass

    def nvmlSystemGetCudaDriverVersion(self):
        return 12080

    def nvmlDeviceGetCount(self):
        return len(self.minors)

    def nvmlDeviceGetHandleByIndex(self, place):
        return place

    def nvmlDeviceGetMinorNumber(self, handle):
        return self.minors[handle]

    def nvmlDeviceGetName(self, handle):
        return f"Card {handle}"

    def nvmlDeviceGetMemoryInfo(self, _):
        used = self.used.pop(0) if len(self.used) > 1 else self.used[0]
        return SimpleNamespace(total=80 * GIB, used=used)

    def nvmlDeviceGetUtilizationRates(self, _):
        return SimpleNamespace(gpu=self.busy.pop(0))

    def nvmlDeviceGetTotalEnergyConsumption(self, _):
        if not self.counts_energy:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return self.millijoules.pop(0)


def test_cards_are_told_with_memory_and_cuda():
    assert cards(Driver(used=[0])) == (
        Card("Card 0", 80 * GIB, "12.8"),
        Card("Card 1", 80 * GIB, "12.8"),
    )


def test_what_a_job_took_is_the_difference_and_the_most_and_the_mean():
    times = iter((0.0, 0.05, 0.1))
    watch = CardWatch(1, nvml=Driver(), clock=lambda: next(times))

    assert [watch.is_exceeded() for _ in range(3)] == [
        False
    ] * 3  # the second is too soon
    taken = watch.taken()

    assert taken == TakenOfCard("Card 1", 30.0, 4 * GIB, pytest.approx(0.6))
    usage = taken.added_to(CPU)
    assert (usage.device, usage.gpu_energy_joules) == ("Card 1", 30.0)
    assert (usage.gpu_peak_memory_bytes, usage.gpu_busy) == (
        4 * GIB,
        pytest.approx(0.6),
    )
    assert Usage.from_json(asdict(usage)) == usage


def test_a_card_that_does_not_count_its_energy_tells_none_of_it():
    watch = CardWatch(0, nvml=Driver(counts_energy=False))
    watch.is_exceeded()

    assert watch.taken() == TakenOfCard("Card 0", None, 4 * GIB, pytest.approx(0.8))


def test_the_card_is_found_by_the_number_of_its_node():
    assert CardWatch.of(7, Driver()).taken().name == "Card 1"
    assert CardWatch.of(0, Driver()) is None


@pytest.mark.skipif(bool(find_gpus()), reason="this machine has a card")
def test_without_a_driver_there_are_none_and_nothing_fails():
    assert cards() == ()
    assert CardWatch.of(0) is None


@pytest.mark.gpu
@pytest.mark.skipif(not find_gpus(), reason=NO_CARD)
def test_a_real_card_tells_what_a_kernel_took():
    [first, *_] = cards()

    result = choose_sandbox().run(JobSpec("probe_gpu", GPU_LIMITS, gpu=True))

    assert result.status is Status.OK, result.log_tail
    assert first.memory_bytes > GIB
    assert result.card.name in {each.name for each in cards()}
    assert result.card.peak_memory_bytes >= 0
    assert 0 <= result.card.busy_fraction <= 1
    assert result.card.energy_joules is None or result.card.energy_joules >= 0
