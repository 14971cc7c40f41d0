"""Trains the small network on pictures within the walls, a slice of time a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.jobs import Limits, Stage
from training.learning import Candidate
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.inside.wire import Garbled, decode
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import TRAINS, Fitted, Kept, PreparedFacts, garbled
from training.runner.studio.scores import of_validation

SEEN, LEAST_EPOCHS, MOST_EPOCHS = 120_000, 10, 200  # pictures seen, where time suffices
SLICE_SECONDS = 20.0
LAST_SECONDS = 20.0  # of what is left, which another slice is not worth
TO_START = 6.0  # seconds for importing torch, and for ending
EPOCHS = "epochs"
PROGRESS = "Epoch "


@dataclass(frozen=True, slots=True)
class Paused:
    """A network that was trained for a while, and where to go on."""

    checkpoint: bytes


def train_slice(
    learning: Path | bytes,
    candidate: Candidate,
    *,
    checkpoint: bytes,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> Fitted | Paused:
    """Train for a slice of what is left; once that is all, answer the validation rows.

    Args:
        learning: of `prepare`.
        candidate: a network.
        checkpoint: of the slice before, or of a training that ended, or empty.
        facts: what `prepare` told.
        limits: what is left of time, and memory.
        sandbox: as for `prepare`.
        stop: as for `prepare`.
        on_log: told how far it is, every other second.

    Raises:
        SubmissionFailed: it met a limit.
        RunStopped, SandboxBroken: as `prepare`.
    """
    left = max(limits.wall_seconds - TO_START, 1.0)
    is_last = left <= SLICE_SECONDS + LAST_SECONDS
    wished = min(max(SEEN / facts.counts[0], LEAST_EPOCHS), MOST_EPOCHS)
    found = _run(
        learning,
        candidate,
        {
            "keeps": False,
            "epochs": wished,
            "seconds": left if is_last else SLICE_SECONDS,
            "left_seconds": left,
            "is_last": is_last,
        },
        checkpoint=checkpoint,
        facts=facts,
        limits=limits,
        walled=Walled(sandbox, stop, progress(on_log)),
    )
    if isinstance(found, Paused):
        return found
    files, told = found
    try:
        arrays, _ = decode(files["answers"])
        validated = arrays["validation"]
        seconds, ms_per_row, epochs = (
            float(told[name]) for name in ("seconds", "ms_per_row", EPOCHS)
        )
        size_bytes = int(told["size_bytes"])
        resume = files["resume"]
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    return of_validation(
        validated,
        learning,
        facts=facts,
        seconds=seconds,
        ms_per_row=ms_per_row,
        size_bytes=size_bytes,
        came_to=((EPOCHS, float(f"{epochs:.4g}")),),
        resume=resume,
    )


def keep_slice(
    learning: Path | bytes,
    candidate: Candidate,
    *,
    checkpoint: bytes,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> Kept | Paused:
    """Train for a slice on the learning and validation rows, as many epochs as before.

    Args: as `train_slice`, but for
        candidate: with the epochs that it came to.
        limits: of this slice alone.

    Raises:
        SubmissionFailed, RunStopped, SandboxBroken: as `train_slice`.
    """
    found = _run(
        learning,
        candidate,
        {
            "keeps": True,
            "epochs": dict(candidate.settings)[EPOCHS],
            "seconds": SLICE_SECONDS,
            "left_seconds": None,
            "is_last": False,
        },
        checkpoint=checkpoint,
        facts=facts,
        limits=limits,
        walled=Walled(sandbox, stop, progress(on_log)),
    )
    if isinstance(found, Paused):
        return found
    files, _ = found
    if "model" not in files:
        raise garbled()
    return Kept(files["model"], ())


def progress(on_log: Callable[[str], None]) -> Callable[[str], None]:
    """Return what passes on how far it is, and no warning of a library."""

    def heard(text: str) -> None:
        for line in text.splitlines():
            if line.startswith(PROGRESS):
                on_log(line)

    return heard


def _run(
    learning: Path | bytes,
    candidate: Candidate,
    wishes: dict[str, object],
    *,
    checkpoint: bytes,
    facts: PreparedFacts,
    limits: Limits,
    walled: Walled,
) -> Paused | tuple[dict[str, bytes], Mapping[str, Any]]:
    """Return where to go on, or the files and facts that it ended with."""
    spec = JobSpec(
        "studio.fit_network",
        limits,
        inputs={"learning": learning, "checkpoint": checkpoint},
        arguments={
            **wishes,
            "seed": candidate.seed,
            "classes": len(facts.classes),
            "threads": limits.threads,
        },
        packages=TRAINS,
    )
    answer, _ = walled.ask(spec, stage=Stage.RUN)
    try:
        files, told = decode_files(answer)
    except GarbledFiles as torn:
        raise garbled() from torn
    return Paused(files["checkpoint"]) if "checkpoint" in files else (files, told)
