"""Has a kept model written as ONNX, offered only if it answers as the model does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.jobs import Limits, Stage, SubmissionFailed
from training.learning import Modality
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import TRAINS, PreparedFacts, is_network

RUNS = ("onnx", "onnxruntime", "polars")
EXPORTS, OFFERED = ("skl2onnx", "skops"), ("lightgbm",)
MOST_DIFFERENCE = 0.01  # of a probability, or of an amount in deviations of the answers
SINGLE = 1e-6  # of an amount that is the same for all rows


@dataclass(frozen=True, slots=True)
class Exported:
    """The export, or why there is none; and how far its answers are from the model's."""

    onnx: bytes | None
    largest_difference: float = 0.0
    why: str = ""


def export(
    model: bytes,
    learning: Path,
    *,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> Exported:
    """Write a model as ONNX and compare both on the rows to validate on.

    ONNX counts in single precision, so a row near a threshold of a tree may fall on its
    other side. Nothing is offered that differs by more than `MOST_DIFFERENCE` anywhere, or
    that ever names another class.

    Raises:
        RunStopped, SandboxBroken: as `training.runner.studio.fitting.fit`.
    """
    if is_network(model):
        program, packages = "studio.export_network", TRAINS
    elif facts.modality is Modality.TABLE:
        program, packages = "studio.export_onnx", EXPORTS
    else:
        return Exported(
            None, why="Only models of tables and networks are written as ONNX."
        )
    spec = JobSpec(
        program,
        limits,
        inputs={"model": model, "learning": learning},
        arguments={"classes": len(facts.classes)},
        packages=(*RUNS, *packages),
        offered=OFFERED,
    )
    try:
        answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.RUN)
        files, told = decode_files(answer)
        if "onnx" not in files:
            return Exported(None, why=str(told["why"])[:300])
        largest, most = float(told["largest"]), MOST_DIFFERENCE
        if not facts.classes:
            most = MOST_DIFFERENCE * float(told["spread"])
        if not most:
            most = SINGLE * float(told["size"])
        rows, changed = int(told["rows"]), int(told["changed"])
    except (SubmissionFailed, RuntimeIncomplete) as failed:
        return Exported(None, why=str(failed)[:300])
    except (GarbledFiles, ValueError, TypeError, KeyError):
        return Exported(None, why="The export made no sense.")
    if not largest <= most or changed:
        return Exported(
            None,
            largest,
            f"It differs by up to {largest:.2g} and names another class in {changed} of "
            f"{rows} rows.",
        )
    return Exported(files["onnx"], largest)
