"""Has a placed model encode prepared rows within the walls, and gives it to other jobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from training.backbones import Backbone, Placed
from training.jobs import Limits, Stage, SubmissionFailed
from training.learning import Modality
from training.runner.execution import RUNS_MODELS, Walled
from training.runner.inside.studio.encoded import ENCODED
from training.runner.inside.wire import Garbled, decode, encode
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import BESIDES, BackboneFacts, PreparedFacts, garbled

READS = {Modality.IMAGE: BESIDES[Modality.IMAGE], Modality.TEXT: ("tokenizers",)}


@dataclass(frozen=True, slots=True)
class Given:
    """What a job takes that runs a placed model; of one that runs none, nothing."""

    inputs: Mapping[str, Path | bytes] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    packages: tuple[str, ...] = ()


NOTHING = Given()


def given_to_jobs(backbone: Backbone | None) -> Given:
    """Return what jobs are given that run a placed model."""
    if backbone is None:
        return NOTHING
    inputs = {"backbone": backbone.model}
    if backbone.tokenizer is not None:
        inputs["tokenizer"] = backbone.tokenizer
    return Given(
        inputs,
        {"backbone": backbone.word.as_json()},
        (*RUNS_MODELS, *READS[backbone.word.modality]),
    )


def encoded(
    learning: Path | bytes,
    backbone: Backbone,
    *,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> tuple[bytes, BackboneFacts]:
    """Return a prepared file with the features of its rows, and what they took.

    Args:
        learning: of `training.runner.studio.preparing.prepare`.
        backbone: a model for such rows.
        facts: what `prepare` told.
        limits: its memory and time.
        sandbox: as for `prepare`.
        stop: as for `prepare`.

    Raises:
        SubmissionFailed: the model cannot be used, or met a limit; the message says how.
        RunStopped, SandboxBroken: as `prepare`.
    """
    given = given_to_jobs(backbone)
    spec = JobSpec(
        "studio.encode",
        limits,
        inputs={"learning": learning, **given.inputs},
        arguments=given.arguments,
        packages=given.packages,
    )
    try:
        answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.LOAD)
    except RuntimeIncomplete as missing:
        raise SubmissionFailed(
            "sandbox_unavailable", str(missing), stage=Stage.LOAD
        ) from missing
    rows = sum(facts.counts[:2])
    try:
        found, took = decode(answer)
        features, seconds = found[ENCODED], float(took["seconds"])
        content = learning if isinstance(learning, bytes) else learning.read_bytes()
        arrays, told = decode(content)
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    is_ours = (
        features.ndim == 2
        and features.shape[0] == rows
        and features.dtype == np.uint8
        and features.shape[1] % 4 == 0
        and seconds >= 0
    )
    if not is_ours:
        raise garbled()
    size = backbone.model.stat().st_size
    return encode({**arrays, ENCODED: features}, told), BackboneFacts(
        backbone.word, size, seconds * 1000 / max(rows, 1)
    )


def required(placed: Placed, sha256: str) -> Backbone:
    """Return the placed model of these bytes.

    Raises:
        SubmissionFailed: it is not placed here any more.
    """
    found = placed.found(sha256)
    if found is None:
        raise _gone()
    return found


def required_tuned(
    placed: Placed, model: Path, *, sha256: str, tuned_from: str
) -> Backbone:
    """Return what was fine-tuned from the placed model of some bytes.

    Args:
        placed: what is placed here.
        model: its ONNX file.
        sha256: of that.
        tuned_from: the SHA-256 of the placed model.

    Raises:
        SubmissionFailed: that one is not placed here any more.
    """
    found = placed.tuned(model, sha256=sha256, tuned_from=tuned_from)
    if found is None:
        raise _gone()
    return found


def _gone() -> SubmissionFailed:
    message = (
        "The model that the operator had placed for this is not placed here any more. "
        "Train anew, or ask the operator to place it again."
    )
    return SubmissionFailed("backbone_gone", message, stage=Stage.LOAD)
