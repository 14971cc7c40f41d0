"""Asks a model in the walls, and says its answers so that people and programs read them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.runner.execution import Walled
from training.runner.inside.wire import Garbled, decode
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.signatures import FileKind, ModelFile, Policy, Signature, Takes

STRANGE_BELOW = 0.05
COVERAGE = 0.9
MOST_MODEL_BYTES = 512 * MIB
LIMITS = Limits(
    memory_bytes=2048 * MIB,
    cpu_seconds=60,
    wall_seconds=90.0,
    scratch_bytes=64 * MIB,
    output_bytes=16 * MIB,
)
LOADS = {
    FileKind.ONNX: ("onnx", "onnxruntime", "polars"),
    FileKind.SKOPS: ("skops", "polars"),
    FileKind.SAFETENSORS: ("torch", "safetensors", "polars"),
}
READS = {Takes.IMAGE: ("PIL",)}
ENCODES = {
    Takes.IMAGE: LOADS[FileKind.ONNX],
    Takes.TEXT: (*LOADS[FileKind.ONNX], "tokenizers"),
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said, as plain JSON, one for each input; and what it took."""

    answers: tuple[Mapping[str, Any], ...]
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True, slots=True)
class Encoding:
    """The files of a model of others that encodes what is asked."""

    model: Path
    tokenizer: Path | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What answers: a model's file, its calibration, and what encodes inputs for it."""

    model: Path
    calibration: Path | None = None
    encoding: Encoding | None = None


def answer(
    brought: Brought,
    asked: bytes,
    *,
    signature: Signature,
    file: ModelFile,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> Answered:
    """Have a model answer rows or texts (JSON lists of cells) or one picture.

    Raises:
        SubmissionFailed: the model or the input is at fault; the message says how.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    require_small(brought.model)
    inputs: dict[str, Path | bytes] = {"model": brought.model, "asked": asked}
    if brought.calibration is not None:
        inputs["calibration"] = brought.calibration
    encoding = brought.encoding
    encodes: tuple[str, ...] = ()
    if encoding is not None:
        inputs["backbone"] = encoding.model
        if encoding.tokenizer is not None:
            inputs["tokenizer"] = encoding.tokenizer
        encodes = ENCODES[signature.takes]
    spec = JobSpec(
        "serving.answer",
        LIMITS,
        inputs=inputs,
        arguments=told_of(signature)
        | {
            "kind": file.kind.value,
            "is_calibrated": brought.calibration is not None,
            "backbone": _encoder_of(signature) if encoding else None,
        },
        packages=(*LOADS[file.kind], *READS.get(signature.takes, ()), *encodes),
    )
    with telling_missing(file.kind):
        told, result = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.RUN)
    answers, strange, facts = _read(told, width=max(len(signature.classes), 1))
    said = tuple(
        _said(row, float(p), facts, signature)
        for row, p in zip(answers, strange, strict=True)
    )
    return Answered(said, result.cpu_seconds, result.wall_seconds)


def require_small(model: Path) -> None:
    """Return if a file is not too large to be served.

    Raises:
        SubmissionFailed: it is.
    """
    if model.stat().st_size > MOST_MODEL_BYTES:
        most = MOST_MODEL_BYTES // MIB
        message = f"The model is larger than the {most} MiB that are served here."
        raise SubmissionFailed("too_large", message, stage=Stage.LOAD)


@contextmanager
def telling_missing(kind: FileKind) -> Iterator[None]:
    """Tell of a worker that lacks what models of a kind need.

    Raises:
        SubmissionFailed: it does.
    """
    try:
        yield
    except RuntimeIncomplete as missing:
        raise SubmissionFailed(
            "sandbox_unavailable",
            f"This worker cannot run {kind.value} models. Its operator has to install "
            "what they need.",
            stage=Stage.LOAD,
        ) from missing


def told_of(signature: Signature) -> dict[str, Any]:
    """Return the words of a signature as jobs take them: one recalibration, if any."""
    by = signature.changes
    return signature.as_json() | {"recalibration": None if by is None else by.as_json()}


def _encoder_of(signature: Signature) -> dict[str, Any] | None:
    """Return what a job takes to run an encoder: as for one that is placed."""
    if signature.encoder is None:
        return None
    return {**signature.encoder.as_json(), "modality": signature.takes.value}


def _read(told: bytes, *, width: int) -> tuple[Floats, Floats, dict[str, float]]:
    try:
        arrays, facts = decode(told)
        answers, strange = arrays["answers"], arrays["p"]
        known = {name: float(value) for name, value in facts.items()}
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise _garbled() from torn
    is_ours = (
        answers.ndim == 2
        and answers.shape[1] == width
        and strange.shape == (len(answers),)
        and answers.dtype == strange.dtype == np.float64
        and np.isfinite(answers).all()
        and np.isfinite(strange).all()
        and np.isfinite(list(known.values())).all()
    )
    if not is_ours:
        raise _garbled()
    return answers, strange, known


def _garbled() -> SubmissionFailed:
    message = "The model answered with something that makes no sense."
    return SubmissionFailed("garbled_answer", message, stage=Stage.RUN)


def _said(
    row: Floats, p: float, facts: Mapping[str, float], signature: Signature
) -> dict[str, Any]:
    """Say one answer: a prediction, unless the input is unlike all that is known."""
    is_unknown = 0 <= p < STRANGE_BELOW
    about: dict[str, Any] = {"unknown": is_unknown, "p": None if p < 0 else _short(p)}
    guess: str | float
    if signature.policy is not None:
        share = float(row[signature.classes.index(signature.policy.flagged)])
        guess = _decided(share, signature.policy)
        about["judged"] = {"share": _short(share), **asdict(signature.policy)}
    elif not signature.classes:
        guess = _short(float(row[0]))
        half = facts.get("half_width")
        about["interval"] = (
            None
            if half is None
            else [_short(float(row[0]) - half), _short(float(row[0]) + half)]
        )
    else:
        named = dict(zip(signature.classes, (float(one) for one in row), strict=True))
        guess = max(named, key=lambda name: named[name])
        threshold = facts.get("threshold")
        about["probabilities"] = {name: _short(one) for name, one in named.items()}
        about["set"] = (
            None
            if threshold is None
            else [name for name, one in named.items() if 1 - one <= threshold]
            or [guess]
        )
    return {"prediction": None if is_unknown else guess, "guess": guess, **about}


def _decided(share: float, policy: Policy) -> str:
    """Say yes, no or neither, and never a label, of people's words."""
    if share >= policy.high:
        return "yes"
    return "no" if share < policy.low else "not sure"


def _short(value: float) -> float:
    return float(f"{value:.6g}")
