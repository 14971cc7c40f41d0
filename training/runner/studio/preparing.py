"""Reads a table, parts its rows and turns them into numbers, within the walls."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from training.cutting import MOST_TABLE_BYTES
from training.jobs import MIB, Limits, Stage
from training.learning import LEARNING_BPS, TEST_BPS, ImageFacts, LearningPlan, Modality
from training.runner.cutting import reading
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import BESIDES, Prepared, PreparedFacts, garbled

LIMITS = Limits(
    memory_bytes=3072 * MIB,
    cpu_seconds=300,
    wall_seconds=300.0,
    output_bytes=8 * MOST_TABLE_BYTES,
)
READS = ("polars",)
BPS = 10_000


def look_at_images(
    pictures: Path, *, sandbox: Sandbox, stop: Callable[[], bool] = never
) -> ImageFacts:
    """Say what a zip with a folder of pictures for each class holds.

    Raises:
        SubmissionFailed: nothing of it can be learnt from; the message says why.
        RunStopped, SandboxBroken: as `prepare`.
    """
    spec = JobSpec(
        "studio.look_images",
        LIMITS,
        inputs={"table": pictures},
        packages=(*READS, *BESIDES[Modality.IMAGE]),
    )
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.READ)
    try:
        return ImageFacts.from_json(json.loads(answer))
    except (ValueError, TypeError, KeyError, RecursionError) as torn:
        raise garbled() from torn


def prepare(
    table: Path,
    *,
    form: str,
    plan: LearningPlan,
    sandbox: Sandbox,
    whole_bytes: int = MOST_TABLE_BYTES,
    stop: Callable[[], bool] = never,
) -> Prepared:
    """Read a table, part its rows and turn them into numbers.

    The same table and plan give the same files. Of a table of more than `whole_bytes`
    that is a sample, so drawn that groups stay whole and of times the latest are there.

    Raises:
        SubmissionFailed: the plan does not fit the table; the message says what to do.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    held_out = BPS - LEARNING_BPS
    arguments = plan.as_json() | {
        "form": form,
        "whole_bytes": whole_bytes,
        "held_out_bps": held_out,
        "test_bps": TEST_BPS * BPS // held_out,
    }
    spec = reading("studio.prepare_table", table, LIMITS, arguments)
    spec = replace(spec, packages=(*READS, *BESIDES[plan.modality]))
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.READ)
    try:
        files, told = decode_files(answer)
        return Prepared(files["learning"], files["test"], PreparedFacts.from_json(told))
    except (GarbledFiles, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
