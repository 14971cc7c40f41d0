"""Reads a table, parts its rows and turns them into numbers, within the walls."""

from collections.abc import Callable
from pathlib import Path

from training.cutting import MOST_TABLE_BYTES
from training.jobs import MIB, Limits, Stage
from training.learning import LEARNING_BPS, TEST_BPS, LearningPlan
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import Prepared, PreparedFacts, garbled

LIMITS = Limits(
    memory_bytes=3072 * MIB,
    cpu_seconds=300,
    wall_seconds=300.0,
    output_bytes=8 * MOST_TABLE_BYTES,
)
READS_TABLES = ("polars",)
BPS = 10_000


def prepare(
    table: Path,
    *,
    form: str,
    plan: LearningPlan,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> Prepared:
    """Read a table, part its rows and turn them into numbers.

    The same table and plan give the same files.

    Raises:
        SubmissionFailed: the plan does not fit the table; the message says what to do.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    held_out = BPS - LEARNING_BPS
    arguments = plan.as_json() | {
        "form": form,
        "held_out_bps": held_out,
        "test_bps": TEST_BPS * BPS // held_out,
    }
    spec = JobSpec(
        "studio.prepare_table",
        LIMITS,
        inputs={"table": table},
        arguments=arguments,
        packages=READS_TABLES,
    )
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.READ)
    try:
        files, told = decode_files(answer)
        return Prepared(files["learning"], files["test"], PreparedFacts.from_json(told))
    except (GarbledFiles, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
