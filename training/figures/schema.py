"""What is measured of a model, as it is kept and told: versioned, checked on the way in.

Intervals cover the truth in 95 of 100 test sets. What there were too few rows to tell,
or what does not exist for the kind of task, is None.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.learning import Modality
from training.recalibration import Choice, with_recalibration

SCHEMA: Final = 1
LEAST_ROWS = 30  # of which anything is told at all


class Part(BaseModel):
    """A part of a report: numbers only, nothing that was not asked for."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, from_attributes=True
    )


class Value(Part):
    """One number with its 95 % interval."""

    value: float
    low: float
    high: float


class Score(Value):
    """One metric, by its name in `METRIC_FACTS`."""

    name: str


class Bin(Part):
    """Rows of like confidence: what was said, and how often it was right."""

    confidence: float
    accuracy: float
    low: float
    high: float
    count: int


class Baseline(Part):
    """Against saying the same of every row. `gain` above 0 says that the model is better.

    `metric` is that of which `gain` is the difference.
    """

    metric: str
    model: Value
    baseline: Value
    gain: Value


class Calibration(Part):
    """Whether it is right as often as it says.

    `ece` is the mean gap of 15 bins, as others compute it: `by_chance` is what a perfectly
    calibrated model would show on so many rows. `debiased` is the root mean square of the
    gaps with that taken off. `reliability`, `resolution` and `uncertainty` are the parts
    of the Brier score of its first answer: reliability - resolution + uncertainty.
    `before` is what `debiased` would be of its answers as they were, where they are
    recalibrated.
    """

    ece: Value
    by_chance: float
    debiased: Value
    brier: Value
    reliability: float
    resolution: float
    uncertainty: float
    bins: list[Bin]
    recalibration: Choice = Choice()
    before: Value | None = None

    @model_validator(mode="before")
    @classmethod
    def _older(cls, told: Any) -> Any:
        """Read reports that took the mean error of chance off, and knew temperatures."""
        if not isinstance(told, Mapping):
            return told
        newer = with_recalibration(told, to="recalibration")
        if "excess" in newer:
            newer["debiased"] = newer.pop("excess")
        return newer


class Conformal(Part):
    """Answers that hold the truth with a promised share: sets of classes, or intervals.

    `threshold` is the greatest strangeness that is let in; `size` is the mean number of
    classes in a set, or the width of an interval; `single` the share of sets of one.
    `coverage` was measured on halves that the threshold was not chosen by.
    """

    wanted: float
    coverage: Value
    threshold: float
    size: float
    single: float | None = None


class Probe(Part):
    """Rows that are nothing like those learnt from, and what the model says to them.

    `confident` is the share that it answers with more than 90 % confidence; `unknown`
    the share that is recognised. The areas under the curve are of telling these rows from
    real ones: by confidence, by distance, and by the smaller of both p-values. `apart` is
    that of a classifier which was shown both: where even that cannot tell them, there is
    nothing to recognise.
    """

    key: str
    rows: int
    confident: float | None
    unknown: float
    by_confidence: Value | None
    by_distance: Value
    by_both: Value
    apart: Value


class LeftOut(Part):
    """A class that the model was fitted again without, and then asked about."""

    name: str
    rows: int
    confident: float
    by_both: Value


class Unknown(Part):
    """How it meets what it was never shown; `false_alarms` are real rows taken for that."""

    probes: list[Probe]
    left_out: list[LeftOut]
    false_alarms: float
    skipped: str = ""


class Group(Part):
    """Rows of one group; numbers are None below `LEAST_ROWS` of what they are of."""

    name: str
    rows: int
    values: dict[str, Value | None]


class Gap(Part):
    """The greatest difference between two groups that chance does not explain.

    `low` bounds it from below at 95 %, all pairs together; `frame` is the difference and
    its interval as fairlearn's MetricFrame gives it.
    """

    metric: str
    value: float
    low: float
    between: list[str]
    frame: Value | None = None


class Groups(Part):
    """What says which group a row is of.

    `positive` is the class that false alarms are of, where it is not the second of two.
    """

    column: str
    groups: list[Group]
    gaps: list[Gap]
    positive: str = ""


class Importance(Part):
    """How much worse it gets without a column, in two runs; and its mean |SHAP|.

    Of texts it is a word, which `speaks_for` a class or for more or less, and how much
    the answers hang on it; of pictures it is a field.
    """

    column: str
    first: float
    second: float
    shap: float | None = None
    speaks_for: str = ""


class Gradients(Part):
    """What fields of pictures add to a network's answer, by integrated gradients.

    `grid` is in natural logarithms of the probability of the right class, as that of
    `Explanation`. `stability` is the rank correlation between two pictures that say
    nothing, black and the mean; `agreement` that with fields covered; `gap` the share of
    what there is to explain that is missed.
    """

    grid: list[list[float]]
    stability: Value | None
    agreement: Value | None
    gap: float


class Explanation(Part):
    """What the answers hang on. Without `stability`, there was too little to compare.

    `grid` has the fields of pictures, each row from the left, from above: the mean of
    both runs.
    """

    columns: list[Importance]
    grid: list[list[float]] = Field(default_factory=list)
    gradients: Gradients | None = None
    stability: Value | None = None
    skipped: str = ""


class Slice(Part):
    """Rows on which it is worse than elsewhere, for certain.

    Of texts and pictures, `column` is what was measured of each.
    """

    column: str
    holds: str
    rows: int
    error: Value
    elsewhere: float


class Leak(Part):
    """A column that tells the target alone: an area under the curve, or |correlation|.

    Of texts and pictures, it is what was measured of each.
    """

    column: str
    value: Value


class Leakage(Part):
    """What the model may know that it should not. `columns` are the strongest, first."""

    columns: list[Leak]
    copies: int | None = None


class DriftColumn(Part):
    """A column then and now: Kolmogorov-Smirnov or chi-squared, and its PSI."""

    column: str
    test: Literal["KS", "CHI2"]
    statistic: float
    p: float
    psi: float


class Drift(Part):
    """A newer version of the table against the rows learnt from.

    `apart` is the area under the curve of a classifier that tells both: 0.5 if they are
    alike.
    """

    rows: int
    apart: Value
    columns: list[DriftColumn]


class Figures(Part):
    """All of a report."""

    version: Literal[1] = SCHEMA
    modality: Modality = Modality.TABLE
    has_classes: bool
    classes: list[str] = Field(default_factory=list)
    target: str
    rows: int
    scores: list[Score]
    baseline: Baseline | None = None
    calibration: Calibration | None = None
    conformal: Conformal | None = None
    unknown: Unknown | None = None
    groups: list[Groups] = Field(default_factory=list)
    explanation: Explanation | None = None
    confusion: list[list[int]] = Field(default_factory=list)
    slices: list[Slice] = Field(default_factory=list)
    leakage: Leakage | None = None
    drift: Drift | None = None
    seconds: float = 0.0
