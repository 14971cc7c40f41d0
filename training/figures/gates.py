"""What a model has to keep before it may be put to use, and how far it may stray."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Thresholds(BaseModel):
    """Where the operator draws the lines; each number is a violation that blocks.

    A gate blocks where the lower bound of the violation, at 95 %, is beyond the line:
    what chance alone could have done blocks nobody.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    subgroup_gap: float = Field(default=0.10, gt=0, le=1)
    ece: float = Field(default=0.10, gt=0, le=1)
    unknown_auroc: float = Field(default=0.70, ge=0.5, lt=1)
    stability: float = Field(default=0.50, ge=-1, lt=1)
    leak_auc: float = Field(default=0.98, gt=0.5, lt=1)


class Verdict(StrEnum):
    """What a gate found. `UNTOLD` is neither: there was too little to tell from."""

    PASSED = "PASSED"
    UNTOLD = "UNTOLD"
    VIOLATED = "VIOLATED"


class Gate(StrEnum):
    """What is asked of every model."""

    BASELINE = "BASELINE"
    CALIBRATION = "CALIBRATION"
    GROUPS = "GROUPS"
    UNKNOWN = "UNKNOWN"
    EXPLANATION = "EXPLANATION"
    LEAKAGE = "LEAKAGE"


class Finding(BaseModel):
    """One gate's verdict, as people read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gate: Gate
    verdict: Verdict
    told: str
