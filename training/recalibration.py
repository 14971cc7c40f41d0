"""How a classifier's probabilities are changed so that it is right as often as it says.

Words about it, as projects, signatures, bundles and reports keep them: plain numbers that
anything can compute with. `training.runner.inside.recalibrating` is what they do.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_CLASSES = 1_000
MOST_POINTS = 200  # of a curve
MOST_WEIGHT = 100.0

Weight = Annotated[float, Field(gt=0, le=MOST_WEIGHT, allow_inf_nan=False)]
Bias = Annotated[float, Field(ge=-1_000, le=1_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Gained = Annotated[float, Field(allow_inf_nan=False)]
Curve = Annotated[tuple[tuple[Share, Share], ...], Field(max_length=MOST_POINTS)]


class Method(StrEnum):
    """How probabilities are changed, the simplest first.

    A TEMPERATURE is one weight for the logarithms of all classes (Guo et al. 2017, “On
    calibration of modern neural networks”). MIXTURE is that with a share of the answer
    spread evenly over all classes (Zhang, Kailkhura and Han 2020, “Mix-n-Match”), for
    models that are now and then wrong however sure they are. VECTOR gives each class a
    weight and a bias of its own (Guo et al. 2017), which for two classes is beta
    calibration (Kull et al. 2017).
    ISOTONIC joins what is stated of each class with how often that is so by a curve which
    only rises (Zadrozny and Elkan 2002).
    """

    TEMPERATURE = "TEMPERATURE"
    MIXTURE = "MIXTURE"
    VECTOR = "VECTOR"
    ISOTONIC = "ISOTONIC"


TITLES = {
    Method.TEMPERATURE: "one temperature for all classes",
    Method.MIXTURE: "a temperature, and a share for every class",
    Method.VECTOR: "a weight and an offset for each class",
    Method.ISOTONIC: "a rising curve for each class",
}


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class Recalibration(_Told):
    """One change of (n, k) probabilities.

    Attributes:
        method: which of them.
        weights: of the logarithms of probabilities: one, or one for each class.
        biases: added to them, for each class; none with a temperature.
        evenly: the share of the answer that is spread over all classes, of a mixture.
        curves: for each class, points (stated, true) that rise, between which straight
            lines are drawn; what they give is scaled to sum to 1.
    """

    method: Method
    weights: Annotated[tuple[Weight, ...], Field(max_length=MOST_CLASSES)] = ()
    biases: Annotated[tuple[Bias, ...], Field(max_length=MOST_CLASSES)] = ()
    evenly: Share = 0.0
    curves: Annotated[tuple[Curve, ...], Field(max_length=MOST_CLASSES)] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        counts = len(self.weights), len(self.biases), len(self.curves)
        if self.method in {Method.TEMPERATURE, Method.MIXTURE}:
            is_whole = counts == (1, 0, 0)
        elif self.method is Method.VECTOR:
            is_whole = counts[0] == counts[1] > 1 and not self.curves
        else:
            is_whole = counts[:2] == (0, 0) and counts[2] > 1
        if not is_whole or (self.evenly and self.method is not Method.MIXTURE):
            raise ValueError(
                "a temperature has one weight, and so has a mixture, which spreads a share "
                "evenly; a vector has a weight and a bias for each class, and isotonic a "
                "curve for each class"
            )
        for curve in self.curves:
            stated, true = zip(*curve, strict=True) if curve else ((), ())
            is_rising = list(stated) == sorted(set(stated)) and list(true) == sorted(
                true
            )
            if not (curve and is_rising and true[-1] > 0):
                raise ValueError("the points of a curve should rise")
        return self

    @classmethod
    def by_temperature(cls, temperature: float) -> Self | None:
        """Return what divides logarithms by `temperature`; None for 1.0, as they are."""
        if temperature == 1.0:
            return None
        return cls(method=Method.TEMPERATURE, weights=(1 / temperature,))

    @property
    def temperature(self) -> float | None:
        """Return the temperature if that is all."""
        if self.method is not Method.TEMPERATURE:
            return None
        return 1 / self.weights[0]

    def is_for(self, classes: int) -> bool:
        """Whether it has what so many classes need."""
        widths = {len(self.weights), len(self.curves)} - {0}
        return bool(classes) and widths <= {1, classes}


class Gain(_Told):
    """By how much a loss becomes less, with its 95 % interval."""

    value: Gained
    low: Gained
    high: Gained


class Tried(_Told):
    """A method, and by how much it lowers log loss and Brier score on rows it did not see.

    Both are against the probabilities as the model gives them.
    """

    method: Method
    log_loss: Gain
    brier: Gain


class Choice(_Told):
    """What was tried on `rows` that the model was not fitted to, and what is used of it."""

    by: Recalibration | None = None
    rows: int = 0
    tried: tuple[Tried, ...] = ()

    @property
    def told(self) -> str:
        """Say what is done to probabilities, and why, in sentences for a beginner."""
        return f"{_done(self.by)}{self._why()}"

    def _why(self) -> str:
        if not self.tried:
            return ""
        of = (
            f" That was chosen on {self.rows:,} examples that it had not learnt from: "
            "each tenth was judged by what the other nine tenths showed."
        )
        if self.by is None:
            return (
                f"{of} None of the ways to change them made its answers better there."
            )
        richest = self.tried[-1].method
        if self.by.method is richest:
            return of
        return (
            f"{of} What is less simple, such as {TITLES[richest]}, was not better for "
            "certain."
        )


def _done(by: Recalibration | None) -> str:
    if by is None:
        return "Its probabilities are given out as they are."
    if by.temperature is not None:
        was = "too sure of itself" if by.temperature > 1 else "too cautious"
        return (
            f"It was {was}, so all its probabilities are evened out by one number (a "
            f"temperature of {by.temperature:.2f}); which class comes first stays as it "
            "is."
        )
    if by.method is Method.MIXTURE:
        return (
            f"Its probabilities are evened out by one number (a temperature of "
            f"{1 / by.weights[0]:.2f}), and {by.evenly:.1%} of each answer is spread over "
            "all classes, since it is now and then wrong however sure it is; which class "
            "comes first stays as it is."
        )
    if by.method is Method.VECTOR:
        return (
            "It was surer of some classes than it should be and less sure of others, so "
            "each class has a weight and an offset of its own (vector scaling; of two "
            "classes, beta calibration)."
        )
    return (
        "What it states and how often that is so differ in a way that no simple formula "
        "mends, so a rising curve that was measured leads from one to the other (isotonic "
        "regression)."
    )


def with_recalibration(told: Mapping[str, Any], *, to: str) -> dict[str, Any]:
    """Return words about a model with a `temperature`, as they were once, in these.

    Args:
        told: a record that may have a `temperature`.
        to: what its choice is called now.
    """
    newer = dict(told)
    temperature = newer.pop("temperature", 1.0)
    if temperature != 1.0:
        by = Recalibration.by_temperature(float(temperature))
        newer.setdefault(to, Choice(by=by).as_json())
    return newer
