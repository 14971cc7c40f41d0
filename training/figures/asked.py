"""What a report is asked to look at, as the row keeps it and the worker reads it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.learning import Modality
from training.recalibration import Choice, with_recalibration


class ModelKind(StrEnum):
    """How a model is opened."""

    # skops of the studio: classes are places, rows what a portfolio makes of them
    TRAINED = "TRAINED"
    TREES = "TREES"  # likewise, and one of trees throughout
    NETWORK = "NETWORK"  # weights of the studio, which take pixels
    SKOPS = "SKOPS"
    ONNX = "ONNX"
    SAFETENSORS = (
        "SAFETENSORS"  # weights that were brought, of a network of the registry
    )


class Asked(BaseModel):
    """What the report is to say.

    Attributes:
        modality: what rows are; each is looked at by a program of its own.
        kind: how the model is opened.
        target: the column that is predicted.
        has_classes: classes rather than amounts.
        classes: in the order in which the model gives them; empty to read them off the
            table, in order.
        recalibration: what is done to its probabilities, and why.
        form: how the table's name ends; `newer_form` that of its newer version.
        groups: columns that say which group of people a row is of.
        left_out: columns that the model is not given.
        path: of the zip or the folder of pictures, with a slash at its end, that a
            brought model is judged on.
        text: the column of texts, of a table that a brought model is judged on.
        picture: what a brought model takes, of `training.signatures.Picture` as JSON.
        prepared: of a model of the studio, what its rows were to learners.
        flagged: of a model that judges people's words, the class that speaks against
            them, said from a probability of `threshold` on.
        backbone: the SHA-256 of a placed model, where this one learnt from what that
            makes of rows; `tuned_from` that of the one it was fine-tuned from, if it is
            none that was placed.
        source: where the rows are from, for people.
        seed: what is drawn at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    modality: Modality = Modality.TABLE
    kind: ModelKind
    target: str
    has_classes: bool
    classes: tuple[str, ...] = ()
    recalibration: Choice = Choice()
    form: str
    newer_form: str = ""
    groups: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    path: str = ""
    text: str = ""
    picture: dict[str, object] | None = None
    prepared: dict[str, object] | None = None
    flagged: str = ""
    threshold: float = Field(default=0.5, ge=0, le=1)
    backbone: str = ""
    tuned_from: str = ""
    source: str = ""
    seed: int = 0

    @model_validator(mode="before")
    @classmethod
    def _older(cls, told: Any) -> Any:
        """Read what was asked when there were temperatures alone."""
        if not isinstance(told, Mapping):
            return told
        return with_recalibration(told, to="recalibration")
