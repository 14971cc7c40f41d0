"""What benchmarks print and the figures that they name: told, kept, drawn on a page."""

import operator
import time
from dataclasses import asdict, dataclass

from tests import figured
from tests.benchmarks import page

FOLDER = figured.ROOT / "build" / "bench"
BOUNDS = {"at most": operator.le, "at least": operator.ge}
KEPT_AS = "figure"


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio or an amount; `bound` says from which side its `goal` holds it."""

    name: str
    value: float
    unit: str
    bound: str = ""
    goal: float | None = None

    @property
    def is_reached(self) -> bool:
        return self.goal is None or BOUNDS[self.bound](self.value, self.goal)

    def __str__(self) -> str:
        held = "" if self.goal is None else f" ({self.bound} {self.goal:,})"
        return f"{self.name}: {self.value:,.2f} {self.unit}{held}"


class Teller:
    """Prints a benchmark's figures, has them kept, and holds them to their goals."""

    def __init__(self, record_property) -> None:
        self.record_property = record_property

    def __call__(self, name, value, unit="×", *, at_most=None, at_least=None) -> None:
        bound = "" if at_most is at_least else "at least"
        goal = at_least
        if at_most is not None:
            bound, goal = "at most", at_most
        told = Figure(name, round(value, 4), unit, bound, goal)
        self.record_property(KEPT_AS, asdict(told))
        print(told)
        assert told.is_reached, str(told)


class Recorder:
    """A pytest plugin: tells each benchmark as it ends, and writes all of the run."""

    def __init__(self, reporter) -> None:
        self.reporter = reporter
        self.run = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "commit": figured.commit(),
            "machine": figured.machine(),
            "tests": {},
        }

    def pytest_runtest_logreport(self, report):
        if report.when != "call" or "benchmark" not in report.keywords:
            return
        said = report.capstdout.strip()
        self.run["tests"][report.nodeid] = {
            "passed": report.passed,
            "seconds": round(report.duration, 1),
            "said": said,
            "figures": [
                told for name, told in report.user_properties if name == KEPT_AS
            ],
        }
        self.reporter.write_line(f"\n{report.nodeid}\n{said}")

    def pytest_sessionfinish(self):
        if self.run["tests"]:
            written = page.write(FOLDER, self.run)
            self.reporter.write_line(f"\nThe page: {written}")
