"""What crosses to a worker and back: frozen values of the standard library alone."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from training.kinds import Kind

MIB = 2**20
LARGER = "autogluon.tabular"  # what an interpreter of the larger tier has
MOST_SIZES = 20  # of batches, whose speed is told


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use before it is stopped.

    `processes` counts threads too, as the kernel does. `scratch_bytes` is the job's own
    /tmp, which is memory; `output_bytes` is the result it may hand back and `log_bytes`
    what is kept of its stdout and stderr together.
    """

    memory_bytes: int = 1024 * MIB
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    processes: int = 32
    scratch_bytes: int = 256 * MIB
    output_bytes: int = 256 * MIB
    log_bytes: int = 1 * MIB
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be predicted, how the truth file names it, and how it is scored.

    Classification has `classes`, in the order that models and files give them; a
    regression has none. For other kinds they are labels, the levels of quantiles or
    the horizons of survival: what columns are named by. The first of `metrics` (names
    of `METRIC_FACTS`) ranks. With a `split_column`, truth rows saying "private" are
    scored apart from the rest. Without a `kind`, the classes tell it.
    """

    metrics: tuple[str, ...]
    classes: tuple[str, ...] = ()
    id_column: str = "id"
    column: str = "target"
    split_column: str = ""
    kind: Kind | None = None

    @property
    def asks(self) -> Kind:
        """Return the kind of task, told by the classes if by nothing else."""
        if self.kind is not None:
            return self.kind
        if not self.classes:
            return Kind.REGRESSION
        return Kind.BINARY if len(self.classes) == 2 else Kind.MULTICLASS


@dataclass(frozen=True, slots=True)
class PredictionsJob:
    """Score a file of predictions: CSV with an id column, rows in any order.

    `subgroups` of this and other jobs is a CSV of `id` and `subgroup`, each id of the
    truth once: on each subgroup the metric that ranks is computed once more.
    A truth whose `truth_sha256` is told is read once for many jobs.
    """

    predictions: Path
    truth: Path
    target: Target
    limits: Limits = field(default_factory=Limits)
    subgroups: Path | None = None
    truth_sha256: str = ""


@dataclass(frozen=True, slots=True)
class OnnxJob:
    """Run an ONNX model on `inputs` (CSV: the id column and features) and score it."""

    model: Path
    inputs: Path
    truth: Path
    target: Target
    limits: Limits = field(default_factory=Limits)
    subgroups: Path | None = None


class ModelFormat(StrEnum):
    """Models beside ONNX; loading one of the last three may run code of its author."""

    SAFETENSORS = "SAFETENSORS"
    SKOPS = "SKOPS"
    TORCHSCRIPT = "TORCHSCRIPT"
    PT2 = "PT2"
    STATE_DICT = "STATE_DICT"


@dataclass(frozen=True, slots=True)
class ModelJob:
    """Run a model of another format on `inputs` (as of `OnnxJob`) and score it.

    One that runs code of its author is refused unless `allows_programs`.
    """

    model: Path
    format: ModelFormat
    inputs: Path
    truth: Path
    target: Target
    limits: Limits = field(default_factory=lambda: Limits(memory_bytes=2048 * MIB))
    allows_programs: bool = False
    subgroups: Path | None = None


@dataclass(frozen=True, slots=True)
class CodeJob:
    """Run `predict.py` or a notebook on `inputs` and score what it writes.

    The archive is a zip; or a notebook alone. In a contest of several tasks it runs for
    each, and finds the name of the `task` at $TASK.
    """

    archive: Path
    inputs: Path
    truth: Path
    target: Target
    limits: Limits = field(default_factory=Limits)
    subgroups: Path | None = None
    task: str = ""


Job = PredictionsJob | OnnxJob | ModelJob | CodeJob


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One number with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SubgroupScore:
    """The metric that ranks, on the rows of one subgroup, with its 95 % interval.

    The numbers are None where too few rows are in it, or the metric does not exist.
    """

    name: str
    row_count: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Examples of like confidence: what the model said, and how often it was right."""

    confidence: float
    accuracy: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What the job took. Model times are None for a file of predictions.

    `latency_ms_per_row` is the median of single rows, `throughput` pairs of rows in a
    batch and rows per second, the batches growing; `rows_per_second` is the most of them.
    Joules are None where the machine does not tell; the cost, in minor units of the site's
    currency, where its operator states no price. `gpu_busy` is from 0 to 1.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    device: str
    sandbox: str
    load_ms: float | None = None
    latency_ms_per_row: float | None = None
    latency_p99_ms: float | None = None
    rows_per_second: float | None = None
    throughput: tuple[tuple[int, float], ...] = ()
    energy_joules: float | None = None
    cost_minor: float | None = None
    gpu_energy_joules: float | None = None
    gpu_peak_memory_bytes: int | None = None
    gpu_busy: float | None = None

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        rates = plain.get("throughput", ())
        return cls(**{**plain, "throughput": tuple(map(tuple, rates))})

    def priced(self, cpu_hour_minor: int) -> "Usage":
        """Return the same with what its processor time costs; unpriced at 0."""
        if not cpu_hour_minor:
            return self
        return replace(self, cost_minor=self.cpu_seconds / 3600 * cpu_hour_minor)


def total(told: Iterable[float | None]) -> float | None:
    """Add up what several jobs took; None if one does not tell, or there are none."""
    given = list(told)
    known = [each for each in given if each is not None]
    return sum(known) if known and len(known) == len(given) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scored submission.

    `private_metrics` is empty unless the truth has a split, `subgroups` and those of the
    private rows unless the job named some. `losses` and
    `private_losses` are one float32 per row in the truth's order (NPY bytes, for
    paired comparison of submissions: see `training.leaderboards.ranks.matrix_of`),
    empty where the ranking metric has none; they are not part of the JSON.
    """

    metrics: tuple[MetricValue, ...]
    usage: Usage
    predictions_sha256: str
    row_count: int
    private_metrics: tuple[MetricValue, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    subgroups: tuple[SubgroupScore, ...] = ()
    private_subgroups: tuple[SubgroupScore, ...] = ()
    log_tail: str = ""
    losses: bytes = field(default=b"", repr=False)
    private_losses: bytes = field(default=b"", repr=False)

    def as_json(self) -> dict[str, Any]:
        plain = asdict(self)
        del plain["losses"], plain["private_losses"]
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        return cls(
            metrics=tuple(MetricValue(**one) for one in plain["metrics"]),
            usage=Usage.from_json(plain["usage"]),
            predictions_sha256=plain["predictions_sha256"],
            row_count=plain["row_count"],
            private_metrics=tuple(MetricValue(**x) for x in plain["private_metrics"]),
            calibration=tuple(CalibrationBin(**x) for x in plain["calibration"]),
            subgroups=tuple(SubgroupScore(**x) for x in plain.get("subgroups", ())),
            private_subgroups=tuple(
                SubgroupScore(**x) for x in plain.get("private_subgroups", ())
            ),
            log_tail=plain["log_tail"],
        )


class Stage(StrEnum):
    """How far a submission came."""

    UNPACK = "UNPACK"
    READ = "READ"
    LOAD = "LOAD"
    RUN = "RUN"
    SCORE = "SCORE"


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row of a submitted file; `row` counts as a spreadsheet does, header first.

    `row` is 0 for an id that the file lacks.
    """

    row: int
    id: str
    problem: str


class SubmissionFailed(Exception):
    """The submission's own fault, told so that its author can mend it.

    Args:
        code: for programs, such as `unknown_ids`.
        message: a sentence that says what is wrong and what to do.
        stage: how far it came.
        rows: the first bad rows; `row_count` says how many there are in all.
        log_tail: the end of what the submission printed; not for hidden inputs.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        stage: Stage,
        rows: tuple[BadRow, ...] = (),
        row_count: int = 0,
        log_tail: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.stage = stage
        self.rows = rows
        self.row_count = row_count or len(rows)
        self.log_tail = log_tail

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "stage": self.stage.value,
            "rows": [asdict(row) for row in self.rows],
            "row_count": self.row_count,
            "log_tail": self.log_tail,
        }


class RunStopped(Exception):
    """The caller's `stop()` said so (cancelled, lease lost): record nothing."""


@dataclass(frozen=True, slots=True)
class SandboxLevel:
    """How well this machine holds strangers' code, for doctor and operators' pages.

    `name` is like "bwrap+seccomp+cgroup v1"; `reasons` say what is missing and how to
    mend it. Below `is_safe` models run only if the operator allowed it.
    """

    name: str
    is_safe: bool
    reasons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Containers:
    """An engine that holds jobs instead of this machine's own walls.

    `image` has Stoa and its worker's libraries, and is named by its digest. `runtime` is
    the engine's name of a stronger one, `card` of what jobs on cards get: unset, a whole.
    """

    engine: str
    image: str
    runtime: str = ""
    namespace: str = "default"
    card: str = ""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a model; None is a free dimension."""

    name: str
    element_type: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What an ONNX file says of itself, read in the sandbox."""

    size_bytes: int
    node_count: int
    opsets: dict[str, int]
    producer: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Described:
    """How a model's file says it is called, read in the sandbox.

    `outputs` are those of a trial where there was one: else `untried` says why. `columns`
    and `classes` are what it calls them, `mean` and `deviation` what is taken from pictures
    and divided by; whatever it does not say is empty.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    untried: str = ""
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
