"""Models of others that an operator placed, with their checksums and licences.

Nothing is downloaded: a folder holds them, and beside each an operator's word about it, a
file of JSON that names the model's file and says by SHA-256 which bytes were meant. A file
that is another is not used, and the operator is told.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from training.encoders import Digest, Encoding
from training.learning import Modality

MOST_WORD_BYTES = 64 * 2**10
MOST_BYTES = 2 * 2**30

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class BackboneRefused(Exception):
    """A model that was placed cannot be used; the message says what to do."""


class BackboneWord(Encoding):
    """What the operator says of one model, and no path of this machine.

    Attributes:
        modality: whether it takes pictures or texts.
        file: the ONNX file, beside the word.
        licence: its SPDX id, or expression.
        source: where it is from, an address for people.
        tokenizer: of texts, the file of Hugging Face's tokenizers beside the word.
        weights: of texts, the safetensors that the ONNX was made of, as BERT has them;
            with them it can be fine-tuned.
        heads: of its attention, which the weights do not tell.
        tuned_from: the placed model that this one was fine-tuned from here.
    """

    modality: Modality
    file: FileName
    licence: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    tokenizer: FileName | None = None
    weights: FileName | None = None
    weights_sha256: Digest | None = None
    heads: Annotated[int, Field(ge=1, le=64)] = 12
    tuned_from: Digest | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse a word that lacks what its kind takes."""
        has_tokenizer = self.tokenizer is not None and self.tokenizer_sha256 is not None
        if self.modality is Modality.TABLE:
            raise ValueError("modality: IMAGE or TEXT")
        if (self.modality is Modality.TEXT) != has_tokenizer:
            raise ValueError(
                "tokenizer: a model of texts names its tokenizer and tokenizer_sha256, "
                "and one of pictures neither"
            )
        has_weights = self.weights is not None and self.weights_sha256 is not None
        has_part = self.weights is not None or self.weights_sha256 is not None
        if has_part and not (has_weights and has_tokenizer):
            raise ValueError(
                "weights: a model of texts that can be fine-tuned names its weights and "
                "weights_sha256"
            )
        return self

    def tuned(self, sha256: str) -> Self:
        """Return the word about what was fine-tuned from this model: other bytes."""
        return self.model_copy(
            update={
                "sha256": sha256,
                "tuned_from": self.sha256,
                "weights": None,
                "weights_sha256": None,
            }
        )


@dataclass(frozen=True, slots=True)
class Backbone:
    """A model that was placed: the word about it, and its files here."""

    word: BackboneWord
    model: Path
    tokenizer: Path | None = None
    weights: Path | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """What lies in the folder: those that can be used, and why others cannot."""

    backbones: tuple[Backbone, ...] = ()
    refused: tuple[str, ...] = ()

    def of(self, modality: Modality) -> Backbone | None:
        """Return the model for one kind of rows, the first by the name of its word."""
        return next(
            (one for one in self.backbones if one.word.modality is modality), None
        )

    def found(self, sha256: str) -> Backbone | None:
        """Return the model of these bytes, None if it is not placed here."""
        return next((one for one in self.backbones if one.word.sha256 == sha256), None)

    def tuned(self, model: Path, *, sha256: str, tuned_from: str) -> Backbone | None:
        """Return what was fine-tuned from a placed model, None if that is gone.

        Args:
            model: its ONNX file.
            sha256: of that.
            tuned_from: the SHA-256 of the placed model.
        """
        first = self.found(tuned_from)
        if first is None:
            return None
        return Backbone(first.word.tuned(sha256), model, first.tokenizer)


NONE_PLACED = Placed()


def offered_in(folder: Path | None) -> frozenset[Modality]:
    """Return the kinds of rows that a word is there for; checks no file.

    Pages ask this, so it reads the words alone.
    """
    found = set()
    for path in _words_in(folder):
        try:
            found.add(_word(path).modality)
        except BackboneRefused:
            continue
    return frozenset(found)


def is_tunable_in(folder: Path | None) -> bool:
    """Whether the word of the model that is used for texts names weights to fine-tune."""
    for path in _words_in(folder):
        try:
            word = _word(path)
        except BackboneRefused:
            continue
        if word.modality is Modality.TEXT:
            return word.weights is not None
    return False


def placed_in(folder: Path | None) -> Placed:
    """Return the models of a folder whose bytes are those that were meant.

    Each file is read once as long as it does not change.
    """
    usable, refused = [], []
    for path in _words_in(folder):
        try:
            usable.append(_checked(path))
        except BackboneRefused as why:
            refused.append(str(why))
    return Placed(tuple(usable), tuple(refused))


def _words_in(folder: Path | None) -> list[Path]:
    """Return the words by name; a tokenizer, of JSON too, is none."""
    if folder is None:
        return []
    return sorted(folder.glob("*.backbone.json"))


def _word(path: Path) -> BackboneWord:
    try:
        if path.stat().st_size > MOST_WORD_BYTES:
            raise BackboneRefused(f"{path.name} is larger than any word needs to be.")
        return BackboneWord.model_validate_json(path.read_bytes())
    except OSError as gone:
        raise BackboneRefused(f"{path.name} cannot be read: {gone.strerror}.") from gone
    except ValidationError as unfit:
        first = unfit.errors()[0]
        at = ".".join(str(part) for part in first["loc"]) or "it"
        raise BackboneRefused(f"{path.name}: {at}: {first['msg']}.") from unfit


def _checked(path: Path) -> Backbone:
    word = _word(path)
    model = _meant(path, word.file, word.sha256)
    tokenizer = None
    if word.tokenizer is not None and word.tokenizer_sha256 is not None:
        tokenizer = _meant(path, word.tokenizer, word.tokenizer_sha256)
    weights = None
    if word.weights is not None and word.weights_sha256 is not None:
        weights = _meant(path, word.weights, word.weights_sha256)
    return Backbone(word, model, tokenizer, weights)


def _meant(word: Path, name: str, sha256: str) -> Path:
    """Return a file beside a word, if its bytes are those that were meant."""
    file = word.with_name(name)
    try:
        status = file.stat()
        if status.st_size > MOST_BYTES:
            raise BackboneRefused(f"{word.name}: {name} is larger than 2 GiB.")
        found = _digest(file, status.st_size, status.st_mtime_ns)
    except OSError as gone:
        raise BackboneRefused(
            f"{word.name}: {name} cannot be read: {gone.strerror}. Place it beside."
        ) from gone
    if found != sha256:
        raise BackboneRefused(
            f"{word.name}: {name} has the SHA-256 {found}, and {sha256} was meant. Place "
            "the right file, or correct the word once you know whose bytes these are."
        )
    return file


@lru_cache(maxsize=64)
def _digest(file: Path, size: int, changed_ns: int) -> str:
    del size, changed_ns  # of the file whose digest is remembered
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
