"""What a report is asked to look at, as the row keeps it and the worker reads it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Modality(StrEnum):
    """What rows are; each is looked at by a program of its own."""

    TABLE = "TABLE"


class ModelKind(StrEnum):
    """How a model is opened."""

    TRAINED = (
        "TRAINED"  # skops of the studio: classes are places, rows a matrix of roles
    )
    TREES = "TREES"  # likewise, and one of trees throughout
    SKOPS = "SKOPS"
    ONNX = "ONNX"


class Asked(BaseModel):
    """What the report is to say.

    Attributes:
        modality: what rows are.
        kind: how the model is opened.
        target: the column that is predicted.
        has_classes: classes rather than amounts.
        classes: in the order in which the model gives them; empty to read them off the
            table, in order.
        temperature: what its probabilities are tempered by.
        form: how the table's name ends; `newer_form` that of its newer version.
        groups: columns that say which group of people a row is of.
        left_out: columns that the model is not given.
        prepared: of a model of the studio, what its table was to learners.
        source: where the rows are from, for people.
        seed: what is drawn at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    modality: Modality = Modality.TABLE
    kind: ModelKind
    target: str
    has_classes: bool
    classes: tuple[str, ...] = ()
    temperature: float = Field(default=1.0, gt=0)
    form: str
    newer_form: str = ""
    groups: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    prepared: dict[str, object] | None = None
    source: str = ""
    seed: int = 0
