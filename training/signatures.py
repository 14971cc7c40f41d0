"""How a model is called: what it takes, what it answers, and which of its files does it.

The words are the model's own: a repository says them in `signature.json`, which the studio
writes and anybody may write by hand. See serving/decisions/0002 for the whole schema.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from training.encoders import Encoder
from training.recalibration import Recalibration
from training.signature_words import (
    SignatureUnusable,
    each,
    number,
    number_or_none,
    one_of,
    read_as,
    record,
    share,
    word,
)

SIGNATURE, CALIBRATION = "signature.json", "calibration.json"
SCHEMA = "stoa.signature/1"
MOST_SIGNATURE_BYTES = 2 * 2**20
MOST_COLUMNS, MOST_CLASSES, MOST_CHOICES, MOST_FILES = 1_000, 1_000, 1_000, 10
MOST_SIDE = 2_048  # pixels
FITTED_TO = 8  # pixels; a side of what the studio prepares is a multiple
MOST_WRONGED = 100


class Takes(StrEnum):
    """What a model is asked about."""

    ROW = "ROW"
    TEXT = "TEXT"
    IMAGE = "IMAGE"


class ColumnKind(StrEnum):
    """How a column's value becomes numbers: see `training.runner.inside.studio.matrix`."""

    NUMBER = "NUMBER"
    CATEGORY = "CATEGORY"
    DATE = "DATE"


class Preparing(StrEnum):
    """How a picture becomes what a model takes.

    RESIZED is upright and scaled to `width` and `height`; FITTED is brought to its side as
    the studio does it, and MEASURED is what it then shows, as numbers: see `fitted` and
    `described` of `training.runner.inside.studio.pictures`.
    """

    RESIZED = "RESIZED"
    FITTED = "FITTED"
    MEASURED = "MEASURED"


class FileKind(StrEnum):
    """Files that are loaded without running code of their author."""

    ONNX = "ONNX"
    SKOPS = "SKOPS"
    SAFETENSORS = "SAFETENSORS"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a row.

    `low` and `high` are between what nearly all rows that it learnt from had, of a date in
    days since 1970; `choices` are the values of a category that it met, in the order of
    their codes.
    """

    name: str
    kind: ColumnKind
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    example: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The tensor that a picture becomes: (value / 255 - mean) / deviation, by channel.

    Of one that is measured the measures are taken as they are.
    """

    width: int
    height: int
    channels: int = 3
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    is_channels_first: bool = True
    preparing: Preparing = Preparing.RESIZED


@dataclass(frozen=True, slots=True)
class Wronged:
    """A group of people, and the share of harmless words about it that were flagged."""

    term: str
    rate: float


@dataclass(frozen=True, slots=True)
class Policy:
    """Where a model that judges people's words says yes, no, or that a person should look.

    It says yes from a probability of `high` of the class `flagged` on, of which the share
    `precision` was right, and no below `low`, of which the share `missed` was wrong; the
    worst wronged come first.
    """

    flagged: str
    low: float
    high: float
    precision: float
    missed: float
    wronged: tuple[Wronged, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that answers. Of an export, how far its answers are from the original's."""

    path: str
    kind: FileKind
    largest_difference: float | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """How a model is called. Without `classes` it tells an amount.

    The first of `files` that can be run is. `calibration` is the path of what tells known
    inputs from unknown ones, if there is any. With a `policy` it gives no bare label. Of a
    model of the studio, an `encoder` gives it what it learnt from. The logarithms of its
    probabilities are divided by the `temperature`, or a `recalibration` says what else is
    done to them.
    """

    takes: Takes
    target: str
    files: tuple[ModelFile, ...]
    classes: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    picture: Picture | None = None
    temperature: float = 1.0
    calibration: str = ""
    policy: Policy | None = None
    encoder: Encoder | None = None
    recalibration: Recalibration | None = None

    @property
    def changes(self) -> Recalibration | None:
        """Return what is done to its probabilities, by whichever word says it."""
        return self.recalibration or Recalibration.by_temperature(self.temperature)

    def as_json(self) -> dict[str, Any]:
        told = asdict(replace(self, encoder=None, recalibration=None))
        for name in ("encoder", "recalibration"):
            one = getattr(self, name)
            told[name] = None if one is None else one.as_json()
        return {"schema": SCHEMA, **told}

    def as_bytes(self) -> bytes:
        return json.dumps(self.as_json(), indent=1, ensure_ascii=False).encode()

    def file_of(self, *kinds: FileKind) -> ModelFile | None:
        """Return the first file of one of these kinds."""
        return next((one for one in self.files if one.kind in kinds), None)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what a repository says, believing none of it.

        Raises:
            SignatureUnusable: it is no signature; names the field.
        """
        if len(content) > MOST_SIGNATURE_BYTES:
            most = MOST_SIGNATURE_BYTES // 2**20
            raise SignatureUnusable(f"it is larger than {most} MiB")
        try:
            told = json.loads(content)
        except (ValueError, RecursionError) as broken:
            raise SignatureUnusable("it is not JSON") from broken
        if not isinstance(told, dict) or told.get("schema") != SCHEMA:
            raise SignatureUnusable(f'schema: it should say "{SCHEMA}"')
        return cls.from_json(told)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote.

        Raises:
            SignatureUnusable: it is nothing of the kind; names the field.
        """
        takes = one_of(Takes, told.get("takes"), "takes")
        found = cls(
            takes=takes,
            target=word(told.get("target"), "target"),
            files=each(told, "files", _file, most=MOST_FILES),
            classes=each(told, "classes", word, most=MOST_CLASSES),
            columns=each(told, "columns", _column, most=MOST_COLUMNS),
            picture=None if told.get("picture") is None else _picture(told["picture"]),
            temperature=number(told.get("temperature", 1.0), "temperature"),
            calibration=word(told.get("calibration", ""), "calibration", may_lack=True),
            policy=None if told.get("policy") is None else _policy(told["policy"]),
            encoder=read_as(Encoder, told, "encoder"),
            recalibration=read_as(Recalibration, told, "recalibration"),
        )
        found.require_whole()
        return found

    def require_whole(self) -> None:
        """Return if its parts fit together.

        Raises:
            SignatureUnusable: they do not; names the field.
        """
        if not self.files:
            raise SignatureUnusable("files: name a file of the model")
        if len(self.classes) == 1 or len(set(self.classes)) != len(self.classes):
            raise SignatureUnusable("classes: name two at least, each once")
        names = [one.name for one in self.columns]
        if (self.takes is Takes.ROW) != bool(names) or len(set(names)) != len(names):
            raise SignatureUnusable("columns: a row has some, each named once")
        if (self.takes is Takes.IMAGE) != (self.picture is not None):
            raise SignatureUnusable("picture: an image has one, and nothing else has")
        self._require_calibrated()
        if self.encoder is not None:
            self._require_encoded()
        if self.policy is None:
            return
        if self.takes is not Takes.TEXT or self.policy.flagged not in self.classes:
            raise SignatureUnusable(
                "policy: it is of texts, and flags one of the classes"
            )
        if self.policy.low > self.policy.high:
            raise SignatureUnusable("policy: low should not be above high")

    def _require_calibrated(self) -> None:
        if not 0.01 <= self.temperature <= 100:
            raise SignatureUnusable("temperature: it should be from 0.01 to 100")
        if self.recalibration is None:
            return
        if self.temperature != 1.0 or not self.recalibration.is_for(len(self.classes)):
            raise SignatureUnusable(
                "recalibration: it has what each of the classes needs, and there is no "
                "temperature beside it"
            )

    def _require_encoded(self) -> None:
        picture = self.picture
        is_measured = picture is None or picture.preparing is Preparing.MEASURED
        kinds = {one.kind for one in self.files}
        if self.takes is Takes.ROW or not is_measured or kinds != {FileKind.SKOPS}:
            raise SignatureUnusable(
                "encoder: it is of a skops file for texts, or for pictures that are "
                "measured"
            )


def _file(value: Any, at: str) -> ModelFile:
    told = record(value, at)
    return ModelFile(
        word(told.get("path"), f"{at}.path"),
        one_of(FileKind, told.get("kind"), f"{at}.kind"),
        number_or_none(told.get("largest_difference"), f"{at}.largest_difference"),
    )


def _column(value: Any, at: str) -> Column:
    told = record(value, at)
    return Column(
        name=word(told.get("name"), f"{at}.name"),
        kind=one_of(ColumnKind, told.get("kind"), f"{at}.kind"),
        choices=each(told, "choices", word, most=MOST_CHOICES),
        low=number_or_none(told.get("low"), f"{at}.low"),
        high=number_or_none(told.get("high"), f"{at}.high"),
        example=word(told.get("example", ""), f"{at}.example", may_lack=True),
    )


def _side(value: Any, at: str) -> int:
    if type(value) is not int or not 1 <= value <= MOST_SIDE:
        raise SignatureUnusable(f"{at}: from 1 to {MOST_SIDE} pixels")
    return value


def _picture(value: Any) -> Picture:
    told = record(value, "picture")
    width, height = (
        _side(told.get(name), f"picture.{name}") for name in ("width", "height")
    )
    channels = told.get("channels", 3)
    if type(channels) is not int or channels not in {1, 3}:
        raise SignatureUnusable("picture.channels: 1 for grey, or 3 for colour")
    scales = {
        name: each(told, name, number, most=channels) for name in ("mean", "deviation")
    }
    if any(len(one) not in {0, channels} for one in scales.values()):
        raise SignatureUnusable("picture.mean: one for each channel, or none")
    if any(one <= 0 for one in scales["deviation"]):
        raise SignatureUnusable("picture.deviation: numbers above 0")
    is_first = told.get("is_channels_first", True)
    if not isinstance(is_first, bool):
        raise SignatureUnusable("picture.is_channels_first: true or false")
    preparing = one_of(
        Preparing, told.get("preparing", Preparing.RESIZED), "picture.preparing"
    )
    is_odd = (width, channels) != (height, 3) or width % FITTED_TO
    if preparing is not Preparing.RESIZED and is_odd:
        raise SignatureUnusable(
            "picture.preparing: what the studio prepares is in colour, and as wide as "
            f"high, a multiple of {FITTED_TO}"
        )
    return Picture(
        width,
        height,
        channels,
        scales["mean"],
        scales["deviation"],
        is_first,
        preparing,
    )


def _wronged(value: Any, at: str) -> Wronged:
    told = record(value, at)
    return Wronged(
        word(told.get("term"), f"{at}.term"), share(told.get("rate"), f"{at}.rate")
    )


def _policy(value: Any) -> Policy:
    told = record(value, "policy")
    low, high, precision, missed = (
        share(told.get(name), f"policy.{name}")
        for name in ("low", "high", "precision", "missed")
    )
    return Policy(
        flagged=word(told.get("flagged"), "policy.flagged"),
        low=low,
        high=high,
        precision=precision,
        missed=missed,
        wronged=each(told, "wronged", _wronged, most=MOST_WRONGED),
    )
