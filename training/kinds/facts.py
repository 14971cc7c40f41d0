"""What a kind of task and a metric are, as people choose and read them."""

from dataclasses import dataclass
from enum import StrEnum

from training.marked import gettext_noop


class Kind(StrEnum):
    """What is asked for; it decides the columns of the files and which metrics fit."""

    BINARY = "BINARY"
    MULTICLASS = "MULTICLASS"
    MULTILABEL = "MULTILABEL"
    REGRESSION = "REGRESSION"
    FORECAST = "FORECAST"
    SURVIVAL = "SURVIVAL"
    RANKING = "RANKING"
    RETRIEVAL = "RETRIEVAL"
    SEGMENTATION = "SEGMENTATION"
    DETECTION = "DETECTION"
    TEXT = "TEXT"
    SPEECH = "SPEECH"


class Needs(StrEnum):
    """What a metric is computed from. Labels follow from probabilities, not back."""

    PROBABILITIES = "PROBABILITIES"
    LABELS = "LABELS"
    VALUES = "VALUES"
    SCORES = "SCORES"  # one in [0, 1] for each label of a row
    LABEL_SETS = "LABEL_SETS"
    QUANTILES = "QUANTILES"
    POINTS = "POINTS"  # one forecast a row: the median, where quantiles are given
    RISKS = "RISKS"  # the higher, the sooner
    SURVIVAL = "SURVIVAL"  # the probability to outlast each horizon
    ORDERS = "ORDERS"
    MASKS = "MASKS"
    BOXES = "BOXES"
    TEXTS = "TEXTS"

    @property
    def told(self) -> str:
        return self.value.replace("_", " ").lower()


@dataclass(frozen=True, slots=True)
class MetricFacts:
    """A metric as people choose and read it; `training.metrics` computes it.

    `least` and `most` bound the value, None where nothing does. `reading` says what a
    value means and when it misleads; `interval` how its 95 % interval comes about;
    `source` is where it is defined.
    """

    title: str
    is_greater_better: bool
    needs: Needs
    kinds: tuple[Kind, ...]
    description: str
    reading: str
    source: str
    least: float | None = 0.0
    most: float | None = 1.0
    interval: str = gettext_noop("Mean and standard error of the rows' losses.")
