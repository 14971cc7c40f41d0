"""What a person decides about a job, and how far an operator lets it go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from marketplace.catalog.models import Repository
from training.notebooks.models import STANDARD, Schedule


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most of each that the operator gives a job, and where it may run."""

    minutes: int
    memory_mib: int
    environments: Sequence[str] = (STANDARD,)
    has_gpu: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a job runs by itself: see `training.notebooks.models.Job`."""

    schedule: Schedule = Schedule.NEVER
    at_time: time | None = None
    weekday: int | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class InputPlan:
    """A dataset to read, at a branch, a tag or a commit."""

    dataset: Repository
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A job as it is to be. Without a `source` one that is there keeps its own.

    `filename` is what the source was called, if it came as a file.
    """

    name: str
    minutes: int
    memory_mib: int
    source: bytes | None = None
    filename: str = ""
    environment: str = STANDARD
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[InputPlan] = ()
    uses_gpu: bool = False
    timetable: Timetable = Timetable()
