"""Has a placed encoder of texts learn from some of them, in one run of the sandbox.

What comes of it is an encoder like the one it began as, of other bytes: it encodes rows,
is bundled and is asked as that one is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.backbones import Backbone
from training.jobs import Limits, Stage, SubmissionFailed
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.sandbox.gpu import find_gpus
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.encoding import READS
from training.runner.studio.facts import TRAINS, PreparedFacts, garbled
from training.runner.studio.networks import progress

EPOCHS, RATE = 4.0, 5e-5  # as Devlin et al. 2019 have it
LEAST_STEPS, BATCH = 120, 16  # few texts are seen oftener
MOST_EPOCHS = 20.0
TO_END = 8.0  # seconds for importing torch, and for writing what came of it
WRITES = ("onnx",)


@dataclass(frozen=True, slots=True)
class Tuned:
    """An encoder as ONNX, how often it saw each text, in how long, and where."""

    encoder: bytes
    epochs: float
    seconds: float
    device: str


def epochs_for(texts: int) -> float:
    """Return how often each text is meant to be seen."""
    return min(max(EPOCHS, LEAST_STEPS * BATCH / texts), MOST_EPOCHS)


def tuned(  # noqa: PLR0913  a run of the sandbox is asked for by this many facts
    learning: Path | bytes,
    backbone: Backbone,
    *,
    seed: int,
    epochs: float,
    rate: float = RATE,
    keeps: bool = False,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> Tuned:
    """Return what an encoder comes to that learns from texts and their classes.

    It has this machine's graphics card where there is one.

    Args:
        learning: of `training.runner.studio.preparing.prepare`.
        backbone: a model of texts with its weights.
        seed: of what is drawn at random.
        epochs: how often each text is seen, if there is time for it.
        rate: how far its weights move in a step, at most.
        keeps: it learns from the validation rows, too.
        facts: what `prepare` told.
        limits: its memory and time.
        sandbox: as for `prepare`.
        stop: as for `prepare`.
        on_log: told how far it is, every other second.

    Raises:
        SubmissionFailed: the model cannot be fine-tuned, or met a limit.
        RunStopped, SandboxBroken: as `prepare`.
    """
    word = backbone.word
    if backbone.weights is None or backbone.tokenizer is None:
        message = f"{word.name} was placed without weights that can be fine-tuned."
        raise SubmissionFailed("no_weights", message, stage=Stage.LOAD)
    has_gpu = bool(find_gpus())
    spec = JobSpec(
        "studio.tune_texts",
        limits,
        inputs={
            "learning": learning,
            "weights": backbone.weights,
            "tokenizer": backbone.tokenizer,
        },
        arguments={
            "heads": word.heads,
            "longest": word.longest,
            "seed": seed,
            "epochs": epochs,
            "rate": rate,
            "seconds": max(limits.wall_seconds - TO_END, 1.0),
            "keeps": keeps,
            "classes": len(facts.classes),
            "threads": limits.threads,
            "gpu": has_gpu,
        },
        packages=(*TRAINS, *WRITES, *READS[word.modality]),
        gpu=has_gpu,
    )
    try:
        answer, _ = Walled(sandbox, stop, progress(on_log)).ask(spec, stage=Stage.RUN)
    except RuntimeIncomplete as missing:
        raise SubmissionFailed(
            "sandbox_unavailable", str(missing), stage=Stage.LOAD
        ) from missing
    try:
        files, told = decode_files(answer)
        return Tuned(
            files["encoder"],
            float(told["epochs"]),
            float(told["seconds"]),
            str(told["device"])[:80],
        )
    except (GarbledFiles, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
