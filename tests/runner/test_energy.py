"""Energy is told where the machine counts it, shared by processor time, never guessed."""

import os

import pytest

from training.jobs import Usage, total
from training.runner.energy import joules_between, read_energy

TICKS = os.sysconf("SC_CLK_TCK")
MOST = 262_143_328_850


@pytest.fixture
def machine(tmp_path):
    """A folder as the kernel shows its counters in, and a way to set them."""

    def counted(*packages, busy_seconds=0.0, idle_seconds=500.0):
        for number, microjoules in enumerate(packages):
            for name in (f"intel-rapl:{number}", f"intel-rapl:{number}:0"):
                (tmp_path / name).mkdir(exist_ok=True)
                (tmp_path / name / "energy_uj").write_text(f"{microjoules}\n")
                (tmp_path / name / "max_energy_range_uj").write_text(f"{MOST}\n")
        ticks = [busy_seconds * TICKS, 0, 0, idle_seconds * TICKS, 7, 0, 0, 0]
        told = " ".join(str(int(each)) for each in ticks)
        (tmp_path / "stat").write_text(f"cpu  {told} 0 0\ncpu0 1 2 3\n")
        return read_energy(tmp_path, tmp_path / "stat")

    return counted


def test_a_job_gets_its_share_of_what_all_packages_took(machine):
    before = machine(1_000_000, MOST - 999_999, busy_seconds=10)
    after = machine(9_000_000, 1_000_000, busy_seconds=14)  # the second began anew

    assert joules_between(before, after, cpu_seconds=1.0) == pytest.approx(2.5)
    assert joules_between(before, after, cpu_seconds=9.0) == pytest.approx(10.0)


def test_nothing_is_told_where_nothing_can_be_read(machine, tmp_path):
    nothing = machine(busy_seconds=1)
    counted = machine(1_000_000)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("secret")

    assert nothing is None
    assert machine() is None
    assert joules_between(None, counted, cpu_seconds=1) is None
    assert read_energy(tmp_path / "gone", tmp_path / "stat") is None


def test_what_several_jobs_took_is_told_only_if_all_tell():
    assert total([1.5, 2.0]) == 3.5
    assert total([1.5, None]) is None
    assert total([]) is None


def test_a_run_costs_its_processor_time_at_the_price_of_an_hour():
    usage = Usage(9.0, 7.2, 10**6, "CPU (1 thread)", "none")

    assert usage.priced(0).cost_minor is None
    assert usage.priced(500).cost_minor == pytest.approx(1.0)
