"""What training without code hands from step to step."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.backbones import Backbone, BackboneWord
from training.cutting import Sample
from training.jobs import MetricValue, Stage, SubmissionFailed
from training.learning import Modality

Floats = NDArray[np.float64]
BESIDES = {Modality.TABLE: (), Modality.TEXT: (), Modality.IMAGE: ("PIL",)}  # packages
TRAINS = ("torch", "safetensors")  # what networks take
BACKBONE_ONNX, TOKENIZER = "backbone.onnx", "tokenizer.json"  # in bundles
ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class BackboneFacts:
    """The placed model that has encoded rows, and what that took."""

    word: BackboneWord
    size_bytes: int
    ms_per_row: float

    def as_json(self) -> dict[str, Any]:
        told = {"size_bytes": self.size_bytes, "ms_per_row": self.ms_per_row}
        return {"word": self.word.as_json(), **told}

    @classmethod
    def from_json(cls, told: Mapping[str, Any] | None) -> Self | None:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is nothing of the kind.
        """
        if told is None:
            return None
        word = BackboneWord.model_validate(told["word"])
        return cls(word, int(told["size_bytes"]), float(told["ms_per_row"]))


@dataclass(frozen=True, slots=True)
class PreparedFacts:
    """What a table, texts or pictures are to those who learn from them.

    `roles` are of `training.runner.inside.studio.roles`; `columns` are those of the
    matrix, each with whether it holds codes; `counts` are the rows of each part;
    `copies` of the rows to validate and to test on stand among those to learn from;
    `leaks` are columns that tell the target alone; `unread` what could not be read, or
    not as it stands, each with why; `sample` says what was drawn of a large table.
    Where a placed model has encoded the rows, `backbone` is the word about it.
    """

    classes: tuple[str, ...]
    roles: tuple[Mapping[str, Any], ...]
    columns: tuple[tuple[str, bool], ...]
    counts: tuple[int, int, int]
    dropped: int
    copies: Mapping[str, int]
    leaks: tuple[tuple[str, float], ...]
    modality: Modality = Modality.TABLE
    unread: tuple[tuple[str, str], ...] = ()
    sample: Sample | None = None
    backbone: BackboneFacts | None = None

    def as_json(self) -> dict[str, Any]:
        backbone = self.backbone.as_json() if self.backbone else None
        return asdict(replace(self, backbone=None)) | {"backbone": backbone}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote, or what comes through the wall.

        Raises:
            KeyError, TypeError, ValueError: it is nothing of the kind.
        """
        learning, validation, test = (int(one) for one in told["counts"])
        return cls(
            classes=tuple(str(one) for one in told["classes"]),
            roles=tuple(dict(one) for one in told["roles"]),
            columns=tuple((str(name), bool(code)) for name, code in told["columns"]),
            counts=(learning, validation, test),
            dropped=int(told["dropped"]),
            copies={
                "validation": int(told["copies"]["validation"]),
                "test": int(told["copies"]["test"]),
            },
            leaks=tuple((str(name), float(how)) for name, how in told["leaks"]),
            modality=Modality(told.get("modality", Modality.TABLE)),
            unread=tuple((str(name), str(why)) for name, why in told.get("unread", ())),
            sample=Sample.from_json(told.get("sample")),
            backbone=BackboneFacts.from_json(told.get("backbone")),
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """Two files across two jobs, and what is told of them."""

    learning: bytes
    test: bytes
    facts: PreparedFacts


@dataclass(frozen=True, slots=True)
class Fitted:
    """A candidate's answers on rows that it was not fitted to.

    Args:
        out_of_fold: (n, k) of the rows to learn from, NaN where none was given.
        validation: (m, k).
        scores: on all these rows, each with its 95 % interval; the first ranks.
        losses: (n + m,) of the first score, less the rows without an answer; smaller is
            better.
        came_to: settings that it found by itself, such as how often it saw each row.
        resume: where a network that time cut short goes on, if there is more.
    """

    out_of_fold: Floats
    validation: Floats
    scores: tuple[MetricValue, ...]
    losses: Floats
    seconds: float = 0.0
    ms_per_row: float = 0.0
    size_bytes: int = 0
    came_to: tuple[tuple[str, float], ...] = ()
    resume: bytes = b""

    @property
    def is_answered(self) -> NDArray[np.bool_]:
        """(n + m,) which rows it answers, those to learn from first."""
        here = np.isfinite(self.out_of_fold).all(axis=1)
        return np.concatenate([here, np.ones(len(self.validation), dtype=np.bool_)])

    @property
    def has_folds(self) -> bool:
        """Whether any row to learn from is answered, by models that had not seen it."""
        return bool(np.isfinite(self.out_of_fold).any())


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as a skops file, and the types beyond the plainest that it names.

    Or a network as a file of safetensors, which names none. If it learnt from what a
    placed model makes of rows, that is its `backbone`.
    """

    model: bytes
    types: tuple[str, ...]
    backbone: Backbone | None = None

    @property
    def is_network(self) -> bool:
        return is_network(self.model)


@dataclass(frozen=True, slots=True)
class Judged:
    """Answers of a kept model with their scores, and what it took to give them."""

    answers: Floats
    scores: tuple[MetricValue, ...]
    speed: Mapping[str, float]


def is_network(model: Path | bytes) -> bool:
    """Whether a kept model is a network's weights: a file of skops is a zip."""
    if isinstance(model, bytes):
        return not model.startswith(ZIP)
    with model.open("rb") as file:
        return file.read(len(ZIP)) != ZIP


def garbled() -> SubmissionFailed:
    message = "The training answered with something that makes no sense."
    return SubmissionFailed("garbled_answer", message, stage=Stage.RUN)
