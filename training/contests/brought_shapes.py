"""The shapes of what a host's own worker tells of a run, each number finite and bounded."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.contests.brought_losses import ResultRefused
from training.jobs import MOST_SIZES, Stage
from training.leaderboards.subgroups import LONGEST_SUBGROUP, MOST_SUBGROUPS

MOST_BINS = 200


Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=10**10)]
Bytes = Annotated[int, Field(ge=0, le=10**15)]
Positive = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e15)]
Word = Annotated[str, Field(max_length=100)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MetricIn(Strict):
    name: Word
    value: Number
    low: Number
    high: Number


class BinIn(Strict):
    confidence: Share
    accuracy: Share
    low: Share
    high: Share
    count: Annotated[int, Field(ge=0, le=10**10)]


class SubgroupIn(Strict):
    name: Annotated[str, Field(max_length=LONGEST_SUBGROUP)]
    row_count: Count
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None


Subgroups = Annotated[list[SubgroupIn], Field(max_length=MOST_SUBGROUPS)]


class UsageIn(Strict):
    wall_seconds: Positive
    cpu_seconds: Positive
    peak_memory_bytes: Bytes
    device: Word
    sandbox: Word
    load_ms: Positive | None = None
    latency_ms_per_row: Positive | None = None
    latency_p99_ms: Positive | None = None
    rows_per_second: Positive | None = None
    throughput: Annotated[
        list[tuple[Count, Positive]], Field(max_length=MOST_SIZES)
    ] = []
    energy_joules: Positive | None = None
    gpu_energy_joules: Positive | None = None
    gpu_peak_memory_bytes: Bytes | None = None
    gpu_busy: Annotated[float, Field(ge=0, le=1)] | None = None
    cost_minor: None = None  # whoever brings a worker pays for it


class OutcomeIn(Strict):
    """`training.jobs.Outcome` as JSON; losses as base64 of their NPY files."""

    metrics: Annotated[list[MetricIn], Field(min_length=1, max_length=50)]
    private_metrics: Annotated[list[MetricIn], Field(max_length=50)] = []
    usage: UsageIn
    predictions_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    row_count: Annotated[int, Field(ge=0)]
    calibration: Annotated[list[BinIn], Field(max_length=MOST_BINS)] = []
    subgroups: Subgroups = []
    private_subgroups: Subgroups = []
    losses: str = ""
    private_losses: str = ""


class RowIn(Strict):
    row: Annotated[int, Field(ge=0)]
    id: Annotated[str, Field(max_length=60)]
    problem: Annotated[str, Field(max_length=200)]


class FailureIn(Strict):
    code: Annotated[str, Field(pattern="^[a-z_]{1,50}$")]
    message: Annotated[str, Field(min_length=1, max_length=2000)]
    stage: Stage
    rows: Annotated[list[RowIn], Field(max_length=10)] = []
    row_count: Annotated[int, Field(ge=0, le=10**10)] = 0


Told = TypeVar("Told", bound=Strict)


def parsed(shape: type[Told], told: Mapping[str, Any]) -> Told:
    """Return what a worker tells, as a shape has it.

    Raises:
        ResultRefused: it is not of that shape; the message names the field.
    """
    try:
        return shape.model_validate(told)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise ResultRefused(f"{where}: {first['msg']}.") from fault
