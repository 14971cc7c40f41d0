"""Works out a report: one job asks the model, another looks at rows, the sums are here."""

import time
from collections.abc import Callable, Mapping

from training.figures.asked import Asked
from training.figures.schema import Figures
from training.jobs import MIB, Limits
from training.learning import Modality
from training.runner.execution import Walled
from training.runner.reports.cases import Files, Looking
from training.runner.reports.of_pictures import look_at_pictures
from training.runner.reports.of_tables import look_at_table
from training.runner.reports.of_texts import look_at_texts
from training.runner.sandbox.spec import Sandbox, never, unheard

LIMITS = Limits(memory_bytes=4096 * MIB, cpu_seconds=900, wall_seconds=900.0)
LOOKS: Mapping[Modality, Callable[[Looking], Figures]] = {
    Modality.TABLE: look_at_table,
    Modality.TEXT: look_at_texts,
    Modality.IMAGE: look_at_pictures,
}


def check(
    asked: Asked,
    files: Files,
    *,
    sandbox: Sandbox,
    limits: Limits = LIMITS,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> Figures:
    """Return all that a report holds.

    Args:
        asked: what is to be looked at.
        files: those of the model and the rows.
        sandbox: holds the model and whoever reads tables.
        limits: of each job.
        stop: asked twice a second; True ends it.
        on_log: told how far it is.

    Raises:
        SubmissionFailed: the model does not fit the rows, or met a limit; says why.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    begun = time.monotonic()
    walled = Walled(sandbox, stop, on_log)
    figures = LOOKS[asked.modality](Looking(asked, files, limits, walled, on_log))
    seconds = round(time.monotonic() - begun, 2)
    return figures.model_copy(update={"seconds": seconds})
